import { NAME_LENGTH_MAX } from '../limits.ts';

/** Why `name` cannot be the name of the customer key, or null when it can. It stands bare in every view and output. */
export function identifierFault(name: string): string | null {
  if (name.length > NAME_LENGTH_MAX) return `a name has at most ${NAME_LENGTH_MAX} characters`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `"${name}" is no identifier: letters, digits and _ only, not beginning with a digit`;
  return null;
}

/** Why `name` cannot be a variable, column, table, field or module, or null when it can. It is a part of a column's name. */
export function partNameFault(name: string): string | null {
  if (name.length > NAME_LENGTH_MAX) return `a name has at most ${NAME_LENGTH_MAX} characters`;
  if (!/^[A-Za-z0-9_]+$/.test(name)) return `"${name}" is no name: letters, digits and _ only`;
  return null;
}

/** Why a stream or source cannot be named so (its file's name without `.yaml`), or null when it can. */
export function fileNameFault(name: string): string | null {
  if (name.length > NAME_LENGTH_MAX) return `a name has at most ${NAME_LENGTH_MAX} characters`;
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return `"${name}" is no name for a stream or source: letters, digits, _ and - only`;
  return null;
}

/** ` (did you mean "x"?)` for the nearest of `known`, or an empty text when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let best: string | null = null;
  let bestDistance = Math.min(2, Math.ceil(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === null ? '' : ` (did you mean "${best}"?)`;
}

/** The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
