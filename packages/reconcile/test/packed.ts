/** Writes the packed bytes of `packages/spark-functions`, from its README, so that tests need no Spark. */

export class Packer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  u8(value: number): this {
    this.#bytes.push(value & 0xff);
    return this;
  }

  uint32(value: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.u8(value >>> shift);
    return this;
  }

  int64(value: bigint): this {
    const wide = BigInt.asUintN(64, value);
    for (let shift = 0n; shift < 64n; shift += 8n) this.u8(Number((wide >> shift) & 0xffn));
    return this;
  }

  uvarint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    return this.u8(Number(rest));
  }

  zigzag(value: number | bigint): this {
    const wide = BigInt(value);
    return this.uvarint(wide < 0n ? -2n * wide - 1n : 2n * wide);
  }

  bytes(bytes: Uint8Array): this {
    for (const each of bytes) this.#bytes.push(each);
    return this;
  }

  sized(bytes: Uint8Array): this {
    return this.uvarint(bytes.length).bytes(bytes);
  }

  text(text: string): this {
    return this.sized(Buffer.from(text));
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The bits of what is there, then whatever `write` adds for each that is. */
export function bitmap(packer: Packer, present: readonly boolean[]): void {
  for (let byte = 0; byte < Math.ceil(present.length / 8); byte++) {
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) if (present[byte * 8 + bit] === true) bits |= 1 << bit;
    packer.u8(bits);
  }
}
