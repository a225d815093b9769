import fc from 'fast-check';
import type { SparkType, StructType } from '../src/types.ts';
import type { SparkValue } from '../src/values.ts';

/** A type and the values it holds, nulls apart. */
interface Typed {
  readonly type: SparkType;
  readonly value: fc.Arbitrary<SparkValue>;
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const edgy64 = fc.oneof(int64, fc.constantFrom(0n, -1n, 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)));
/** Spark checks that a timestamp is a date of the years 1 to 9999 only when it prints one; its integer is free. */
const micros = fc.oneof(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }), fc.constantFrom(-1n, 0n, -999_999n));
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '😀', '\u{10ffff}', '\0', '\uFEFFbom', 'é'),
);
const bytes = fc.uint8Array({ maxLength: 12 });

const scalars: fc.Arbitrary<Typed> = fc.oneof(
  fc.constantFrom<Typed>(
    { type: { kind: 'boolean' }, value: fc.boolean() },
    { type: { kind: 'byte' }, value: fc.integer({ min: -128, max: 127 }) },
    { type: { kind: 'short' }, value: fc.integer({ min: -32_768, max: 32_767 }) },
    { type: { kind: 'int' }, value: fc.integer() },
    { type: { kind: 'long' }, value: edgy64 },
    { type: { kind: 'float' }, value: fc.float({ noNaN: true }) },
    { type: { kind: 'double' }, value: fc.double({ noNaN: true }) },
    { type: { kind: 'string' }, value: text },
    { type: { kind: 'binary' }, value: bytes },
    { type: { kind: 'date' }, value: fc.integer({ min: -719_162, max: 2_932_896 }) },
    { type: { kind: 'timestamp' }, value: micros },
    { type: { kind: 'timestamp_ntz' }, value: micros },
  ),
  fc.integer({ min: 1, max: 38 }).chain((precision) =>
    fc.nat(precision).map((scale) => {
      const bound = 10n ** BigInt(precision) - 1n;
      const unscaled = fc.oneof(fc.bigInt({ min: -bound, max: bound }), fc.constantFrom(bound, -bound, 0n, 1n, -1n));
      return { type: { kind: 'decimal', precision, scale } as const, value: unscaled.map((each) => ({ unscaled: each, scale })) };
    }),
  ),
);

/** Keys that a JavaScript Map tells apart as Spark does. */
const keys: fc.Arbitrary<Typed> = fc.constantFrom<Typed>(
  { type: { kind: 'int' }, value: fc.integer() },
  { type: { kind: 'long' }, value: edgy64 },
  { type: { kind: 'string' }, value: text },
);

const nullable = (typed: Typed): fc.Arbitrary<SparkValue> => fc.option(typed.value, { nil: null, freq: 4 });

function typed(depth: number): fc.Arbitrary<Typed> {
  if (depth === 0) return scalars;
  const inner = typed(depth - 1);
  const arrays = inner.map((element) => ({
    type: { kind: 'array', element: element.type, containsNull: true } as const,
    value: fc.array(nullable(element), { maxLength: 4 }),
  }));
  const maps = fc.tuple(keys, inner).map(([key, value]) => ({
    type: { kind: 'map', key: key.type, value: value.type, valueContainsNull: true } as const,
    value: fc.uniqueArray(fc.tuple(key.value, nullable(value)), { selector: ([each]) => each, maxLength: 4 }).map((each) => new Map(each)),
  }));
  const structs = fc.array(inner, { minLength: 1, maxLength: 3 }).map((fields) => ({
    type: {
      kind: 'struct',
      fields: fields.map((field, index) => ({ name: `f${index}`, type: field.type, nullable: true })),
    } as const,
    value: fc.tuple(...fields.map(nullable)).map((values) => Object.fromEntries(values.map((value, index) => [`f${index}`, value]))),
  }));
  return fc.oneof({ weight: 3, arbitrary: scalars }, arrays, maps, structs);
}

export interface LocalTable {
  readonly schema: StructType;
  readonly rows: readonly (readonly SparkValue[])[];
}

/** A table with any columns and rows, with nulls, nested to two levels. */
export function localTables(size: { readonly maxColumns: number; readonly maxRows: number }): fc.Arbitrary<LocalTable> {
  return fc.array(typed(2), { minLength: 1, maxLength: size.maxColumns }).chain((columns) =>
    fc.array(fc.tuple(...columns.map(nullable)), { maxLength: size.maxRows, size: 'max' }).map((rows) => ({
      schema: {
        kind: 'struct' as const,
        fields: columns.map((column, index) => ({ name: `c${index}`, type: column.type, nullable: true })),
      },
      rows,
    })),
  );
}
