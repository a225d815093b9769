package dev.parallax.functions;

import java.util.Arrays;
import org.apache.spark.sql.api.java.UDF1;
import scala.collection.Iterator;
import scala.collection.Seq;

/** {@code prlx_records(events ARRAY<BINARY>)}: these records as one list, BINARY, sorted as bytes so that their order does not matter. */
public final class Records implements UDF1<Seq<byte[]>, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Seq<byte[]> events) {
    byte[][] sorted = new byte[events.length()][];
    int bytes = 0;
    Iterator<byte[]> all = events.iterator();
    for (int i = 0; all.hasNext(); i++) {
      sorted[i] = all.next();
      bytes += sorted[i].length + 3;
    }
    // A record begins with stream, partition and offset, so no two are equal.
    Arrays.sort(sorted, Arrays::compareUnsigned);
    ByteWriter out = new ByteWriter(bytes);
    for (byte[] event : sorted) out.sized(event, 0, event.length);
    return out.toBytes();
  }
}
