/** JSON that gives bigints, maps and sets back as they were; all other values are JSON's own. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => {
    if (typeof v === 'bigint') return { $bigint: v.toString() };
    if (v instanceof Map) return { $map: [...v] };
    if (v instanceof Set) return { $set: [...v] };
    return v;
  });
}

/** What `toJson` wrote. Throws a SyntaxError when the text is none. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, v: unknown) => {
    if (v === null || typeof v !== 'object') return v;
    if ('$bigint' in v) return BigInt(String(v.$bigint));
    if ('$map' in v) return new Map(v.$map as [unknown, unknown][]);
    if ('$set' in v) return new Set(v.$set as unknown[]);
    return v;
  });
}
