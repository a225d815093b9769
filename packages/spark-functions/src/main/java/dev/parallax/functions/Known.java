package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_known(claims BINARY, hashes BINARY, late BIGINT)}: those of earlier claims that are not late and whose id may be one of those hashed in
 * {@code hashes} ({@link IdHashes}), {@code BINARY} as {@code claims} is; null of none. It spares moving all other claims to where the messages are.
 */
public final class Known implements UDF3<byte[], byte[], Long, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(byte[] claims, byte[] hashes, Long late) {
    if (claims == null || hashes == null) return null;
    long[] table = table(hashes);
    boolean zero = holdsZero(hashes);
    ByteWriter out = new ByteWriter(256);
    ByteReader in = new ByteReader(claims);
    while (in.hasMore()) {
      int start = in.at;
      long hash = in.int64();
      boolean wanted = in.int64() >= late && (hash == 0 ? zero : holds(table, hash));
      in.uvarint();
      in.skip(in.length());
      in.int64();
      in.uvarint();
      in.uvarint();
      if (wanted) out.bytes(claims, start, in.at);
    }
    return out.length == 0 ? null : out.toBytes();
  }

  /** Open addressing; 0 is an empty place. */
  private static long[] table(byte[] hashes) {
    int count = hashes.length / 8;
    long[] table = new long[Integer.highestOneBit(Math.max(2, count) * 2 - 1) << 1];
    for (int at = 0; at + 8 <= hashes.length; at += 8) {
      long hash = (long) Utf8.LONG.get(hashes, at);
      int place = place(hash, table.length);
      while (table[place] != 0 && table[place] != hash) place = (place + 1) & (table.length - 1);
      table[place] = hash;
    }
    return table;
  }

  private static boolean holds(long[] table, long hash) {
    for (int place = place(hash, table.length); table[place] != 0; place = (place + 1) & (table.length - 1)) if (table[place] == hash) return true;
    return false;
  }

  private static boolean holdsZero(byte[] hashes) {
    for (int at = 0; at + 8 <= hashes.length; at += 8) if ((long) Utf8.LONG.get(hashes, at) == 0) return true;
    return false;
  }

  private static int place(long hash, int size) {
    return (int) (hash ^ (hash >>> 32)) & (size - 1);
  }
}
