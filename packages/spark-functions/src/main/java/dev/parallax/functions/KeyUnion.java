package dev.parallax.functions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.sql.api.java.UDF1;
import scala.collection.Iterator;
import scala.collection.Seq;

/** {@code prlx_keys(lists ARRAY<BINARY>)}: the keys of all lists, each with its length, ascending; null of nothing. */
public final class KeyUnion implements UDF1<Seq<byte[]>, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Seq<byte[]> lists) {
    List<byte[]> given = new ArrayList<>();
    for (Iterator<byte[]> all = lists.iterator(); all.hasNext(); ) {
      byte[] list = all.next();
      if (list != null) given.add(list);
    }
    return of(given);
  }

  static byte[] of(List<byte[]> lists) {
    if (lists.size() <= 1) return lists.isEmpty() ? null : lists.get(0);
    TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    for (byte[] list : lists) {
      ByteReader in = new ByteReader(list);
      while (in.hasMore()) {
        int length = in.length();
        keys.add(Arrays.copyOfRange(list, in.at, in.at + length));
        in.skip(length);
      }
    }
    ByteWriter out = new ByteWriter(12 * keys.size());
    for (byte[] key : keys) out.sized(key, 0, key.length);
    return out.toBytes();
  }
}
