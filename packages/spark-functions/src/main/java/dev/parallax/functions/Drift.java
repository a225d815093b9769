package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The distinct undeclared names of one message, bounded. Names stay where they stand in the message until asked for. */
final class Drift {
  private FieldTrie[] owners = new FieldTrie[8];
  private byte[][] bytes = new byte[8][];
  private int[] starts = new int[8];
  private int[] ends = new int[8];
  private int count;

  /** Notes a member of owner's object named b[start, end). */
  void add(FieldTrie owner, byte[] b, int start, int end) {
    if (count == Limits.DRIFT_NAMES_MAX) return;
    for (int i = 0; i < count; i++) {
      if (owners[i] == owner && Arrays.equals(bytes[i], starts[i], ends[i], b, start, end)) return;
    }
    if (count == owners.length) grow();
    set(count++, owner, b, start, end);
  }

  /** Forgets the names met inside this node's object: a later duplicate replaces it. */
  void forget(FieldTrie node) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (owners[i].slot >= node.slot && owners[i].slot < node.end) continue;
      set(kept++, owners[i], bytes[i], starts[i], ends[i]);
    }
    count = kept;
  }

  /** Dotted paths in order of appearance; null if there are none. */
  String[] names() {
    if (count == 0) return null;
    String[] names = new String[count];
    for (int i = 0; i < count; i++) {
      names[i] = owners[i].prefix + new String(bytes[i], starts[i], ends[i] - starts[i], StandardCharsets.UTF_8);
    }
    return names;
  }

  private void set(int i, FieldTrie owner, byte[] b, int start, int end) {
    owners[i] = owner;
    bytes[i] = b;
    starts[i] = start;
    ends[i] = end;
  }

  private void grow() {
    int size = count * 2;
    owners = Arrays.copyOf(owners, size);
    bytes = Arrays.copyOf(bytes, size);
    starts = Arrays.copyOf(starts, size);
    ends = Arrays.copyOf(ends, size);
  }
}
