package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF2;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_batch_join(runs ARRAY<STRUCT<tbl INT, run BINARY>>, spec STRING)}: one lane of all tables, joined by key into the batch view:
 * {@code ARRAY<STRUCT<page: INT, customers: INT, run: BINARY, aside: ARRAY<STRUCT<tbl: INT, key: STRING, reason: INT>>>>}.
 *
 * <p>A page's run holds its base customers by key: the key and its batch row. {@code aside}, at the lane's first page, are all its rows
 * that are kept aside, with their reason: of a table's {@link BatchTable}, or {@link #TWICE}.
 */
public final class BatchJoin implements UDF2<Seq<Row>, String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<Tables> TABLES = new SpecCache<>(Tables::parse);

  /** The key stands twice in its table. */
  static final int TWICE = -2;

  /** How a table's row is made of its own, and what stands for one that is not there. */
  private record Tables(Placement placement, int modules, int base, int[] kept, byte[][] missing) {
    static Tables parse(String text) {
      Spec spec = Spec.parse(text);
      List<Spec> declared = spec.objects("tables");
      int[] kept = new int[declared.size()];
      byte[][] missing = new byte[kept.length][];
      for (int i = 0; i < kept.length; i++) {
        kept[i] = declared.get(i).integer("kept", 0, Limits.VARIABLES_MAX);
        missing[i] = HexFormat.of().parseHex(declared.get(i).text("missing"));
      }
      int modules = spec.integer("modules", 0, Limits.VARIABLES_MAX);
      return new Tables(Placement.of(spec.object("placement")), modules, spec.integer("base", 0, kept.length - 1), kept, missing);
    }
  }

  @Override
  public Row[] call(Seq<Row> runs, String specText) {
    Tables tables = TABLES.get(specText);
    PriorityQueue<TableRun> queue = new PriorityQueue<>(TableRun::compareTo);
    for (Iterator<Row> all = runs.iterator(); all.hasNext(); ) {
      Row item = all.next();
      TableRun run = new TableRun(item.getInt(0), item.getAs(1), tables.placement);
      if (run.next()) queue.add(run);
    }
    return new Lane(tables).join(queue);
  }

  private static final class Lane {
    private final Tables tables;
    private final RowMerge merge;
    private final List<Object[]> pages = new ArrayList<>();
    private final List<Row> aside = new ArrayList<>();
    private final ByteWriter run = new ByteWriter(1 << 14);
    private final ByteWriter body = new ByteWriter(1024);
    private final ByteReader in = new ByteReader();

    /** The rows of the customer at hand by table: where a sound one stands, and how many there are. */
    private final byte[][] bytes;

    private final int[] start;
    private final int[] end;
    private final int[] reason;
    private final int[] times;
    private int customers;
    private int page = -1;
    private int firstPage = -1;

    Lane(Tables tables) {
      this.tables = tables;
      merge = new RowMerge(tables.modules);
      int n = tables.kept.length;
      bytes = new byte[n][];
      start = new int[n];
      end = new int[n];
      reason = new int[n];
      times = new int[n];
    }

    Row[] join(PriorityQueue<TableRun> queue) {
      while (!queue.isEmpty()) {
        TableRun first = queue.peek();
        byte[] key = java.util.Arrays.copyOfRange(first.bytes(), first.keyStart, first.keyEnd);
        int at = first.page;
        if (firstPage < 0) firstPage = at;
        java.util.Arrays.fill(times, 0);
        while (!queue.isEmpty() && isAt(queue.peek(), at, key)) {
          TableRun next = queue.poll();
          take(next);
          if (next.next()) queue.add(next);
        }
        customer(at, key);
      }
      closePage();
      if (pages.isEmpty() && !aside.isEmpty()) pages.add(new Object[] {firstPage, 0, new byte[0], null});
      if (!aside.isEmpty()) pages.get(0)[3] = aside.toArray(new Row[0]);
      return pages.stream().map(RowFactory::create).toArray(Row[]::new);
    }

    private static boolean isAt(TableRun run, int page, byte[] key) {
      return run.page == page && java.util.Arrays.equals(run.bytes(), run.keyStart, run.keyEnd, key, 0, key.length);
    }

    private void take(TableRun row) {
      times[row.table]++;
      bytes[row.table] = row.bytes();
      start[row.table] = row.bodyStart;
      end[row.table] = row.bodyEnd;
      reason[row.table] = row.reason;
    }

    private void customer(int at, byte[] key) {
      for (int t = 0; t < times.length; t++) {
        int why = times[t] > 1 ? TWICE : times[t] == 1 ? reason[t] : BatchTable.SOUND;
        if (why == BatchTable.SOUND) continue;
        String text = new String(key, StandardCharsets.UTF_8);
        for (int i = 0; i < times[t]; i++) aside.add(RowFactory.create(t, text, why));
        times[t] = 0;
      }
      if (times[tables.base] == 0) return;
      if (at != page) closePage();
      page = at;
      customers++;
      body.clear();
      merge.clear();
      for (int t = 0; t < times.length; t++) {
        if (times[t] == 0) {
          for (int i = 0; i < tables.kept[t]; i++) BatchRow.writeCell(body, null);
          in.reset(tables.missing[t], 0, tables.missing[t].length);
        } else {
          in.reset(bytes[t], start[t], end[t]);
          for (int i = 0; i < tables.kept[t]; i++) BatchRow.skipCell(in);
          body.bytes(bytes[t], start[t], in.at);
        }
        merge.add(in);
      }
      merge.write(body);
      run.sized(key, 0, key.length);
      run.sized(body.b, 0, body.length);
    }

    private void closePage() {
      if (customers > 0) pages.add(new Object[] {page, customers, run.toBytes(), null});
      run.clear();
      customers = 0;
    }
  }
}
