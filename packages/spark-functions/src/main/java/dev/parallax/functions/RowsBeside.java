package dev.parallax.functions;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF5;
import scala.collection.Seq;

/**
 * {@code prlx_batch_beside(last BINARY, touched BINARY, kept ARRAY<BINARY>, windows STRING, view STRING)}: the batch rows of a bucket's customers,
 * kept beside their windows. Who was there the minute before keeps its row; who enters is looked up in the batch view; who has left is
 * forgotten. {@code kept} null: nothing is known, everybody enters.
 *
 * <p>Returns {@code STRUCT<run: BINARY, entrants: INT, pages: INT, bytes: BIGINT>}: by key, each customer and its batch row, which is empty
 * outside the base; how many entered, and what was read of the view for them.
 */
public final class RowsBeside implements UDF5<byte[], byte[], Seq<byte[]>, String, String, Row> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<View> VIEWS = new SpecCache<>(View::parse);
  private static final byte[] NOT_IN_BASE = new byte[0];

  /** Where the batch view stands: the file of each bucket, empty where the bucket has no base customer. */
  private record View(Placement placement, List<String> files) {
    static View parse(String text) {
      Spec spec = Spec.parse(text);
      return new View(Placement.of(spec.object("placement")), spec.texts("files"));
    }
  }

  /** A customer that is not kept yet, and its row once it is found. */
  private static final class Entrant {
    final byte[] key;
    final int page;
    byte[] body = NOT_IN_BASE;

    Entrant(byte[] key, int page) {
      this.key = key;
      this.page = page;
    }
  }

  @Override
  public Row call(byte[] last, byte[] touched, Seq<byte[]> kept, String windowSpec, String viewSpec) throws IOException {
    View view = VIEWS.get(viewSpec);
    Members members = new Members(null, last, touched, Layout.ALL.get(windowSpec));
    KeyedRun before = KeyedRun.of(kept);
    boolean left = before.next();
    ByteWriter stay = new ByteWriter(1 << 14);
    List<Entrant> entrants = new ArrayList<>();
    while (members.next()) {
      int order = -1;
      while (left && (order = before.compareKey(members.bytes(), members.keyStart(), members.keyEnd())) < 0) left = before.next();
      if (left && order == 0) {
        stay.bytes(before.bytes(), before.start, before.end);
        continue;
      }
      byte[] key = Arrays.copyOfRange(members.bytes(), members.keyStart(), members.keyEnd());
      entrants.add(new Entrant(key, view.placement.page(Hash.of(key, 0, key.length))));
    }
    int pages = 0;
    long bytes = 0;
    if (!entrants.isEmpty()) {
      String file = view.files.get(view.placement.bucket(entrants.get(0).page));
      if (!file.isEmpty()) {
        try (PageFile pageFile = new PageFile(file)) {
          lookUp(entrants, pageFile);
          pages = pageFile.pagesRead;
          bytes = pageFile.bytesRead;
        }
      }
    }
    return RowFactory.create(together(stay.toBytes(), entrants), entrants.size(), pages, bytes);
  }

  /** Each page is read once, whoever of it enters. */
  private static void lookUp(List<Entrant> entrants, PageFile file) throws IOException {
    List<Entrant> byPage = new ArrayList<>(entrants);
    // Stable: inside a page they stay in the order of their keys, as the page's customers are.
    byPage.sort((a, b) -> Integer.compare(a.page, b.page));
    int i = 0;
    while (i < byPage.size()) {
      int page = byPage.get(i).page;
      byte[] run = file.read(page);
      KeyedRun rows = new KeyedRun(run == null ? NOT_IN_BASE : run);
      boolean left = rows.next();
      for (; i < byPage.size() && byPage.get(i).page == page; i++) {
        Entrant entrant = byPage.get(i);
        int order = -1;
        while (left && (order = rows.compareKey(entrant.key, 0, entrant.key.length)) < 0) left = rows.next();
        if (left && order == 0) entrant.body = Arrays.copyOfRange(rows.bytes(), rows.bodyStart, rows.end);
      }
    }
  }

  /** Those who stay and those who enter, by key. */
  private static byte[] together(byte[] stay, List<Entrant> entrants) {
    ByteWriter out = new ByteWriter(stay.length + 256 * entrants.size());
    KeyedRun stays = new KeyedRun(stay);
    boolean left = stays.next();
    for (Entrant entrant : entrants) {
      while (left && stays.compareKey(entrant.key, 0, entrant.key.length) < 0) {
        out.bytes(stays.bytes(), stays.start, stays.end);
        left = stays.next();
      }
      out.sized(entrant.key, 0, entrant.key.length);
      out.sized(entrant.body, 0, entrant.body.length);
    }
    while (left) {
      out.bytes(stays.bytes(), stays.start, stays.end);
      left = stays.next();
    }
    return out.toBytes();
  }
}
