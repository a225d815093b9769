/**
 * What a reconciler knows of earlier minutes, as text: bigints, which JSON has none of, as `{"$":"17"}`. It is kept with the verdict of the minute, so
 * that a verifier which begins anew names the same causes.
 */
export function rememberedText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? { $: String(each) } : each));
}

export function remembered<T>(text: string): T {
  return JSON.parse(text, (_key, each: unknown) => {
    if (each === null || typeof each !== 'object') return each;
    const { $: digits } = each as { readonly $?: unknown };
    return typeof digits === 'string' && Object.keys(each).length === 1 ? BigInt(digits) : each;
  }) as T;
}
