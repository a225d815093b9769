import { recordingError } from '../../errors.ts';
import { JsonScanner } from '../../parse/json-scanner.ts';
import { Captures, shapeOf, TOKEN } from '../../parse/shape.ts';
import { textAt, unescapedBytes } from '../../parse/text.ts';

const SHAPE = shapeOf([['payload'], ['payload_base64'], ['id']]);
const [PAYLOAD = 0, BASE64 = 0, ID = 0] = SHAPE.fieldOf;

/** A line of `streams/<stream>.ndjson`, read in place. */
export class MessageLine {
  payload: Buffer | null = null;
  /** The transport's message id; null when there is none. */
  id: string | null = null;
  readonly #captures = new Captures(SHAPE.fields);
  readonly #scanner = new JsonScanner();

  /** Throws PRLX_RECORDING for a line that holds no message. */
  read(bytes: Buffer, start: number, end: number, file: string, line: number): void {
    if (!this.#scanner.object(bytes, start, end, SHAPE, this.#captures)) throw recordingError(file, 'is not a JSON object', { line });
    this.id = textAt(bytes, this.#captures, ID);
    this.payload = this.#payload(bytes, file, line);
  }

  #payload(bytes: Buffer, file: string, line: number): Buffer | null {
    const { kinds, starts, ends } = this.#captures;
    const encoded = textAt(bytes, this.#captures, BASE64);
    if (encoded !== null) return Buffer.from(encoded, 'base64');
    const start = starts[PAYLOAD] as number;
    const end = ends[PAYLOAD] as number;
    switch (kinds[PAYLOAD]) {
      case TOKEN.text:
        return bytes.subarray(start, end);
      case TOKEN.escaped:
        return unescapedBytes(bytes, start, end);
      case TOKEN.null:
      case TOKEN.absent:
        return null;
      default:
        throw recordingError(file, 'payload: neither a text nor null', { line });
    }
  }
}
