package dev.parallax.functions;

/**
 * Parquet's run-length and bit-packing hybrid (the format's Encodings.md, "RLE = 3"), decoded into an array: definition levels and
 * indices into a dictionary.
 */
final class HybridDecoder {
  private HybridDecoder() {}

  /** Decodes n numbers of {@code width} bits from b[at, end) to out[0, n). */
  static void decode(byte[] b, int at, int end, int width, int[] out, int n) {
    ByteReader in = new ByteReader(b, at, end);
    int bytes = (width + 7) >>> 3;
    int done = 0;
    while (done < n) {
      long header = in.uvarint();
      if ((header & 1) == 0) {
        int run = (int) Math.min(header >>> 1, n - done);
        int value = 0;
        for (int i = 0; i < bytes; i++) value |= in.u8() << (8 * i);
        java.util.Arrays.fill(out, done, done + run, value);
        done += run;
      } else {
        int run = (int) Math.min((header >>> 1) * 8, n - done);
        // The last group may be cut where the values end.
        int packed = (int) Math.min((header >>> 1) * width, end - in.at);
        unpack(b, in.at, in.at + packed, width, out, done, run);
        in.skip(packed);
        done += run;
      }
    }
  }

  /** Little-endian bit order: the first value is in the lowest bits of the first byte. */
  private static void unpack(byte[] b, int from, int end, int width, int[] out, int to, int n) {
    if (width == 0) {
      java.util.Arrays.fill(out, to, to + n, 0);
      return;
    }
    int mask = width == 32 ? -1 : (1 << width) - 1;
    long bit = 0;
    int i = 0;
    // Eight bytes at a time hold any value of up to 32 bits, whatever bit it begins at.
    int safe = Math.min(b.length, end) - 8;
    for (; i < n; i++, bit += width) {
      int at = from + (int) (bit >>> 3);
      if (at > safe) break;
      out[to + i] = (int) ((long) Utf8.LONG.get(b, at) >>> (bit & 7)) & mask;
    }
    for (; i < n; i++, bit += width) {
      int at = from + (int) (bit >>> 3);
      long word = 0;
      for (int k = 0; k < 8 && at + k < end; k++) word |= (b[at + k] & 0xFFL) << (8 * k);
      out[to + i] = (int) (word >>> (bit & 7)) & mask;
    }
  }
}
