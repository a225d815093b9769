/**
 * The classes of causes that a verdict names in `reason`: what happened to a message, a row or a value on one side only.
 */
export const CAUSES = [
  /** A message or pane that one side lacks. */
  'lost',
  /** A message or pane that one side has or counts twice, or takes for one that it had before. */
  'duplicated',
  /** A message that is late by one side's cut-off only. */
  'late_cut_off',
  /** A message that is ahead by one side's cut-off only. */
  'ahead_cut_off',
  /** An event, pane or window edge in another minute. */
  'wrong_minute',
  /** Equal times that the sides order differently. */
  'tie_order',
  /** Null on one side, a value on the other. */
  'null_against_value',
  /** Apart by one in the last place. */
  'rounding',
  /** Out of range on one side, or apart by what an integer type holds. */
  'overflow',
  /** The same digits, another power of ten. */
  'unit',
  /** A batch day that is older than the other side's. */
  'stale_batch',
  /** A table of the batch view that one side lacks. */
  'half_batch',
  /** Answers of the bulk API that one side lacks. */
  'partial_online',
  /** Answers of the bulk API that say something else. */
  'online_skew',
  /** The same customer by another key. */
  'key_mismatch',
  /** Rows that a join loses or multiplies. */
  'join_loss',
  /** Another version of the project's files. */
  'rule_version',
  /** A message that only one side takes for valid, for another reason than its key or range. */
  'parse',
  /** The logic says something else of the same inputs. */
  'logic',
  /** All messages of a minute, or all of one of its streams that has several, are missing on one side. */
  'restart_gap',
  /** A canary whose answer is known is wrong on both sides: they agree and are not right. */
  'common_mode',
  /** The same inputs give another answer when asked again. */
  'not_deterministic',
  /** Another value of no known kind. */
  'value',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What two values that are not equal look like; scaled integers of the same places, null for null. */
export function valueCause(a: bigint | number | null, b: bigint | number | null): Cause {
  if (a === null || b === null) return 'null_against_value';
  const [x, y] = [BigInt(a), BigInt(b)];
  const distance = x < y ? y - x : x - y;
  if (distance === 1n) return 'rounding';
  if (isPowerOfTenApart(x, y)) return 'unit';
  if (distance % (1n << 31n) === 0n) return 'overflow';
  return 'value';
}

function isPowerOfTenApart(x: bigint, y: bigint): boolean {
  if (x === 0n || y === 0n || x < 0n !== y < 0n) return false;
  let [less, more] = x * x < y * y ? [x, y] : [y, x];
  while (less * less < more * more) less *= 10n;
  return less === more;
}

/** The same of two texts as witnesses show them: decimals with fixed places, or any text. */
export function textCause(a: string | null, b: string | null): Cause {
  if (a === null || b === null) return 'null_against_value';
  const [x, y] = [unscaled(a), unscaled(b)];
  return x === null || y === null || x.places !== y.places ? 'value' : valueCause(x.value, y.value);
}

function unscaled(text: string): { readonly value: bigint; readonly places: number } | null {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  return { value: BigInt(whole + fraction), places: fraction.length };
}
