package dev.parallax.functions;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An object of a spec, read with messages that name the place. */
final class Spec {
  private final String where;
  private final Map<String, Object> members;

  private Spec(String where, Map<String, Object> members) {
    this.where = where;
    this.members = members;
  }

  static Spec parse(String text) {
    Map<String, Object> members = JsonTree.parse(text);
    if (members == null) throw FunctionException.of("PRLX_SPEC", "not a JSON object: " + FunctionException.excerpt(text));
    return new Spec("spec", members);
  }

  boolean isNull(String name) {
    return members.get(name) == null;
  }

  Spec object(String name) {
    return asObject(where + "." + name, members.get(name));
  }

  List<Spec> objects(String name) {
    List<?> list = list(name);
    List<Spec> objects = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) objects.add(asObject(where + "." + name + "[" + i + "]", list.get(i)));
    return objects;
  }

  String text(String name) {
    if (members.get(name) instanceof String text) return text;
    throw wrong(name, "a string");
  }

  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (Object item : list(name)) {
      if (!(item instanceof String text)) throw wrong(name, "a list of strings");
      texts.add(text);
    }
    return texts;
  }

  /** An object whose values are strings. */
  Map<String, String> textMap(String name) {
    Map<String, String> texts = new HashMap<>();
    Spec map = object(name);
    for (String key : map.members.keySet()) texts.put(key, map.text(key));
    return texts;
  }

  /** A member that is true; one that is not there is false. */
  boolean flag(String name) {
    Object value = members.get(name);
    if (value == null || value instanceof Boolean) return Boolean.TRUE.equals(value);
    throw wrong(name, "true or false");
  }

  /** A path of at least one name. */
  List<String> path(String name) {
    List<String> path = texts(name);
    if (path.isEmpty()) throw wrong(name, "a path of at least one name");
    return path;
  }

  int integer(String name, int least, int most) {
    if (members.get(name) instanceof BigDecimal number) {
      BigDecimal whole = number.stripTrailingZeros();
      boolean inRange = number.compareTo(BigDecimal.valueOf(least)) >= 0 && number.compareTo(BigDecimal.valueOf(most)) <= 0;
      if (whole.scale() <= 0 && inRange) return whole.intValueExact();
    }
    throw wrong(name, "an integer from " + least + " to " + most);
  }

  /** An int64, written as a string. */
  long int64(String name) {
    try {
      return Long.parseLong(text(name));
    } catch (NumberFormatException e) {
      throw wrong(name, "an int64 as a string");
    }
  }

  /** An exact decimal, written as a string. */
  BigDecimal decimal(String name) {
    BigDecimal value = Numbers.parse(text(name));
    if (value == null) throw wrong(name, "a decimal number as a string");
    return value;
  }

  IllegalArgumentException wrong(String name, String expected) {
    return FunctionException.of("PRLX_SPEC", where + "." + name + " must be " + expected + ", but is " + members.get(name));
  }

  private List<?> list(String name) {
    if (members.get(name) instanceof List<?> list && list.size() <= Limits.VARIABLES_MAX) return list;
    throw wrong(name, "a list of at most " + Limits.VARIABLES_MAX);
  }

  @SuppressWarnings("unchecked")
  private static Spec asObject(String where, Object value) {
    if (value instanceof Map<?, ?> map) return new Spec(where, (Map<String, Object>) map);
    throw FunctionException.of("PRLX_SPEC", where + " must be an object, but is " + value);
  }
}
