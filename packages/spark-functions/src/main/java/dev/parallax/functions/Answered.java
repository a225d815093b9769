package dev.parallax.functions;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_answered(ids ARRAY<STRING>, body STRING, spec STRING)}: what a bulk call learned, {@code STRUCT<unasked INT, rows
 * ARRAY<STRUCT<key STRING, vals ARRAY<BIGINT>>>>}: a row for each customer that was asked for, with null {@code vals} when the answer has none
 * for it, and how many rows the answer has of customers that were not asked for. Null if the body counts as no answer ({@link Answer}).
 */
public final class Answered implements UDF3<Seq<String>, String, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final Answer ANSWER = new Answer();

  @Override
  public Row call(Seq<String> ids, String body, String specText) {
    Row[] given = ANSWER.call(body, specText);
    if (given == null) return null;
    Map<String, Row> byKey = new HashMap<>();
    for (Row row : given) byKey.put(row.getString(0), row);
    Set<String> asked = new LinkedHashSet<>();
    Iterator<String> all = ids.iterator();
    while (all.hasNext()) asked.add(all.next());
    List<Row> rows = new ArrayList<>(asked.size());
    int answered = 0;
    for (String id : asked) {
      Row row = byKey.get(id);
      if (row != null) answered++;
      rows.add(row != null ? row : RowFactory.create(id, null));
    }
    return RowFactory.create(given.length - answered, rows.toArray(new Row[0]));
  }
}
