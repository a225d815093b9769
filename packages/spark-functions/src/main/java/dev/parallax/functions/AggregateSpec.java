package dev.parallax.functions;

import java.util.List;
import java.util.zip.CRC32;

/** Which partial aggregates a stream's panes hold (contract, section 4). */
final class AggregateSpec {
  enum Aggregate {
    SUM,
    COUNT,
    AVG,
    MIN,
    MAX,
    LAST
  }

  static final int KEEP_SUM = 1;
  static final int KEEP_COUNT = 2;
  static final int KEEP_MIN = 4;
  static final int KEEP_MAX = 8;
  static final int KEEP_LAST = 16;

  /** By variable: what it keeps, of the KEEP bits. */
  final int[] keeps;

  /** By variable: the declared aggregates in their order. */
  final Aggregate[][] aggregates;

  /** All aggregates of all variables. */
  final int outputs;

  /** Whether any variable keeps its last value. */
  final boolean keepsLast;

  /** Of places and what is kept; a state of another layout is refused, not misread. */
  final int fingerprint;

  private AggregateSpec(Spec spec) {
    List<Spec> variables = spec.objects("variables");
    keeps = new int[variables.size()];
    aggregates = new Aggregate[variables.size()][];
    CRC32 crc = new CRC32();
    int count = 0;
    int all = 0;
    for (int i = 0; i < keeps.length; i++) {
      Spec variable = variables.get(i);
      List<String> names = variable.texts("aggregates");
      aggregates[i] = new Aggregate[names.size()];
      for (int j = 0; j < aggregates[i].length; j++) {
        aggregates[i][j] = aggregate(names.get(j), variable);
        keeps[i] |= keeps(aggregates[i][j]);
      }
      count += aggregates[i].length;
      all |= keeps[i];
      crc.update(variable.integer("places", 0, Limits.PLACES_MAX));
      crc.update(keeps[i]);
    }
    outputs = count;
    keepsLast = (all & KEEP_LAST) != 0;
    fingerprint = (int) crc.getValue();
  }

  static AggregateSpec parse(String text) {
    return new AggregateSpec(Spec.parse(text));
  }

  static AggregateSpec of(Spec spec) {
    return new AggregateSpec(spec);
  }

  int variables() {
    return keeps.length;
  }

  private static Aggregate aggregate(String name, Spec variable) {
    return switch (name) {
      case "sum" -> Aggregate.SUM;
      case "count" -> Aggregate.COUNT;
      case "avg" -> Aggregate.AVG;
      case "min" -> Aggregate.MIN;
      case "max" -> Aggregate.MAX;
      case "last" -> Aggregate.LAST;
      default -> throw variable.wrong("aggregates", "of sum, count, avg, min, max, last");
    };
  }

  private static int keeps(Aggregate aggregate) {
    return switch (aggregate) {
      case SUM -> KEEP_SUM;
      case COUNT -> KEEP_COUNT;
      case AVG -> KEEP_SUM | KEEP_COUNT;
      case MIN -> KEEP_MIN;
      case MAX -> KEEP_MAX;
      case LAST -> KEEP_LAST;
    };
  }
}
