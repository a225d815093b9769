package dev.parallax.functions;

/** A call that cannot be answered: a wrong spec, state, argument or recording. Never raised for what a message holds. */
public final class FunctionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Starts with {@code PRLX_}; the message starts with it too, so that it survives Spark's wrapping. */
  private final String code;

  FunctionException(String code, String message) {
    this(code, message, null);
  }

  FunctionException(String code, String message, Throwable cause) {
    super(code + ": " + message, cause);
    this.code = code;
  }

  public String code() {
    return code;
  }

  /** At most 200 characters of a text, for messages. */
  static String excerpt(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }
}
