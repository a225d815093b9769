package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Goal: division, cells, keys and wide arithmetic are exact at their edges. */
class NumberFunctionsTest {
  private final Div div = new Div();

  @Test
  void divisionRoundsHalfAwayFromZero() {
    assertEquals(new BigDecimal("3.33"), div.call(10L, 3, 2));
    assertEquals(new BigDecimal("1.01"), div.call(new BigDecimal("1.005"), 1L, 2));
    assertEquals(new BigDecimal("-1.01"), div.call(new BigDecimal("-1.005"), (short) 1, 2));
    assertEquals(new BigDecimal("1"), div.call((byte) 1, 2L, 0));
    assertEquals(new BigDecimal("-1"), div.call(1L, -2L, 0));
    assertEquals(new BigDecimal("9223372036854775808"), div.call(Long.MIN_VALUE, -1L, 0));
  }

  @Test
  void divisionOfNullOrByZeroIsNull() {
    assertNull(div.call(null, 1L, 2));
    assertNull(div.call(1L, null, 2));
    assertNull(div.call(1L, 2L, null));
    assertNull(div.call(1L, 0L, 2));
    assertNull(div.call(0L, new BigDecimal("0.00"), 2));
  }

  @Test
  void divisionRefusesWhatIsNotExact() {
    for (Object inexact : List.of(1.0d, 1.0f, "1")) {
      assertThrows(IllegalArgumentException.class, () -> div.call(inexact, 1L, 2));
      assertThrows(IllegalArgumentException.class, () -> div.call(null, inexact, 2));
    }
    assertThrows(IllegalArgumentException.class, () -> div.call(1L, 1L, 13));
    assertThrows(IllegalArgumentException.class, () -> div.call(1L, 1L, -1));
    assertThrows(IllegalArgumentException.class, () -> div.call(new BigDecimal("1e26"), 1L, 2));
  }

  @Test
  void cells() {
    DecimalText cell = new DecimalText();
    assertEquals(new BigDecimal("1.01"), cell.call("1.005", 2));
    assertEquals(new BigDecimal("-1.01"), cell.call("-1.005", 2));
    assertEquals(new BigDecimal("0.01"), cell.call("5e-3", 2));
    assertEquals(new BigDecimal("0.50"), cell.call("+.5", 2));
    assertEquals(new BigDecimal("7.00"), cell.call("007", 2));
    for (String bad : List.of("", " 1", "1 ", "1.", ".", "+", "1e31", "1e", "NaN", "0x1", "1,5", "1" + "0".repeat(64), "100000000000000000000", "\u0661")) assertNull(cell.call(bad, 0), bad);
    assertEquals(new BigDecimal("99999999999999999999"), cell.call("99999999999999999999.4", 0));
    assertNull(cell.call("99999999999999999999.5", 0));
    assertNull(cell.call(null, 0));
    assertThrows(IllegalArgumentException.class, () -> cell.call("1", 13));
  }

  @Test
  void intKeys() {
    IntKey key = new IntKey();
    assertEquals("0", key.call("-0"));
    assertEquals("7", key.call("007"));
    assertEquals("-7", key.call("-07"));
    assertEquals("9223372036854775807", key.call("00009223372036854775807"));
    assertEquals("-9223372036854775808", key.call("-9223372036854775808"));
    for (String bad : List.of("", "-", "+1", " 1", "1 ", "1.0", "1e0", "9223372036854775808", "-9223372036854775809", "18446744073709551617", "1a", "\u0661")) assertNull(key.call(bad), bad);
    assertNull(key.call(null));
  }

  /** The quotient 2^64 − 1 rounds up: counted on in 64 bits it would be 0. */
  @Test
  void wideDivisionDoesNotWrapByRounding() {
    assertEquals(BigInteger.TWO.pow(65).subtract(BigInteger.ONE), BigInteger.valueOf(253_921).multiply(BigInteger.valueOf(145_295_143_558_111L)));
    assertEquals(Wide.OVERFLOW, Wide.multiplyDivide(253_921, 145_295_143_558_111L, 2));
  }

  @Test
  void wideDivisionAgreesWithBigInteger() {
    Random random = Calls.random("wide");
    int fits = 0;
    for (int i = 0; i < 100_000; i++) {
      long a = random.nextLong() >> random.nextInt(64);
      long b = random.nextLong() >>> 1 + random.nextInt(63);
      long divisor = Math.max(1, random.nextLong() >>> 1 + random.nextInt(63));
      if (i % 7 == 0) a = List.of(0L, 1L, -1L, Long.MAX_VALUE, -Long.MAX_VALUE, Long.MIN_VALUE).get(random.nextInt(6));
      if (i % 11 == 0) divisor = List.of(1L, 2L, Long.MAX_VALUE, 1L << 62, 1L << 32, (1L << 32) - 1, 1_000_000_000_000L).get(random.nextInt(7));
      BigInteger product = BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
      BigInteger exact = new BigDecimal(product).divide(BigDecimal.valueOf(divisor), 0, java.math.RoundingMode.HALF_UP).toBigInteger();
      boolean representable = exact.bitLength() < 64 && exact.longValue() != Long.MIN_VALUE && a != Long.MIN_VALUE;
      assertEquals(representable ? exact.longValue() : Wide.OVERFLOW, Wide.multiplyDivide(a, b, divisor), a + " * " + b + " / " + divisor);
      assertEquals(product.bitLength() < 64 ? product.longValue() : Wide.OVERFLOW, Wide.multiply(a, b));
      fits += representable ? 1 : 0;
    }
    assertEquals(true, fits > 33_000 && fits < 97_000, "fitting: " + fits);
  }
}
