package dev.parallax.functions;

import java.util.Arrays;

/**
 * The candidates of one bucket of ids, grouped by (stream, id): an open-addressing table of groups, each a chain of candidates in the order in
 * which they were added. Ids are compared byte by byte; their hashes only find the place.
 */
final class ClaimTable {
  private static final int NONE = -1;

  private final EventRecord record = new EventRecord();
  private final byte[][] lists;
  private int count;
  private int[] list;
  private int[] from;
  private int[] to;
  private int[] next;
  private long[] hash;
  /** By group, which is the index of its first candidate. */
  private int[] tail;

  private boolean[] claimed;
  private final int[] slots;
  private final int mask;

  /** @param capacity the most candidates that will be added */
  ClaimTable(byte[][] lists, int capacity) {
    this.lists = lists;
    int size = Integer.highestOneBit(Math.max(4, capacity * 2 - 1)) << 1;
    slots = new int[size];
    Arrays.fill(slots, NONE);
    mask = size - 1;
    list = new int[capacity];
    from = new int[capacity];
    to = new int[capacity];
    next = new int[capacity];
    hash = new long[capacity];
    tail = new int[capacity];
    claimed = new boolean[capacity];
  }

  /** Adds the candidate that `at` is at, of lists[listIndex]. */
  void add(int listIndex, EventRecord at) {
    int i = count++;
    list[i] = listIndex;
    from[i] = at.start;
    to[i] = at.end;
    next[i] = NONE;
    hash[i] = at.idHash;
    tail[i] = i;
    int slot = find(at.stream, at.idHash, at.bytes, at.idStart, at.idEnd);
    int group = slots[slot];
    if (group == NONE) slots[slot] = i;
    else {
      next[tail[group]] = i;
      tail[group] = i;
    }
  }

  /** Marks the group of an id that was accepted before. @return the group; negative if no candidate has the id */
  int claim(int stream, long idHash, byte[] b, int idStart, int idEnd) {
    int group = slots[find(stream, idHash, b, idStart, idEnd)];
    if (group != NONE) claimed[group] = true;
    return group;
  }

  /** Whether some candidate may have an id of this hash: false spares the comparison. */
  boolean mayHave(long idHash) {
    for (int slot = place(idHash); slots[slot] != NONE; slot = (slot + 1) & mask) if (hash[slots[slot]] == idHash) return true;
    return false;
  }

  int groups() {
    return slots.length;
  }

  /** The first candidate of the group in a slot; negative if there is none. */
  int first(int slot) {
    return slots[slot];
  }

  int next(int candidate) {
    return next[candidate];
  }

  boolean isClaimed(int group) {
    return claimed[group];
  }

  /** Puts `into` at a candidate. */
  void read(int candidate, EventRecord into) {
    into.at(lists[list[candidate]], from[candidate], to[candidate]);
  }

  private int find(int stream, long idHash, byte[] b, int idStart, int idEnd) {
    int slot = place(idHash);
    for (; slots[slot] != NONE; slot = (slot + 1) & mask) {
      int group = slots[slot];
      if (hash[group] != idHash) continue;
      read(group, record);
      if (record.stream == stream && Arrays.equals(record.bytes, record.idStart, record.idEnd, b, idStart, idEnd)) break;
    }
    return slot;
  }

  private int place(long idHash) {
    return (int) (idHash ^ (idHash >>> 32)) & mask;
  }
}
