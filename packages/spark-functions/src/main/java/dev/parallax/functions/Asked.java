package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF7;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_asked(ids ARRAY<STRING>, body STRING, iteration BIGINT, at BIGINT, block BIGINT, line BIGINT, spec STRING)}: what a bulk call learned,
 * {@code STRUCT<unasked INT, answers ARRAY<STRUCT<bucket INT, answers BINARY>>>}: an answer for each customer that was asked for, also that there is
 * none for it, packed by the bucket of its key ({@link AnswerRecord}); and how many rows the body has of customers that were not asked for. Null if
 * the body counts as no answer ({@link Answer}).
 */
public final class Asked implements UDF7<Seq<String>, String, Long, Long, Long, Long, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final Answer ANSWER = new Answer();
  private static final SpecCache<Integer> BUCKETS = new SpecCache<>(text -> Spec.parse(text).integer("buckets", 1, Limits.BUCKETS_MAX));

  @Override
  public Row call(Seq<String> ids, String body, Long iteration, Long at, Long block, Long line, String specText) {
    Row[] given = ANSWER.call(body, specText);
    if (given == null) return null;
    Map<String, Row> byKey = new HashMap<>();
    for (Row row : given) byKey.put(row.getString(0), row);
    ByteWriter[] buckets = new ByteWriter[BUCKETS.get(specText)];
    Set<String> asked = new HashSet<>();
    int answered = 0;
    Iterator<String> all = ids.iterator();
    while (all.hasNext()) {
      String id = all.next();
      if (!asked.add(id)) continue;
      Row row = byKey.get(id);
      if (row != null) answered++;
      byte[] key = id.getBytes(StandardCharsets.UTF_8);
      int bucket = Hash.bucket(Hash.of(key, 0, key.length), buckets.length);
      if (buckets[bucket] == null) buckets[bucket] = new ByteWriter(1024);
      AnswerRecord.write(buckets[bucket], key, iteration, at, block, line, row == null ? null : row.getAs(1));
    }
    List<Row> packed = new ArrayList<>();
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      if (buckets[bucket] != null) packed.add(RowFactory.create(bucket, buckets[bucket].toBytes()));
    }
    return RowFactory.create(given.length - answered, packed.toArray(new Row[0]));
  }
}
