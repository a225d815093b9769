/** Packed bytes that do not say what they should. */
export class PackedFault extends Error {}

const LOW_BITS = 28;
const LOW = 2 ** LOW_BITS;
/** Past these, a double may not hold the number. */
const HIGH_SAFE = 2 ** 24;

/**
 * Walks bytes that `packages/spark-functions` packed: little-endian, LEB128 varints (the package's README has the formats). Written from that text:
 * nothing is shared with what wrote them.
 */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  open(bytes: Uint8Array, from = 0, to = bytes.length): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = from;
    this.end = to;
  }

  get hasMore(): boolean {
    return this.at < this.end;
  }

  u8(): number {
    this.#need(1);
    return this.bytes[this.at++] as number;
  }

  uint32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  int64(): bigint {
    this.#need(8);
    const value = this.#view.getBigInt64(this.at, true);
    this.at += 8;
    return value;
  }

  skip(bytes: number): void {
    this.#need(bytes);
    this.at += bytes;
  }

  /** A length that fits what is left. */
  length(): number {
    const value = this.uvarint();
    if (typeof value === 'bigint' || value > this.end - this.at) throw new PackedFault('cut short');
    return value;
  }

  /** A number that is an index or a count: never too large for a double. */
  index(): number {
    const value = this.uvarint();
    if (typeof value === 'bigint') throw new PackedFault('a number larger than any count');
    return value;
  }

  uvarint(): number | bigint {
    const first = this.u8();
    if (first < 0x80) return first;
    let low = first & 0x7f;
    for (let shift = 7; shift < LOW_BITS; shift += 7) {
      const byte = this.u8();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    return this.#uvarintBeyond(low);
  }

  /** What follows the low 28 bits. */
  #uvarintBeyond(low: number): number | bigint {
    const start = this.at;
    let high = 0;
    let unit = 1;
    for (let groups = 0; groups < 6; groups++) {
      const byte = this.u8();
      high += (byte & 0x7f) * unit;
      unit *= 128;
      if (byte < 0x80) {
        if (high < HIGH_SAFE) return high * LOW + low;
        break;
      }
    }
    this.at = start;
    let wide = BigInt(low);
    for (let shift = BigInt(LOW_BITS); shift < 70n; shift += 7n) {
      const byte = this.u8();
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, wide);
    }
    throw new PackedFault('a number of more than 64 bits');
  }

  /** A number with its sign in the lowest bit; a bigint where a double would not hold it. */
  zigzag(): number | bigint {
    const value = this.uvarint();
    if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    const wide = BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    return wide >= BigInt(Number.MIN_SAFE_INTEGER) && wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
  }

  #need(bytes: number): void {
    if (bytes > this.end - this.at) throw new PackedFault('cut short');
  }
}

/** UTF-8 bytes as text. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  // Short ASCII texts, as nearly all keys are, cost less this way than through a decoder.
  let text = '';
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
    text += String.fromCharCode(byte);
  }
  return text;
}
