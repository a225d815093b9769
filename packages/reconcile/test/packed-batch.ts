/** Batch rows as Spark's functions pack them: each declared column, then the scorecard's sums. */
import type { Project } from '@parallax/core';
import { batchViewColumns } from '@parallax/core/view-columns.ts';
import { Packer } from './packed.ts';

const SUM_PLACES = 12;
const SHOWN_PLACES = 6;

/** @param cells of the view `batch`, in its order, as text */
export function packBatchRow(project: Project, cells: readonly (string | null)[]): Uint8Array {
  const columns = batchViewColumns(project);
  const texts = new Map(columns.map(({ name }, i) => [name, cells[i] ?? null] as const));
  const row = new Packer();
  for (const table of project.batch.flatMap(({ tables }) => tables)) {
    for (const { name, type } of [...table.columns].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const text = texts.get(`${table.name}_${name}`) ?? null;
      if (text === null) row.uvarint(0);
      else {
        const bytes = type.kind === 'text' ? Buffer.from(text) : integerBytes(BigInt(text.replace('.', '')));
        row.uvarint(bytes.length + 1).bytes(bytes);
      }
    }
  }
  for (const sum of moduleSums(columns.flatMap(({ name }) => (/^scorecard(_|$)/.test(name) ? [texts.get(name) ?? '0.000000'] : []))))
    row.sized(integerBytes(sum));
  // One contribution, that a reader must step over.
  return row.uvarint(1).uvarint(300).sized(integerBytes(-5n)).done();
}

/** Sums at scale 12 that are shown as the texts of the modules, then of the total: what rounding took from each is put back evenly. */
function moduleSums(texts: readonly string[]): bigint[] {
  const shown = texts.map((text) => BigInt(text.replace('.', '')));
  const modules = shown.slice(0, -1);
  const unit = 10n ** BigInt(SUM_PLACES - SHOWN_PLACES);
  const off = (shown.at(-1) ?? 0n) - modules.reduce((a, b) => a + b, 0n);
  const most = unit / 2n - 1n;
  const each = modules.length === 0 ? 0n : (off * unit) / BigInt(modules.length);
  const rest = each > most ? most : each < -most ? -most : each;
  return modules.map((sum) => sum * unit + rest);
}

/** The fewest big-endian bytes in two's complement; none for 0. */
export function integerBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length += 1;
  const wide = BigInt.asUintN(8 * length, value);
  return Uint8Array.from({ length }, (_, i) => Number((wide >> BigInt(8 * (length - 1 - i))) & 0xffn));
}
