import { recordingError } from '../../errors.ts';
import { SAFE_DIGITS } from '../../limits.ts';
import { JsonScanner } from '../../parse/json-scanner.ts';
import { int64Text } from '../../parse/number.ts';
import { Captures, shapeOf, TOKEN } from '../../parse/shape.ts';
import { textAt, unescapedBytes } from '../../parse/text.ts';
import { parseInstantText } from '../../parse/time.ts';
import type { OnlineCall } from '../source.ts';

const SHAPE = shapeOf([['at'], ['ids'], ['status'], ['body']]);
const [AT = 0, IDS = 0, STATUS = 0, BODY = 0] = SHAPE.fieldOf;

/** Reads a line of `online/<source>.ndjson`. Throws PRLX_RECORDING for one that holds no call. */
export function readCall(bytes: Buffer, start: number, end: number, file: string, line: number): OnlineCall {
  const captures = new Captures(SHAPE.fields);
  const fault = (message: string) => recordingError(file, message, { line });
  if (!new JsonScanner().object(bytes, start, end, SHAPE, captures)) throw fault('is not a JSON object');
  const at = parseInstantText(textAt(bytes, captures, AT) ?? '');
  if (at === null) throw fault('at: not a time');
  const status =
    captures.kinds[STATUS] === TOKEN.number ? int64Text(bytes, captures.starts[STATUS] as number, captures.ends[STATUS] as number) : null;
  if (status === null || status.length > SAFE_DIGITS) throw fault('status: not an integer');
  if (captures.kinds[IDS] !== TOKEN.array) throw fault('ids: not a list of texts');
  const list: unknown = JSON.parse(bytes.toString('utf8', captures.starts[IDS] as number, captures.ends[IDS] as number));
  // Bulk calls have JSON integers for bigint keys, a recording texts; both are taken.
  const ids = (list as readonly unknown[]).map((id) => {
    if (typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id))) return String(id);
    throw fault('ids: not a list of texts');
  });
  return { at, ids, status: Number(status), body: bodyOf(bytes, captures) };
}

function bodyOf(bytes: Buffer, captures: Captures): Buffer | null {
  const start = captures.starts[BODY] as number;
  const end = captures.ends[BODY] as number;
  if (captures.kinds[BODY] === TOKEN.text) return Buffer.from(bytes.subarray(start, end));
  return captures.kinds[BODY] === TOKEN.escaped ? unescapedBytes(bytes, start, end) : null;
}
