package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Messages by stream, class and reason; and undeclared names of accepted ones by stream. Packed as uvarints and sized names, sorted. */
final class CountsTally {
  /** Reasons are below this; a class without one has the place after them. */
  private static final int REASONS = 16;

  /** The stream's index, a colon, an undeclared name. */
  private static final Pattern NAMED = Pattern.compile("\\d{1,9}:.*", Pattern.DOTALL);

  private final Map<Integer, Long> classes = new TreeMap<>();
  private final Map<String, Long> drift = new TreeMap<>();

  /** @param reason index in {@link EventRecord#REASONS}, or -1 */
  void add(int stream, int kind, int reason) {
    classes.merge((stream * 8 + kind) * REASONS + reason + 1, 1L, Long::sum);
  }

  void addDrift(EventRecord accepted) {
    if (accepted.bytes[accepted.driftStart] == 0) return;
    ByteReader in = new ByteReader(accepted.bytes, accepted.driftStart, accepted.end);
    for (long names = in.uvarint(); names > 0; names--) {
      int length = in.length();
      drift.merge(accepted.stream + ":" + new String(accepted.bytes, in.at, length, StandardCharsets.UTF_8), 1L, Long::sum);
      in.skip(length);
    }
  }

  byte[] toBytes() {
    ByteWriter out = new ByteWriter(64);
    out.uvarint(classes.size());
    classes.forEach(
        (place, n) -> {
          out.uvarint(place);
          out.uvarint(n);
        });
    drift.forEach(
        (name, n) -> {
          byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
          out.sized(bytes, 0, bytes.length);
          out.uvarint(n);
        });
    return out.toBytes();
  }

  void addAll(byte[] tally) {
    ByteReader in = new ByteReader(tally);
    for (long places = in.uvarint(); places > 0; places--) {
      long place = in.uvarint();
      boolean known = place >= 0 && place <= Integer.MAX_VALUE && place / REASONS % 8 <= EventRecord.DUPLICATE && place % REASONS <= EventRecord.REASONS.length;
      if (!known) throw FunctionException.of("PRLX_STATE", "counts of a class or reason that is none");
      classes.merge((int) place, in.uvarint(), Long::sum);
    }
    while (in.hasMore()) {
      int length = in.length();
      String name = new String(tally, in.at, length, StandardCharsets.UTF_8);
      in.skip(length);
      if (!NAMED.matcher(name).matches()) throw FunctionException.of("PRLX_STATE", "counts of a name without its stream");
      drift.merge(name, in.uvarint(), Long::sum);
    }
  }

  /** Takes one line of the tally. */
  interface Line {
    void take(int stream, int kind, int reason, String field, long n);
  }

  void forEach(Line line) {
    classes.forEach((place, n) -> line.take(place / REASONS / 8, place / REASONS % 8, place % REASONS - 1, null, n));
    drift.forEach(
        (name, n) -> {
          int colon = name.indexOf(':');
          line.take(Integer.parseInt(name.substring(0, colon)), -1, -1, name.substring(colon + 1), n);
        });
  }
}
