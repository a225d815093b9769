package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF7;
import scala.collection.Seq;

/**
 * {@code prlx_member_rows(hour BINARY, last BINARY, touched BINARY, batch ARRAY<BINARY>, answers ARRAY<ARRAY<BINARY>>, minute BIGINT, spec STRING)}: all
 * that is known of a bucket's customers, a row each, by key: {@code ARRAY<STRUCT<key STRING, in_hour BOOLEAN, touched BOOLEAN, in_base BOOLEAN, …>>}, then
 * the columns of the windows ({@link WindowCells}), of the batch row ({@link BatchCells}), and of each online source its fields and the age of its
 * answer in minutes before {@code minute}.
 *
 * <p>Customers are those of a window or of {@code touched}, with {@code "base": true} in the spec those of {@code batch} too. Batch rows come as runs, in which a
 * customer that stands twice has the same row; answers by source, in any number of lists by key: of a customer that stands in several the newest counts.
 */
public final class MemberRows implements UDF7<byte[], byte[], byte[], Seq<byte[]>, Seq<Seq<byte[]>>, Long, String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Columns> COLUMNS = new SpecCache<>(Columns::parse);
  private static final long MINUTE = 60_000_000L;
  private static final int BEFORE = 4;

  private record Columns(WindowCells windows, BatchCells batch, int[][] online, int width, boolean base) {
    static Columns parse(String text) {
      Spec spec = Spec.parse(text);
      WindowCells windows = new WindowCells(spec);
      BatchCells batch = new BatchCells(spec.object("batch"));
      int[][] online = spec.objects("online").stream().map(source -> source.objects("fields").stream().mapToInt(field -> field.integer("places", 0, Limits.PLACES_MAX)).toArray()).toArray(int[][]::new);
      int width = BEFORE + windows.width + batch.width;
      for (int[] fields : online) width += fields.length + 1;
      return new Columns(windows, batch, online, width, spec.flag("base"));
    }
  }

  @Override
  public Row[] call(byte[] hour, byte[] last, byte[] touched, Seq<byte[]> batch, Seq<Seq<byte[]>> answers, Long minute, String specText) {
    return new Walk(COLUMNS.get(specText), hour, last, touched, batch, answers, minute).rows();
  }

  /** One bucket, its sources side by side in the order of their keys. */
  private static final class Walk {
    private final Columns columns;
    private final StreamState[] states;
    private final Members members;
    private boolean memberLeft;
    private final KeyedRun batch;
    private boolean batchLeft;
    private final KeyedAnswers[] answers;
    private final Long minute;
    private final ByteReader in = new ByteReader();
    private byte[] key;
    private int keyStart;
    private int keyEnd;

    Walk(Columns columns, byte[] hour, byte[] last, byte[] touched, Seq<byte[]> batchRuns, Seq<Seq<byte[]>> bySource, Long minute) {
      this.columns = columns;
      this.minute = minute;
      states = columns.windows.states();
      members = new Members(hour, last, touched, columns.windows.layout);
      memberLeft = members.next();
      batch = KeyedRun.of(batchRuns);
      batchLeft = nextOfBase();
      answers = new KeyedAnswers[columns.online.length];
      for (int source = 0; source < answers.length; source++) answers[source] = new KeyedAnswers(bySource == null ? null : bySource.apply(source), columns.online[source].length);
    }

    Row[] rows() {
      List<Row> rows = new ArrayList<>();
      while (memberLeft || columns.base && batchLeft) {
        boolean isMember = memberLeft && !(columns.base && batchLeft && batch.compareKey(members.bytes(), members.keyStart(), members.keyEnd()) < 0);
        if (isMember) take(members.bytes(), members.keyStart(), members.keyEnd());
        else take(batch.bytes(), batch.keyStart, batch.keyEnd);
        while (batchLeft && compare(batch.bytes(), batch.keyStart, batch.keyEnd) < 0) batchLeft = nextOfBase();
        boolean inBase = batchLeft && compare(batch.bytes(), batch.keyStart, batch.keyEnd) == 0;
        rows.add(row(isMember, inBase));
        if (isMember) memberLeft = members.next();
        if (inBase) batchLeft = nextOfBase();
      }
      return rows.toArray(new Row[0]);
    }

    private Row row(boolean isMember, boolean inBase) {
      Object[] cells = new Object[columns.width];
      cells[0] = new String(key, keyStart, keyEnd - keyStart, StandardCharsets.UTF_8);
      cells[1] = isMember && members.last != null;
      cells[2] = isMember && members.isTouched;
      cells[3] = inBase;
      int at = BEFORE;
      columns.windows.fill(cells, at, isMember ? members.hour : null, isMember ? members.last : null, states);
      at += columns.windows.width;
      if (inBase) {
        in.reset(batch.bytes(), batch.bodyStart, batch.end);
        columns.batch.fill(cells, at, in);
      }
      at += columns.batch.width;
      for (int source = 0; source < answers.length; source++) {
        int[] places = columns.online[source];
        AnswerRecord answer = answers[source].of(key, keyStart, keyEnd);
        if (answer != null) {
          answer.fill(cells, at, places, columns.windows.bound);
          cells[at + places.length] = (int) Math.floorDiv(minute - answer.iteration, MINUTE);
        }
        at += places.length + 1;
      }
      return RowFactory.create(cells);
    }

    private void take(byte[] bytes, int start, int end) {
      key = bytes;
      keyStart = start;
      keyEnd = end;
    }

    private int compare(byte[] bytes, int start, int end) {
      return Arrays.compareUnsigned(bytes, start, end, key, keyStart, keyEnd);
    }

    /** The next customer with a batch row: one without is kept in a run as not in the base. */
    private boolean nextOfBase() {
      while (batch.next()) if (batch.end > batch.bodyStart) return true;
      return false;
    }
  }
}
