package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** What is made of one column of a batch table: a cell that is kept, contributions to the scorecard, a check. */
final class BatchColumn {
  private static final BigInteger CELL_END = BigInteger.TEN.pow(Limits.CELL_DIGITS);

  /** The entries of one column in one module: their contributions are one. */
  static final class Group {
    final int module;
    final int variable;
    private final ScoreEntry[] entries;

    /** By the values' scale, made when one comes; two threads may make the same. */
    private final ScoreKernel[] kernels = new ScoreKernel[Limits.DECIMAL_SCALE + 1];

    Group(int module, int variable, List<ScoreEntry> entries) {
      this.module = module;
      this.variable = variable;
      this.entries = entries.toArray(new ScoreEntry[0]);
    }

    /** What computes contributions of values at that scale. */
    ScoreKernel kernel(int places) {
      ScoreKernel known = kernels[places];
      return known == null ? kernels[places] = ScoreKernel.of(entries, places) : known;
    }

    BigDecimal exact(BigDecimal value) {
      BigDecimal sum = BigDecimal.ZERO;
      for (ScoreEntry entry : entries) sum = sum.add(entry.exact(value));
      return sum;
    }

    BigDecimal missing() {
      BigDecimal sum = BigDecimal.ZERO;
      for (ScoreEntry entry : entries) if (entry.missingAs != null) sum = sum.add(entry.exact(entry.missingAs));
      return sum;
    }
  }

  final List<String> path;

  /** Places that a declared number is rounded to; −1: it is not declared, and its own value counts. */
  final int places;

  final boolean text;

  /** Whether the cell is part of the batch row. */
  final boolean kept;

  final Group[] groups;

  /** A row that breaks this is kept aside for the reason {@link #rule}; 0: nothing is checked. */
  final int rule;

  final boolean notNull;
  final BigDecimal least;
  final BigDecimal most;

  BatchColumn(Spec spec, int modules, int rules) {
    path = spec.path("path");
    places = spec.isNull("places") ? -1 : spec.integer("places", 0, Limits.PLACES_MAX);
    text = spec.flag("text");
    kept = spec.flag("kept");
    List<Group> found = new ArrayList<>();
    for (Spec group : spec.objects("groups")) {
      int module = group.integer("module", 0, modules - 1);
      List<ScoreEntry> entries = group.objects("entries").stream().map(entry -> new ScoreEntry(entry, modules)).toList();
      found.add(new Group(module, group.integer("variable", 0, Limits.VARIABLES_MAX), entries));
    }
    groups = found.toArray(new Group[0]);
    Spec check = spec.isNull("check") ? null : spec.object("check");
    rule = check == null ? 0 : check.integer("rule", BatchTable.FIRST_RULE, BatchTable.FIRST_RULE + rules - 1);
    notNull = check != null && check.flag("not_null");
    least = check == null || check.isNull("min") ? null : check.decimal("min");
    most = check == null || check.isNull("max") ? null : check.decimal("max");
  }

  /** The value that counts: a declared number is its rounded self. Null when it does not fit DECIMAL(20, places). */
  BigDecimal rounded(BigDecimal value) {
    if (places < 0) return value;
    BigDecimal rounded = value.setScale(places, RoundingMode.HALF_UP);
    return rounded.unscaledValue().abs().compareTo(CELL_END) < 0 ? rounded : null;
  }

  boolean breaks(BigDecimal value) {
    return least != null && value.compareTo(least) < 0 || most != null && value.compareTo(most) > 0;
  }
}
