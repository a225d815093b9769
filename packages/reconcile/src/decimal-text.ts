/** A scaled integer as its decimal text with that many places. */
export function decimalText(unscaled: bigint | number, places: number): string {
  const text = unscaled.toString();
  if (places === 0) return text;
  const negative = text.startsWith('-');
  const digits = (negative ? text.slice(1) : text).padStart(places + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** What a witness shows of a scaled value; null places: an integer. */
export function scaledText(value: bigint | number | null, places: number | null): string | null {
  return value === null ? null : decimalText(value, places ?? 0);
}
