package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

/** Goal: why rows are kept aside is known of so many that it never fills the memory, and a row keeps the reason that stands. */
class AsideValuesTest {
  @Test
  void onlyTheFirstAndTheirBeginningsAreKept() {
    AsideValues values = new AsideValues();
    for (int i = 0; i < 2 * Limits.ASIDE_EXPLAINED; i++) values.put(i, 0, "x".repeat(i));
    assertEquals(Limits.ASIDE_VALUE_CHARACTERS + 1, values.get(Limits.ASIDE_EXPLAINED - 1).value().length());
    assertEquals("x".repeat(7), values.get(7).value());
    assertNull(values.get(Limits.ASIDE_EXPLAINED));
    values.put(7, 1, "later");
    assertEquals(new AsideValues.Found(1, "later"), values.get(7));
  }

  @Test
  void aKeyThatIsNoneStands() {
    AsideValues values = new AsideValues();
    values.put(0, -1, "no key");
    values.put(0, 3, "no number");
    assertEquals("no key", values.get(0).value());
  }

  /** A value that is no number comes before a rule, and of equals the first. */
  @Test
  void theValueIsThatOfTheReason() {
    RowSums sums = new RowSums(2, 0);
    sums.keepAside(0, BatchTable.FIRST_RULE, 4, "-1");
    sums.keepAside(0, BatchTable.FIRST_RULE + 1, 5, "-2");
    assertEquals(new AsideValues.Found(4, "-1"), sums.aside.get(0));
    sums.keepAside(0, BatchTable.TYPE, 6, "many");
    sums.keepAside(0, BatchTable.TYPE, 7, "more");
    assertEquals(new AsideValues.Found(6, "many"), sums.aside.get(0));
    assertEquals(BatchTable.TYPE, sums.reason[0]);
    assertNull(sums.aside.get(1));
  }
}
