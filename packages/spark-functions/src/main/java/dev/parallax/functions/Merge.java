package dev.parallax.functions;

import org.apache.spark.sql.api.java.UDF2;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * {@code prlx_merge(states ARRAY<BINARY>, spec STRING)}: the state of all events of these states, BINARY; nulls are skipped,
 * of nothing it is null. Associative and commutative down to the byte.
 */
public final class Merge implements UDF2<Seq<byte[]>, String, byte[]> {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] call(Seq<byte[]> states, String specText) {
    AggregateSpec spec = Pane.SPECS.get(specText);
    if (states == null) return null;
    byte[] only = null;
    PaneState merged = null;
    Iterator<byte[]> all = states.iterator();
    while (all.hasNext()) {
      byte[] state = all.next();
      if (state == null) continue;
      if (merged == null && only == null) {
        only = state;
        continue;
      }
      if (merged == null) {
        merged = new PaneState(spec);
        merged.addState(only);
      }
      merged.addState(state);
    }
    // One state is canonical already; it is walked only when there is something to add.
    return merged == null ? only : merged.encode();
  }
}
