package dev.parallax.functions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code prlx_decimal(text STRING, places INT)}: the number that a batch cell writes, rounded half away from zero to 0–12
 * places; DECIMAL(38,12). Null if the text is no number (see {@link Numbers#parse}) or beyond DECIMAL(20,places).
 */
public final class DecimalText implements UDF2<String, Integer, BigDecimal> {
  private static final long serialVersionUID = 1L;
  private static final BigInteger UNSCALED_END = BigInteger.TEN.pow(Limits.CELL_DIGITS);

  @Override
  public BigDecimal call(String text, Integer places) {
    if (places == null || places < 0 || places > Limits.DECIMAL_SCALE) {
      throw FunctionException.of("PRLX_DECIMAL", "places must be 0 to " + Limits.DECIMAL_SCALE + ", but is " + places);
    }
    BigDecimal number = text == null ? null : Numbers.parse(text);
    if (number == null) return null;
    BigDecimal rounded = number.setScale(places, RoundingMode.HALF_UP);
    return rounded.unscaledValue().abs().compareTo(UNSCALED_END) < 0 ? rounded : null;
  }
}
