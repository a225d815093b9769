package dev.parallax.functions;

import java.util.List;

/** One batch table, as the reduction reads it. */
final class BatchTable {
  static final SpecCache<BatchTable> ALL = new SpecCache<>(BatchTable::new);

  /** Why a row is kept aside. Rules of the project follow, by their places. */
  static final int SOUND = 0;

  static final int TYPE = 1;
  static final int FIRST_RULE = 2;

  final List<String> keyPath;
  final boolean bigint;
  final String keyPrefix;
  final Placement placement;
  final int modules;

  /** By the names of their variables, so that of equal contributions the first is kept. */
  final BatchColumn[] columns;

  final int kept;

  private BatchTable(String text) {
    Spec spec = Spec.parse(text);
    Spec key = spec.object("key");
    keyPath = key.path("path");
    bigint = key.text("type").equals("bigint");
    keyPrefix = key.text("prefix");
    placement = Placement.of(spec.object("placement"));
    modules = spec.integer("modules", 0, Limits.VARIABLES_MAX);
    int rules = spec.integer("rules", 0, Limits.VARIABLES_MAX);
    columns = spec.objects("columns").stream().map(column -> new BatchColumn(column, modules, rules)).toArray(BatchColumn[]::new);
    int cells = 0;
    for (BatchColumn column : columns) if (column.kept) cells++;
    kept = cells;
  }
}
