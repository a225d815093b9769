/** Room for messages is handed out piece by piece, so a message costs no allocation of its own. The first block is small, the others double. */
const FIRST_BLOCK_BYTES = 1 << 13;
const BLOCK_BYTES_MAX = 1 << 20;
const INT32_MAX = 2_147_483_647;

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

/** Writes ASCII bytes one after the other. Five thousand messages a second leave no room for strings of 40 values each. */
export class MessageBytes {
  #block = Buffer.alloc(0);
  #start = 0;
  #at = 0;

  /** Begins a message of at most `bytesMax` bytes. What was taken before stays as it is. */
  begin(bytesMax: number): void {
    if (this.#at + bytesMax > this.#block.length) {
      const bytes = Math.min(BLOCK_BYTES_MAX, Math.max(FIRST_BLOCK_BYTES, 2 * this.#block.length));
      this.#block = Buffer.allocUnsafeSlow(Math.max(bytes, bytesMax));
      this.#at = 0;
    }
    this.#start = this.#at;
  }

  /** The message since `begin`; it is the caller's. */
  take(): Buffer {
    return this.#block.subarray(this.#start, this.#at);
  }

  /** A short text that is ASCII. */
  text(text: string): void {
    const block = this.#block;
    let at = this.#at;
    for (let i = 0; i < text.length; i += 1) block[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  /** A text as bytes, copied in a loop: shorter than the 64 bytes from which a call of `set` is cheaper. */
  short(bytes: Uint8Array): void {
    const block = this.#block;
    let at = this.#at;
    for (let i = 0; i < bytes.length; i += 1) block[at++] = bytes[i] as number;
    this.#at = at;
  }

  /** A piece of a longer text. */
  slice(bytes: Buffer, from: number, to: number): void {
    bytes.copy(this.#block, this.#at, from, to);
    this.#at += to - from;
  }

  byte(byte: number): void {
    this.#block[this.#at++] = byte;
  }

  /** `value × 10^-places` in plain digits; `value` is an integer. */
  decimal(value: number, places: number): void {
    if (value > INT32_MAX || value < -INT32_MAX) {
      this.text(decimalText(value, places));
      return;
    }
    let rest = value | 0;
    if (rest < 0) {
      this.byte(MINUS);
      rest = -rest;
    }
    const digits = Math.max(places + 1, digitCount(rest));
    const block = this.#block;
    let at = this.#at + digits + (places > 0 ? 1 : 0);
    this.#at = at;
    for (let i = 0; i < digits; i += 1) {
      if (i === places && places > 0) block[--at] = DOT;
      const tenth = (rest / 10) | 0;
      block[--at] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
  }

  /** Exactly so many digits, with leading zeros. */
  digits(value: number, count: number): void {
    const block = this.#block;
    let rest = value | 0;
    for (let i = this.#at + count - 1; i >= this.#at; i -= 1) {
      const tenth = (rest / 10) | 0;
      block[i] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    this.#at += count;
  }
}

function digitCount(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return count;
}

/** `value × 10^-places` in plain digits. */
export function decimalText(value: number, places: number): string {
  if (places === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(places + 1, '0');
  const cut = digits.length - places;
  return `${value < 0 ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}
