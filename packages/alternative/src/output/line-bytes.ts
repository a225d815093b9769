/** Lines that are gathered as bytes, to be taken when there are enough. */
export class LineBytes {
  #bytes: Buffer;
  #length = 0;

  /** @param most about the bytes that are gathered */
  constructor(most: number) {
    this.#bytes = Buffer.allocUnsafe(most);
  }

  /** @param line without its line end */
  add(line: string): void {
    // A UTF-16 unit has at most three bytes.
    this.#reserve(line.length * 3 + 1);
    this.#length += this.#bytes.write(line, this.#length);
    this.#bytes[this.#length++] = 0x0a;
  }

  /** Adds lines as they lie in bytes, with their line ends. */
  copy(bytes: Buffer, from: number, to: number): void {
    this.#reserve(to - from);
    this.#length += bytes.copy(this.#bytes, this.#length, from, to);
  }

  /** Half of the room is used. */
  get isFull(): boolean {
    return 2 * this.#length >= this.#bytes.length;
  }

  /** What was gathered; valid until the next line. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * (this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
