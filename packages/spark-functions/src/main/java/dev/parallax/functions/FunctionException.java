package dev.parallax.functions;

/**
 * Failures of a call that cannot be answered: a wrong spec, state, argument or recording. Never raised for what a message holds.
 *
 * <p>They are Java's own exceptions: the driver of a Connect server does not have the classes of a session's jar, and an exception that it
 * cannot load reaches the user without its text.
 */
final class FunctionException {
  private FunctionException() {}

  /** The message starts with the code, which starts with {@code PRLX_}, so that it survives Spark's wrapping. */
  static IllegalArgumentException of(String code, String message) {
    return of(code, message, null);
  }

  static IllegalArgumentException of(String code, String message, Throwable cause) {
    return new IllegalArgumentException(code + ": " + message, cause);
  }

  /** At most 200 characters of a text, for messages. */
  static String excerpt(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }
}
