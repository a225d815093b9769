package dev.parallax.functions;

import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/** How a Parquet column holds its values: whole numbers or decimals in 4, 8 or more bytes, or text. Anything else is cast before. */
record ColumnKind(PrimitiveTypeName physical, boolean isText, int scale) {
  static ColumnKind of(ColumnDescriptor column) {
    ColumnKind kind = find(column);
    if (kind != null) return kind;
    throw FunctionException.of("PRLX_BATCH_COLUMN", String.join(".", column.getPath()) + " holds neither whole numbers, decimals nor text, but " + column.getPrimitiveType());
  }

  /** Null for anything else. Bytes that nobody says are text are none. */
  static ColumnKind find(ColumnDescriptor column) {
    PrimitiveType type = column.getPrimitiveType();
    PrimitiveTypeName physical = type.getPrimitiveTypeName();
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    boolean bytes = physical == PrimitiveTypeName.BINARY || physical == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
    boolean integers = physical == PrimitiveTypeName.INT32 || physical == PrimitiveTypeName.INT64;
    if (logical instanceof DecimalLogicalTypeAnnotation decimal && (bytes || integers)) return new ColumnKind(physical, false, decimal.getScale());
    if (integers && (logical == null || logical instanceof IntLogicalTypeAnnotation whole && whole.isSigned())) return new ColumnKind(physical, false, 0);
    return physical == PrimitiveTypeName.BINARY && logical instanceof StringLogicalTypeAnnotation ? new ColumnKind(physical, true, 0) : null;
  }

  boolean isInt() {
    return physical == PrimitiveTypeName.INT32;
  }

  boolean isLong() {
    return physical == PrimitiveTypeName.INT32 || physical == PrimitiveTypeName.INT64;
  }
}
