package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Goal: state on disk is found again by its hash, buckets fill evenly, texts almost alike differ. Method: fixed values, a second implementation, counts. */
class HashTest {
  private static long hash(byte[] bytes) {
    return Hash.of(bytes, 0, bytes.length);
  }

  /** Committed buckets depend on these: a change of any value needs a new version of the state. */
  @Test
  void theValuesAreFixed() {
    assertEquals(0xbecee81513a72aaaL, hash(Calls.utf8("")));
    assertEquals(0xe30567c1e3145b38L, hash(Calls.utf8("1")));
    assertEquals(0xe9f3e9f6879a5180L, hash(Calls.utf8("12345678")));
    assertEquals(0x96c22c967c9169e3L, hash(Calls.utf8("customer é 😀")));
  }

  @Test
  void agreesWithItsDefinitionWhereverTheBytesStand() {
    Random random = Calls.random("hash");
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(70)];
      random.nextBytes(bytes);
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      assertEquals(PackedBytes.hash(Arrays.copyOfRange(bytes, from, to)), Hash.of(bytes, from, to), () -> Arrays.toString(bytes));
    }
  }

  @Test
  void bucketsAreUnsignedRemainders() {
    assertEquals(15, Hash.bucket(-1, 16));
    assertEquals(5, Hash.bucket(-1, 10)); // 2^64 - 1 = …615
    assertEquals(8, Hash.bucket(Long.MIN_VALUE, 10)); // 2^63 = …808
    assertEquals(0, Hash.bucket(-1, 1));
  }

  /** Customers and event ids are mostly counters in some dress. */
  @Test
  void countersFillBucketsEvenly() {
    for (String dress : new String[] {"%d", "%012d", "network-%d", "%08x-0000-4000-8000-000000000000", "%d\0\0\0\0\0\0\0\0"}) {
      for (int buckets : new int[] {2, 7, 64, 1000}) {
        int[] filled = new int[buckets];
        int each = 64_000 / buckets;
        for (int i = 0; i < each * buckets; i++) filled[Hash.bucket(hash(Calls.utf8(String.format(dress, i))), buckets)]++;
        // Six standard deviations of a fair draw.
        double bound = 6 * Math.sqrt(each);
        for (int n : filled) assertTrue(Math.abs(n - each) < bound, dress + " over " + buckets + ": " + n + " instead of " + each);
      }
    }
  }

  /** Any one bit of the input turns each bit of the hash about every second time, wherever it stands. */
  @Test
  void eachBitTurnsHalfOfTheHash() {
    Random random = Calls.random("avalanche");
    int rounds = 2_000;
    for (int length : new int[] {1, 7, 8, 9, 16, 300}) {
      int[] turned = new int[64];
      for (int round = 0; round < rounds; round++) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        long before = hash(bytes);
        int bit = random.nextInt(8 * length);
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
        long difference = before ^ hash(bytes);
        for (int i = 0; i < 64; i++) turned[i] += (int) (difference >>> i & 1);
      }
      for (int i = 0; i < 64; i++) assertEquals(0.5, turned[i] / (double) rounds, 0.1, "bit " + i + " of " + length + " bytes");
    }
  }

  @Test
  void textsAlmostAlikeDiffer() {
    Random random = Calls.random("near texts");
    Set<Long> seen = new HashSet<>();
    byte[] base = new byte[200];
    random.nextBytes(base);
    int texts = 0;
    // One or two bits away, also the top bits of two words, where weak mixing cancels out.
    for (int i = 0; i < 8 * base.length; i += 3) {
      for (int j = i; j < 8 * base.length; j += 5) {
        byte[] near = base.clone();
        near[i / 8] ^= (byte) (1 << i % 8);
        if (j != i) near[j / 8] ^= (byte) (1 << j % 8);
        seen.add(hash(near));
        texts++;
      }
    }
    for (int zeros = 0; zeros < 100; zeros++) {
      seen.add(hash(new byte[zeros]));
      texts++;
    }
    for (int i = 0; i < 300_000; i++) {
      seen.add(hash(Calls.utf8("id-" + i)));
      texts++;
    }
    assertEquals(texts, seen.size());
  }
}
