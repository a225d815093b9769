package dev.parallax.functions;

/** The limits of the contract (sections 3 and 5) and of this package, each with its unit. */
final class Limits {
  /** A longer message is {@code too_large}. */
  static final int MESSAGE_BYTES_MAX = 1 << 20;

  /** Objects and arrays inside each other; the outer object is 1. */
  static final int JSON_DEPTH_MAX = 32;

  /** An event id, in UTF-8 bytes. */
  static final int ID_BYTES_MAX = 256;

  /** A scaled value beyond ±this is out of range. */
  static final long VALUE_MAX = 100_000_000_000L;

  /** Digits a number's text may have before its exponent. */
  static final int NUMBER_DIGITS_MAX = 64;

  /** A written exponent beyond ±this is out of range. */
  static final int EXPONENT_MAX = 30;

  /** Decimal places of a stream variable or an online field. */
  static final int PLACES_MAX = 6;

  /** Decimal places of every DECIMAL(38,12) result, and the scale at which scorecards are summed. */
  static final int DECIMAL_SCALE = 12;

  /** Digits of the type DECIMAL(38,12). */
  static final int DECIMAL_DIGITS = 38;

  /** Digits of the type DECIMAL(20,places) of a batch cell. */
  static final int CELL_DIGITS = 20;

  /** Undeclared names reported for one message. */
  static final int DRIFT_NAMES_MAX = 64;

  /** Compiled specs kept by each function. */
  static final int SPECS_KEPT = 32;

  /** Variables of one stream, fields of one source. */
  static final int VARIABLES_MAX = 16_384;

  /** Groups of customers or ids that state is kept by. */
  static final int BUCKETS_MAX = 65_536;

  /** Pages of batch rows in one bucket. */
  static final int BATCH_PAGES_MAX = 1 << 20;

  /** Contributions to a customer's scorecard that are kept, the largest. */
  static final int TOP_CONTRIBUTIONS = 5;

  /** Rows kept aside of a row group of which the value is kept that was the reason, values of a page or dictionary that are, and the characters of one. */
  static final int ASIDE_EXPLAINED = 1000;

  static final int ASIDE_VALUE_CHARACTERS = 100;

  /** Columns of a Parquet row group that are in memory at once; of large row groups fewer, so that their values are not more than these. */
  static final int COLUMNS_AT_ONCE = 32;

  static final int VALUES_AT_ONCE = 4_000_000;

  private Limits() {}

  /** How long a broker may give nothing of a range that it has. */
  static final java.time.Duration TOPIC_SILENCE = java.time.Duration.ofSeconds(60);

  /** How long a broker that gave nothing may take to say where its logs end. */
  static final java.time.Duration TOPIC_ENDS = java.time.Duration.ofSeconds(10);

  /** Bytes of one partition in one answer of a broker. */
  static final int TOPIC_FETCH_BYTES = 4 << 20;
}
