package dev.parallax.functions;

/** RFC 3339 times with an offset, to microseconds since 1970; decimals beyond six are floored (contract, section 1). */
final class Rfc3339 {
  /** No RFC 3339 time is this instant. */
  static final long INVALID = Long.MIN_VALUE;

  private static final int[] DAYS_BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  private static final int[] DAYS_OF_MONTH = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  private static final int SHORTEST = "0000-00-00T00:00:00Z".length();

  private Rfc3339() {}

  /** The instant that b[start, end) writes, or {@link #INVALID}. */
  static long parse(byte[] b, int start, int end) {
    if (end - start < SHORTEST) return INVALID;
    int century = two(b, start);
    int yearOfCentury = two(b, start + 2);
    int month = two(b, start + 5);
    int day = two(b, start + 8);
    int hour = two(b, start + 11);
    int minute = two(b, start + 14);
    int second = two(b, start + 17);
    if ((century | yearOfCentury | month | day | hour | minute | second) < 0) return INVALID;
    if (b[start + 4] != '-' || b[start + 7] != '-' || (b[start + 10] | 0x20) != 't') return INVALID;
    if (b[start + 13] != ':' || b[start + 16] != ':') return INVALID;
    if (hour > 23 || minute > 59 || second > 59) return INVALID;
    int year = century * 100 + yearOfCentury;
    if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return INVALID;
    int p = start + 19;
    long micros = 0;
    if (b[p] == '.') {
      int first = ++p;
      for (; p < end && isDigit(b[p]); p++) {
        if (p - first < 6) micros = micros * 10 + (b[p] - '0');
      }
      if (p == first) return INVALID;
      for (int places = p - first; places < 6; places++) micros *= 10;
    }
    int offset = offsetMinutes(b, p, end);
    if (offset == Integer.MIN_VALUE) return INVALID;
    long minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute - offset;
    return (minutes * 60 + second) * 1_000_000 + micros;
  }

  /** Minutes east of UTC of the offset that b[p, end) writes; MIN_VALUE if it is none. */
  private static int offsetMinutes(byte[] b, int p, int end) {
    if (end - p == 1 && (b[p] | 0x20) == 'z') return 0;
    if (end - p != 6 || (b[p] != '+' && b[p] != '-') || b[p + 3] != ':') return Integer.MIN_VALUE;
    int hours = two(b, p + 1);
    int minutes = two(b, p + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Integer.MIN_VALUE;
    int offset = hours * 60 + minutes;
    return b[p] == '-' ? -offset : offset;
  }

  private static int two(byte[] b, int p) {
    return isDigit(b[p]) && isDigit(b[p + 1]) ? (b[p] - '0') * 10 + (b[p + 1] - '0') : -1;
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLeap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }

  private static int daysOfMonth(int year, int month) {
    return month == 2 && isLeap(year) ? 29 : DAYS_OF_MONTH[month - 1];
  }

  /** In the Gregorian calendar, extended to year 0. */
  private static long daysSince1970(int year, int month, int day) {
    int before = year - 1; // counts of leap days up to the end of the year before; year 0 is a leap year
    int leapDays = year == 0 ? 0 : before / 4 - before / 100 + before / 400 + 1;
    int inYear = DAYS_BEFORE_MONTH[month - 1] + day - 1 + (month > 2 && isLeap(year) ? 1 : 0);
    return year * 365L + leapDays + inYear - 719_528;
  }
}
