package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

/** Goal: the bytes of batch rows hold what was put in, sums are exact however large, and of contributions the largest stay. */
class BatchRowTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(SEED);

  private static BigInteger readOne(ByteWriter out) {
    return BatchRow.read(new ByteReader(out.b, 0, out.length));
  }

  @Test
  void integersOfAnySizeComeBack() {
    for (long value : new long[] {0, 1, -1, 127, 128, -128, -129, 255, 256, Long.MAX_VALUE, Long.MIN_VALUE + 1, 1L << 40, -(1L << 40)}) {
      ByteWriter out = new ByteWriter(4);
      BatchRow.write(out, value);
      assertEquals(BigInteger.valueOf(value), readOne(out));
      ByteWriter big = new ByteWriter(4);
      BatchRow.write(big, BigInteger.valueOf(value));
      assertArrayEquals(big.toBytes(), out.toBytes(), "one form for " + value);
    }
  }

  @Test
  void anEmptyCellIsNoNull() {
    ByteWriter out = new ByteWriter(4);
    BatchRow.writeCell(out, null);
    BatchRow.writeCell(out, new byte[0]);
    BatchRow.writeCell(out, "é".getBytes(StandardCharsets.UTF_8));
    ByteReader in = new ByteReader(out.b, 0, out.length);
    assertNull(BatchRow.readCell(in));
    assertEquals(0, BatchRow.readCell(in).length);
    BatchRow.skipCell(in);
    assertTrue(!in.hasMore());
  }

  /** Of random contributions, of which some overflow 64 bits, sums and the largest are those that BigInteger finds. */
  @Test
  void sumsAndLargestAreExact() {
    for (int round = 0; round < 200; round++) {
      int rows = 1 + random.nextInt(20);
      int variables = 1 + random.nextInt(12);
      RowSums sums = new RowSums(rows, 2);
      BigInteger[][] expected = new BigInteger[rows][variables];
      for (int v = 0; v < variables; v++) {
        BatchColumn.Group group = new BatchColumn.Group(v % 2, v, List.of());
        long[] c = new long[rows];
        boolean huge = random.nextInt(4) == 0;
        for (int i = 0; i < rows; i++) {
          long value = random.nextInt(3) == 0 ? 0 : huge ? random.nextLong() : random.nextInt(7) - 3;
          c[i] = value == Wide.OVERFLOW ? 0 : value;
          expected[i][v] = BigInteger.valueOf(c[i]);
        }
        // In two parts, the second by places in a dictionary.
        int cut = random.nextInt(rows + 1);
        int[] ids = new int[rows];
        for (int i = cut; i < rows; i++) ids[i] = i - cut;
        sums.add(new RowSums.Part(group, c, null, 0, cut, largest(c)));
        sums.add(new RowSums.Part(group, Arrays.copyOfRange(c, cut, rows), ids, cut, rows, largest(c)));
        if (random.nextInt(3) == 0) sums.flush();
        if (random.nextInt(5) == 0) {
          int row = random.nextInt(rows);
          BigInteger more = BigInteger.valueOf(random.nextLong()).shiftLeft(70).subtract(expected[row][v]);
          if (expected[row][v].signum() != 0) continue;
          sums.addExact(group, row, new BigDecimal(more, Limits.DECIMAL_SCALE));
          expected[row][v] = more;
        }
      }
      sums.flush();
      RowMerge merge = new RowMerge(2);
      for (int row = 0; row < rows; row++) {
        ByteWriter out = new ByteWriter(64);
        sums.write(row, out);
        check(expected[row], out.toBytes());
        merge.clear();
        merge.add(new ByteReader(out.toBytes()));
        ByteWriter again = new ByteWriter(64);
        merge.write(again);
        assertArrayEquals(out.toBytes(), again.toBytes(), "the merge of one is itself, seed " + SEED);
      }
    }
  }

  private static long largest(long[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }

  private static void check(BigInteger[] contributions, byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    for (int module = 0; module < 2; module++) {
      BigInteger sum = BigInteger.ZERO;
      for (int v = module; v < contributions.length; v += 2) sum = sum.add(contributions[v]);
      assertEquals(sum, BatchRow.read(in), "module " + module + ", seed " + SEED);
    }
    List<Integer> order = new ArrayList<>();
    for (int v = 0; v < contributions.length; v++) if (contributions[v].signum() != 0) order.add(v);
    order.sort(Comparator.comparing((Integer v) -> contributions[v].abs()).reversed().thenComparing(v -> v));
    int n = (int) in.uvarint();
    assertEquals(Math.min(order.size(), Limits.TOP_CONTRIBUTIONS), n, "seed " + SEED);
    for (int i = 0; i < n; i++) {
      assertEquals(order.get(i), (int) in.uvarint(), "place " + i + ", seed " + SEED);
      assertEquals(contributions[order.get(i)], BatchRow.read(in));
    }
  }

  @Test
  void theHybridGivesBackWhatWasPacked() {
    for (int width = 0; width <= 20; width++) {
      int n = 1 + random.nextInt(200);
      int[] values = new int[n];
      for (int i = 0; i < n; i++) values[i] = width == 0 ? 0 : random.nextInt(1 << width);
      int groups = (n + 7) / 8;
      ByteWriter out = new ByteWriter(16);
      out.uvarint((long) groups << 1 | 1);
      byte[] packed = new byte[groups * width];
      for (int i = 0; i < n; i++) {
        for (int bit = 0; bit < width; bit++) if ((values[i] >> bit & 1) != 0) packed[(i * width + bit) / 8] |= (byte) (1 << (i * width + bit) % 8);
      }
      out.bytes(packed, 0, packed.length);
      int[] decoded = new int[n];
      HybridDecoder.decode(out.b, 0, out.length, width, decoded, n);
      assertArrayEquals(values, decoded, "width " + width + ", seed " + SEED);
    }
    ByteWriter run = new ByteWriter(16);
    run.uvarint(5 << 1);
    run.u8(0x34);
    run.u8(0x02);
    int[] decoded = new int[5];
    HybridDecoder.decode(run.b, 0, run.length, 10, decoded, 5);
    assertArrayEquals(new int[] {0x234, 0x234, 0x234, 0x234, 0x234}, decoded);
  }

  /** Two tables of one lane: who is in the base, who is kept aside, and what a table without a row gives. */
  @Test
  void tablesAreJoinedByKey() {
    String one = "0600e8d4a51000";
    String minusOne = "06ff172b5af000";
    String spec = "{\"placement\":{\"buckets\":1,\"pages\":1,\"lanes\":1},\"modules\":1,\"base\":0,\"tables\":[{\"kept\":1,\"missing\":\"0000\"},{\"kept\":0,\"missing\":\"" + minusOne + "00\"}]}";
    byte[] base = run(row("a", 0, "0278", "0000"), row("b", 0, "00", "0000"), row("c", 1, "", ""), row("d", 0, "00", "0000"), row("d", 0, "00", "0000"));
    byte[] other = run(row("a", 0, "", one + "01" + "07" + one), row("e", 0, "", "0000"));
    List<Row> runs = List.of(RowFactory.create(0, base), RowFactory.create(1, other));
    Row[] pages = new BatchJoin().call(CollectionConverters.asScala(runs).toSeq(), spec);
    assertEquals(1, pages.length);
    assertEquals(2, pages[0].getInt(1));
    Row[] rows = new BatchRows().call(pages[0].getAs(2), "{\"cells\":[{\"places\":null}],\"modules\":1,\"top\":true}");
    assertEquals("a x 1.000000 1.000000", rows[0].getString(0) + " " + rows[0].get(1) + " " + rows[0].get(2) + " " + rows[0].get(3));
    assertEquals("7 1.000000000000", ((Row) ((Object[]) rows[0].get(4))[0]).mkString(" "));
    assertEquals("b null -1.000000 -1.000000", rows[1].getString(0) + " " + rows[1].get(1) + " " + rows[1].get(2) + " " + rows[1].get(3));
    List<String> aside = new ArrayList<>();
    for (Object row : (Object[]) pages[0].get(3)) aside.add(((Row) row).mkString(" "));
    assertEquals(List.of("0 c 1", "0 d -2", "0 d -2"), aside);
  }

  private static byte[] run(byte[]... rows) {
    ByteWriter out = new ByteWriter(64);
    for (byte[] row : rows) out.bytes(row, 0, row.length);
    return out.toBytes();
  }

  private static byte[] row(String key, int reason, String cells, String sums) {
    byte[] body = java.util.HexFormat.of().parseHex(cells + sums);
    ByteWriter out = new ByteWriter(64);
    out.sized(key.getBytes(StandardCharsets.UTF_8), 0, key.length());
    out.uvarint(reason);
    if (reason == 0) out.sized(body, 0, body.length);
    return out.toBytes();
  }
}
