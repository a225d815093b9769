package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_answer_rows(answers BINARY, minute BIGINT, spec STRING)}: packed answers as rows, {@code ARRAY<STRUCT<key STRING, age INT, vals
 * ARRAY<BIGINT>>>}, ages in minutes before {@code minute}; {@code vals} is null for a customer that its answer did not hold.
 */
public final class AnswerRows implements UDF3<byte[], Long, String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final long MINUTE = 60_000_000L;

  @Override
  public Row[] call(byte[] answers, Long minute, String specText) {
    AnswerRecord at = new AnswerRecord(answers, Answers.FIELDS.get(specText));
    List<Row> rows = new ArrayList<>();
    while (at.next()) {
      String key = new String(answers, at.keyStart, at.keyEnd - at.keyStart, StandardCharsets.UTF_8);
      rows.add(RowFactory.create(key, (int) Math.floorDiv(minute - at.iteration, MINUTE), at.values()));
    }
    return rows.toArray(new Row[0]);
  }
}
