package dev.parallax.functions;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * The bytes of a customer's batch row after its key: each kept cell, each module's sum, then the largest contributions. Integers of any size
 * are a length and the fewest big-endian bytes in two's complement, zero has none.
 */
final class BatchRow {
  private BatchRow() {}

  static void write(ByteWriter out, long value) {
    int bytes = value == 0 ? 0 : (Long.SIZE - Long.numberOfLeadingZeros(value < 0 ? ~value : value)) / 8 + 1;
    out.uvarint(bytes);
    out.bigEndian(value, bytes);
  }

  static void write(ByteWriter out, BigInteger value) {
    byte[] bytes = value.signum() == 0 ? new byte[0] : value.toByteArray();
    out.sized(bytes, 0, bytes.length);
  }

  static BigInteger read(ByteReader in) {
    int length = in.length();
    BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(in.b, in.at, length);
    in.skip(length);
    return value;
  }

  /** A cell: null, or a length more by one and its bytes. */
  static void writeCell(ByteWriter out, byte[] cell) {
    if (cell == null) {
      out.uvarint(0);
      return;
    }
    out.uvarint(cell.length + 1L);
    out.bytes(cell, 0, cell.length);
  }

  static byte[] readCell(ByteReader in) {
    int length = cellLength(in);
    if (length < 0) return null;
    byte[] cell = Arrays.copyOfRange(in.b, in.at, in.at + length);
    in.skip(length);
    return cell;
  }

  static void skipCell(ByteReader in) {
    int length = cellLength(in);
    if (length > 0) in.skip(length);
  }

  /** −1 for null. */
  private static int cellLength(ByteReader in) {
    long length = in.uvarint() - 1;
    if (length > in.end - in.at) throw FunctionException.of("PRLX_STATE", "packed bytes are cut short");
    return (int) length;
  }

  /** A decimal's cell: its unscaled integer. */
  static byte[] cell(long unscaled) {
    ByteWriter out = new ByteWriter(10);
    write(out, unscaled);
    return Arrays.copyOfRange(out.b, 1, out.length);
  }
}
