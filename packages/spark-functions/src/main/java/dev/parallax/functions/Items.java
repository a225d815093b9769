package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import scala.collection.Iterator;
import scala.collection.Seq;

/** What a bucket's rows were collected into: {@code ARRAY<STRUCT<kind STRING, …, blob BINARY>>}. */
final class Items {
  private final List<Row> rows = new ArrayList<>();
  private final int blobAt;

  /** @param blobAt the index of the field {@code blob}, the last one */
  Items(Seq<Row> items, int blobAt) {
    this.blobAt = blobAt;
    if (items == null) return;
    Iterator<Row> all = items.iterator();
    while (all.hasNext()) rows.add(all.next());
  }

  /** The bytes of every item of a kind that has any. */
  List<byte[]> of(String kind) {
    List<byte[]> found = new ArrayList<>();
    for (Row row : rows) {
      byte[] blob = row.getAs(blobAt);
      if (blob != null && kind.equals(row.getString(0))) found.add(blob);
    }
    return found;
  }

  /** The bytes of the only item of a kind that has any; null: none has. */
  byte[] one(String kind) {
    List<byte[]> found = of(kind);
    if (found.size() > 1) throw FunctionException.of("PRLX_STATE", "a bucket has " + found.size() + " parts of the kind " + kind);
    return found.isEmpty() ? null : found.get(0);
  }

  /** The items of a kind themselves. */
  List<Row> rowsOf(String kind) {
    List<Row> found = new ArrayList<>();
    for (Row row : rows) if (row.get(blobAt) != null && kind.equals(row.getString(0))) found.add(row);
    return found;
  }
}
