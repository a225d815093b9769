package dev.parallax.functions;

import java.util.Arrays;

/** Walks the customers of both windows and of those touched together, by key. */
final class Members {
  private final RunCursor hours;
  private final RunCursor lasts;
  private final ByteReader touches;
  private boolean hourLeft;
  private boolean lastLeft;
  private boolean touchLeft;
  private int touchStart;
  private int touchEnd;

  /** Of the customer at hand: its windows, null where it has none, and whether it was touched. */
  RunCursor hour;

  RunCursor last;
  boolean isTouched;
  private byte[] bytes;
  private int keyStart;
  private int keyEnd;

  Members(byte[] hour, byte[] last, byte[] touched, Layout layout) {
    hours = hour == null ? null : new RunCursor(hour, layout);
    lasts = last == null ? null : new RunCursor(last, layout);
    touches = new ByteReader(touched == null ? new byte[0] : touched);
    hourLeft = hours != null && hours.next();
    lastLeft = lasts != null && lasts.next();
    touchLeft = nextTouch();
  }

  boolean next() {
    // What was given last is stepped over now: until then its cursors stood still.
    if (hour != null) hourLeft = hours.next();
    if (last != null) lastLeft = lasts.next();
    if (isTouched) touchLeft = nextTouch();
    bytes = null;
    if (hourLeft) least(hours.bytes, hours.keyStart, hours.keyEnd);
    if (lastLeft) least(lasts.bytes, lasts.keyStart, lasts.keyEnd);
    if (touchLeft) least(touches.b, touchStart, touchEnd);
    hour = hourLeft && isLeast(hours.bytes, hours.keyStart, hours.keyEnd) ? hours : null;
    last = lastLeft && isLeast(lasts.bytes, lasts.keyStart, lasts.keyEnd) ? lasts : null;
    isTouched = touchLeft && isLeast(touches.b, touchStart, touchEnd);
    return bytes != null;
  }

  byte[] bytes() {
    return bytes;
  }

  int keyStart() {
    return keyStart;
  }

  int keyEnd() {
    return keyEnd;
  }

  private boolean nextTouch() {
    if (!touches.hasMore()) return false;
    int length = touches.length();
    touchStart = touches.at;
    touchEnd = touchStart + length;
    touches.skip(length);
    return true;
  }

  private void least(byte[] b, int start, int end) {
    if (bytes != null && Arrays.compareUnsigned(b, start, end, bytes, keyStart, keyEnd) >= 0) return;
    bytes = b;
    keyStart = start;
    keyEnd = end;
  }

  private boolean isLeast(byte[] b, int start, int end) {
    return Arrays.equals(b, start, end, bytes, keyStart, keyEnd);
  }
}
