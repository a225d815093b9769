package dev.parallax.functions;

/**
 * The values of one event in declared order: a bitmap (bit i of byte i / 8 set: variable i has a value), then the values
 * that are there as little-endian int64.
 */
final class PackedValues {
  private PackedValues() {}

  static int bitmapBytes(int variables) {
    return (variables + 7) >>> 3;
  }

  static void markPresent(byte[] bytes, int variable) {
    markPresent(bytes, 0, variable);
  }

  static void markPresent(byte[] bytes, int bitmapAt, int variable) {
    bytes[bitmapAt + (variable >>> 3)] |= (byte) (1 << (variable & 7));
  }

  static boolean isPresent(byte[] bytes, int bitmapAt, int variable) {
    return (bytes[bitmapAt + (variable >>> 3)] & (1 << (variable & 7))) != 0;
  }

  /** Whether the bytes are as long as their bitmap of that many variables says. */
  static boolean isSound(byte[] bytes, int variables) {
    int bitmap = bitmapBytes(variables);
    if (bytes.length < bitmap) return false;
    int present = 0;
    for (int i = 0; i < bitmap; i++) present += Integer.bitCount(bytes[i] & 0xFF);
    int spare = 8 * bitmap - variables;
    return bytes.length == bitmap + 8 * present && (spare == 0 || (bytes[bitmap - 1] & 0xFF) >>> (8 - spare) == 0);
  }
}
