import type { SimStream, SimVariable } from './catalogue/variable.ts';
import type { CustomerTroubles } from './incidents.ts';
import { MessageBytes } from './message-bytes.ts';
import type { Rng } from './prng.ts';

const MICROS_PER_MINUTE = 60_000_000;
/** Beside names and ballast: what values, times and ids may take, bytes a variable and bytes a message. */
const VALUE_BYTES_MAX = 40;
const HEAD_BYTES_MAX = 400;
/** Letters that free text is cut from; made once, read only. */
const BALLAST = makeBallast();

/** Everything about one message but its disorder. Times are microseconds since 1970 (exact in a double). */
export interface MessageFields {
  readonly eventId: string;
  readonly customerId: number;
  readonly eventTimeUs: number;
  readonly cell: string;
}

/** Renders the messages of one stream: the text between two values is made once. */
export class MessageTemplate {
  readonly #stream: SimStream;
  readonly #before: readonly Uint8Array[];
  readonly #after: Uint8Array;
  readonly #bytesMax: number;
  readonly #time = new TimeText();
  readonly #out = new MessageBytes();

  constructor(stream: SimStream) {
    this.#stream = stream;
    const before: string[] = [];
    let open = '';
    for (const variable of stream.variables) {
      const [group, leaf] = variable.field.split('.');
      if (group === undefined || leaf === undefined) throw new Error(`the simulator's variables are nested once: ${variable.field}`);
      const sameGroup = group === open;
      const close = open === '' || sameGroup ? '' : '}';
      before.push(sameGroup ? `,"${leaf}":` : `${close},"${group}":{"${leaf}":`);
      open = group;
    }
    this.#before = before.map((text) => Buffer.from(text));
    this.#after = Buffer.from(`},"${stream.ballast.field}":"`);
    this.#bytesMax =
      HEAD_BYTES_MAX + stream.ballast.max + this.#before.reduce((sum, text) => sum + text.length + VALUE_BYTES_MAX, this.#after.length);
  }

  /**
   * One strict JSON object in ASCII, at most about 2.4 KB. Draws from `rng` in a fixed order, so the same state gives the same bytes.
   * The buffer is the caller's, and shares its memory block with the messages around it.
   */
  render(fields: MessageFields, troubles: CustomerTroubles, rng: Rng): Buffer {
    const out = this.#out;
    out.begin(this.#bytesMax);
    out.text('{"event_id":"');
    out.text(fields.eventId);
    out.text('","event_time":"');
    this.#time.write(out, fields.eventTimeUs, rng.next());
    out.text('","customer_id":');
    out.decimal(fields.customerId, 0);
    out.text(',"source":{"cell":"');
    out.text(fields.cell);
    out.text('","schema":3}');
    const { variables, ballast } = this.#stream;
    for (let i = 0; i < variables.length; i += 1) {
      out.short(this.#before[i] as Uint8Array);
      writeValue(out, variables[i] as SimVariable, troubles, rng.next());
    }
    const h = rng.next();
    const length = ballast.min + ((h >>> 12) % (ballast.max - ballast.min));
    const from = (h & 0xfff) % (BALLAST.length - ballast.max);
    out.short(this.#after);
    out.slice(BALLAST, from, from + length);
    out.text('"}');
    return out.take();
  }
}

/** The value of a variable as JSON text: mostly `places` decimals, sometimes more (to be rounded), an exponent, null. */
function writeValue(out: MessageBytes, variable: SimVariable, troubles: CustomerTroubles, h: number): void {
  const style = h & 0xff;
  if (style < 3) {
    out.text('null');
    return;
  }
  let value = variable.base + Math.floor(((h >>> 8) / 16_777_216) * variable.spread);
  const { outage, billing, backlog } = variable.effects;
  if (outage !== undefined) value += Math.round(troubles.outage * outage);
  if (billing !== undefined) value += Math.round(troubles.billing * billing);
  if (backlog !== undefined) value += Math.round(troubles.backlog * backlog);
  value = Math.min(Math.max(value, variable.low), variable.high);
  const { places } = variable;
  if (style === 5 || (style < 6 && places === 0)) {
    out.decimal(value, 0);
    out.text(`e-${places}`);
    return;
  }
  out.decimal(value, places);
  if (style < 5) {
    out.decimal((h >>> 8) % 10, 0);
    out.text('5');
  }
}

/** Writes times as RFC 3339 with microseconds; keeps the text of the last minute it wrote. */
class TimeText {
  #minute = Number.NaN;
  #utc = '';
  #plusTwo = '';

  /** By the bits of `h`, one in eight has the offset +02:00 rather than Z, one in sixteen has nanoseconds (to be floored). */
  write(out: MessageBytes, timeUs: number, h: number): void {
    const minute = Math.floor(timeUs / MICROS_PER_MINUTE);
    if (this.#minute !== minute) {
      this.#minute = minute;
      this.#utc = new Date(minute * 60_000).toISOString().slice(0, 17);
      this.#plusTwo = new Date((minute + 120) * 60_000).toISOString().slice(0, 17);
    }
    const rest = timeUs - minute * MICROS_PER_MINUTE;
    const second = Math.floor(rest / 1_000_000);
    const plusTwo = (h & 7) === 0;
    out.text(plusTwo ? this.#plusTwo : this.#utc);
    out.digits(second, 2);
    out.text('.');
    out.digits(rest - second * 1_000_000, 6);
    if ((h & 15) === 9) out.digits((h >>> 8) % 1000, 3);
    out.text(plusTwo ? '+02:00' : 'Z');
  }
}

function makeBallast(): Buffer {
  const words =
    'the customer says that nothing works since this morning and asks when it will be repaired please hold the line route hop probe'.split(
      ' ',
    );
  let text = '';
  for (let i = 0; text.length < 8_192; i += 1) text += `${words[(i * 7 + (i >>> 3)) % words.length]} `;
  return Buffer.from(text);
}
