package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.apache.spark.sql.api.java.UDF3;

/**
 * {@code prlx_div(num, den, places INT)}: the exact quotient of integers or decimals, rounded once, half away from zero, to
 * 0–12 places; DECIMAL(38,12). Null if an argument is null or den is zero. A DOUBLE or FLOAT is refused: it is not exact.
 */
public final class Div implements UDF3<Object, Object, Integer, BigDecimal> {
  private static final long serialVersionUID = 1L;

  @Override
  public BigDecimal call(Object num, Object den, Integer places) {
    BigDecimal dividend = exact("num", num);
    BigDecimal divisor = exact("den", den);
    if (places != null && (places < 0 || places > Limits.DECIMAL_SCALE)) {
      throw FunctionException.of("PRLX_DIV", "places must be 0 to " + Limits.DECIMAL_SCALE + ", but is " + places);
    }
    if (dividend == null || divisor == null || places == null || divisor.signum() == 0) return null;
    BigDecimal quotient = dividend.divide(divisor, places, RoundingMode.HALF_UP);
    if (quotient.precision() - quotient.scale() > Limits.DECIMAL_DIGITS - Limits.DECIMAL_SCALE) {
      throw FunctionException.of("PRLX_DIV", num + " / " + den + " does not fit DECIMAL(38,12)");
    }
    return quotient;
  }

  private static BigDecimal exact(String name, Object value) {
    if (value == null) return null;
    if (value instanceof BigDecimal decimal) return decimal;
    if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return BigDecimal.valueOf(((Number) value).longValue());
    }
    if (value instanceof BigInteger integer) return new BigDecimal(integer);
    throw FunctionException.of("PRLX_DIV", name + " must be an integer or a decimal, not " + value.getClass().getSimpleName() + "; CAST it to DECIMAL");
  }
}
