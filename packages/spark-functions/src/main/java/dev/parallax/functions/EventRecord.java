package dev.parallax.functions;

/**
 * One message after the parser, packed (the package's README has the format); this walks a list of them without copying. Fields
 * hold what the record at hand has; those of another class of record are stale.
 */
final class EventRecord {
  static final int CANDIDATE = 0;
  static final int INVALID = 1;
  static final int LATE = 2;
  static final int AHEAD = 3;
  static final int DUPLICATE = 4;

  /** Reasons of invalid messages by their code. */
  static final String[] REASONS = {"too_large", "utf8", "json", "key", "time", "id", "type", "range"};

  private final ByteReader in = new ByteReader();

  byte[] bytes;
  /** Where the record at hand lies in {@link #bytes}, without its length. */
  int start;

  int end;

  int stream;
  int partition;
  long offset;
  int kind;
  int reason;
  long time;
  long idHash;
  long payloadHash;
  int keyStart;
  int keyEnd;
  int idStart;
  int idEnd;
  /** Of a candidate: its undeclared names, a number of them and then each with its length. */
  int driftStart;

  int valsStart;
  /** Of what was not accepted: the payload; -1 if there is none. */
  int payloadStart;

  private ByteReader list;

  void open(byte[] records) {
    bytes = records;
    list = new ByteReader(records);
  }

  /** Steps to the list's next record; false after the last. */
  boolean next() {
    if (!list.hasMore()) return false;
    int length = list.length();
    at(bytes, list.at, list.at + length);
    list.skip(length);
    return true;
  }

  /** Reads the record that lies in records[from, to). */
  void at(byte[] records, int from, int to) {
    bytes = records;
    start = from;
    end = to;
    in.reset(records, from, to);
    stream = (int) in.uvarint();
    partition = (int) in.uvarint();
    offset = in.uvarint();
    kind = in.u8();
    switch (kind) {
      case CANDIDATE -> candidate();
      case INVALID -> {
        reason = in.u8();
        if (reason >= REASONS.length) throw FunctionException.of("PRLX_STATE", "no record has the reason " + reason);
        payload();
      }
      case LATE, AHEAD -> {
        time = in.int64();
        keyAndId();
        payload();
      }
      case DUPLICATE -> {
        time = in.int64();
        keyAndId();
        payloadStart = -1;
      }
      default -> throw FunctionException.of("PRLX_STATE", "no record has the class " + kind);
    }
  }

  private void candidate() {
    time = in.int64();
    idHash = in.int64();
    payloadHash = in.int64();
    keyAndId();
    driftStart = in.at;
    for (long names = in.uvarint(); names > 0; names--) in.skip(in.length());
    valsStart = in.at;
  }

  private void keyAndId() {
    int length = in.length();
    keyStart = in.at;
    keyEnd = keyStart + length;
    in.skip(length);
    length = in.length();
    idStart = in.at;
    idEnd = idStart + length;
    in.skip(length);
  }

  private void payload() {
    payloadStart = in.u8() == 0 ? -1 : in.at;
  }

  static void head(ByteWriter out, int stream, int partition, long offset, int kind) {
    out.uvarint(stream);
    out.uvarint(partition);
    out.uvarint(offset);
    out.u8(kind);
  }

  static void payload(ByteWriter out, byte[] payload) {
    out.u8(payload == null ? 0 : 1);
    if (payload != null) out.bytes(payload, 0, payload.length);
  }
}
