package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Compiled forms of the constant JSON arguments. A spec arrives as a new String with every row, so it is found by equality:
 * one comparison for the newest, and a bounded number of others behind it.
 */
final class SpecCache<T> {
  private record Entry<T>(String text, T compiled) {}

  private final Function<String, T> compile;
  private volatile List<Entry<T>> newestFirst = List.of();

  SpecCache(Function<String, T> compile) {
    this.compile = compile;
  }

  T get(String text) {
    List<Entry<T>> entries = newestFirst;
    for (int i = 0; i < entries.size(); i++) {
      Entry<T> entry = entries.get(i);
      if (entry.text.equals(text)) return entry.compiled;
    }
    return add(text);
  }

  private synchronized T add(String text) {
    if (text == null) throw FunctionException.of("PRLX_SPEC", "the spec is null");
    T compiled = compile.apply(text);
    List<Entry<T>> entries = new ArrayList<>();
    entries.add(new Entry<>(text, compiled));
    for (Entry<T> entry : newestFirst) {
      if (entries.size() < Limits.SPECS_KEPT && !entry.text.equals(text)) entries.add(entry);
    }
    newestFirst = List.copyOf(entries);
    return compiled;
  }
}
