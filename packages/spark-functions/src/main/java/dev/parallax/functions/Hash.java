package dev.parallax.functions;

/** A 64-bit hash of bytes: which bucket they go to, and a first look at whether two texts may be equal. Not secret, not cryptographic. */
final class Hash {
  private static final long SEED = 0x9E3779B97F4A7C15L;
  private static final long FACTOR = 0xD6E8FEB86659FD93L;

  private Hash() {}

  static long of(byte[] b, int from, int to) {
    long h = SEED ^ (to - from) * FACTOR;
    int at = from;
    for (; at + 8 <= to; at += 8) h = mix(h ^ (long) Utf8.LONG.get(b, at));
    long tail = 0;
    for (int shift = 0; at < to; at++, shift += 8) tail |= (b[at] & 0xFFL) << shift;
    return mix(mix(h ^ tail) ^ SEED);
  }

  static int bucket(long hash, int buckets) {
    return (int) Long.remainderUnsigned(hash, buckets);
  }

  /** The two halves of the 128-bit product, folded. */
  private static long mix(long x) {
    long y = x ^ SEED;
    return Math.multiplyHigh(y, FACTOR) ^ (y * FACTOR) ^ (x >>> 29);
  }
}
