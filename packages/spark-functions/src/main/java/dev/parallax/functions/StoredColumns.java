package dev.parallax.functions;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.MessageType;

/** The columns that a table's files have to have, each where it stands in a row, and whether it is declared as text. */
final class StoredColumns {
  static final SpecCache<StoredColumns> ALL = new SpecCache<>(StoredColumns::new);

  private record Column(List<String> path, boolean text) {}

  /**
   * What a file says of them.
   *
   * @param missing the first that is not there, its names joined by dots; null: all are
   * @param readable whether each can be read as it lies
   */
  record Found(String missing, boolean readable) {}

  private final List<Column> columns;

  private StoredColumns(String text) {
    columns = Spec.parse(text).objects("columns").stream().map(column -> new Column(column.path("path"), column.flag("text"))).toList();
  }

  Found in(MessageType schema) {
    Map<List<String>, ColumnDescriptor> stored = new HashMap<>();
    for (ColumnDescriptor column : schema.getColumns()) stored.put(Arrays.asList(column.getPath()), column);
    boolean readable = true;
    for (Column column : columns) {
      ColumnDescriptor found = stored.get(column.path);
      if (found == null && stored.keySet().stream().noneMatch(path -> leadsTo(column.path, path))) return new Found(String.join(".", column.path), false);
      readable &= found != null && isReadable(found, column.text);
    }
    return new Found(null, readable);
  }

  /** Spark finds a column whatever the case of its name, and makes a text of a structure. */
  private static boolean leadsTo(List<String> wanted, List<String> path) {
    if (path.size() < wanted.size()) return false;
    for (int i = 0; i < wanted.size(); i++) if (!path.get(i).equalsIgnoreCase(wanted.get(i))) return false;
    return true;
  }

  private static boolean isReadable(ColumnDescriptor column, boolean text) {
    ColumnKind kind = ColumnKind.find(column);
    return kind != null && (kind.isText() || !text) && column.getMaxRepetitionLevel() == 0;
  }
}
