/**
 * Goal: whatever is written as Arrow is read back the same, to the bit. Method: random tables through both of this package's ends;
 * `round-trip.it.test.ts` puts Spark between them, `literals.it.test.ts` checks each end by itself.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeArrowStream } from '../src/arrow/decode.ts';
import { ArrowStreamBuilder } from '../src/arrow/encode.ts';
import { localTables } from './arbitrary.ts';

it('rows survive the round trip', () => {
  let values = 0;
  fc.assert(
    fc.property(localTables({ maxColumns: 5, maxRows: 20 }), fc.nat(7), ({ schema, rows }, shift) => {
      const builder = new ArrowStreamBuilder(schema);
      for (const row of rows) builder.append(row);
      const stream = builder.finish();
      // A gRPC message can begin at any address.
      const moved = new Uint8Array(stream.length + shift).subarray(shift);
      moved.set(stream);
      const read = [...decodeArrowStream(moved, schema)].flatMap(({ rowCount, readers }) =>
        Array.from({ length: rowCount }, (_, row) => readers.map((reader) => reader.get(row))),
      );
      expect(read).toStrictEqual(rows);
      values += rows.length * schema.fields.length;
    }),
    { numRuns: 500 },
  );
  expect(values).toBeGreaterThan(1_000);
});
