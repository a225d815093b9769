package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF1;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_id_hashes(events ARRAY<BINARY>)}: the hashes of the ids of all candidates in lists of records, {@code BINARY}: int64s in no order; null of
 * none. What {@link Known} looks earlier claims up by.
 */
public final class IdHashes implements UDF1<Seq<byte[]>, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Seq<byte[]> lists) {
    ByteWriter out = new ByteWriter(1 << 12);
    EventRecord record = new EventRecord();
    Iterator<byte[]> all = lists.iterator();
    while (all.hasNext()) {
      byte[] list = all.next();
      if (list == null) continue;
      record.open(list);
      while (record.next()) if (record.kind == EventRecord.CANDIDATE) out.int64(record.idHash);
    }
    return out.length == 0 ? null : out.toBytes();
  }
}
