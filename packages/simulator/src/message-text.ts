import type { SimStream, SimVariable } from './catalogue/variable.ts';
import type { CustomerTroubles } from './incidents.ts';
import type { Rng } from './prng.ts';

const MICROS_PER_MINUTE = 60_000_000;
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
  readonly #before: readonly string[];
  readonly #after: string;
  readonly #time = new TimeText();

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
    this.#before = before;
    this.#after = `},"${stream.ballast.field}":"`;
  }

  /** One strict JSON object, at most about 2.4 KB. Draws from `rng` in a fixed order, so the same state gives the same text. */
  render(fields: MessageFields, troubles: CustomerTroubles, rng: Rng): string {
    let text = `{"event_id":"${fields.eventId}","event_time":"${this.#time.format(fields.eventTimeUs, rng.next())}","customer_id":${fields.customerId}`;
    text += `,"source":{"cell":"${fields.cell}","schema":3}`;
    const { variables, ballast } = this.#stream;
    for (let i = 0; i < variables.length; i += 1) {
      text += this.#before[i];
      text += valueText(variables[i] as SimVariable, troubles, rng.next());
    }
    const h = rng.next();
    const length = ballast.min + ((h >>> 12) % (ballast.max - ballast.min));
    const from = (h & 0xfff) % (BALLAST.length - ballast.max);
    return `${text}${this.#after}${BALLAST.slice(from, from + length)}"}`;
  }
}

/** The value of a variable as JSON text: mostly `places` decimals, sometimes more (to be rounded), an exponent, null. */
export function valueText(variable: SimVariable, troubles: CustomerTroubles, h: number): string {
  const style = h & 0xff;
  if (style < 3) return 'null';
  let value = variable.base + Math.floor(((h >>> 8) / 16_777_216) * variable.spread);
  const { outage, billing, backlog } = variable.effects;
  if (outage !== undefined) value += Math.round(troubles.outage * outage);
  if (billing !== undefined) value += Math.round(troubles.billing * billing);
  if (backlog !== undefined) value += Math.round(troubles.backlog * backlog);
  value = Math.min(Math.max(value, variable.low), variable.high);
  const text = decimalText(value, variable.places);
  if (style >= 6) return text;
  return style < 5 && variable.places > 0 ? `${text}${(h >>> 8) % 10}5` : `${value}e-${variable.places}`;
}

/** `value × 10^-places` in plain digits. */
export function decimalText(value: number, places: number): string {
  if (places === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(places + 1, '0');
  const cut = digits.length - places;
  return `${value < 0 ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** Writes times as RFC 3339 with microseconds; keeps the text of the last minute it wrote. */
export class TimeText {
  #minute = Number.NaN;
  #utc = '';
  #plusTwo = '';

  /** By the bits of `h`, one in eight has the offset +02:00 rather than Z, one in sixteen has nanoseconds (to be floored). */
  format(timeUs: number, h: number): string {
    const minute = Math.floor(timeUs / MICROS_PER_MINUTE);
    if (this.#minute !== minute) {
      this.#minute = minute;
      this.#utc = new Date(minute * 60_000).toISOString().slice(0, 17);
      this.#plusTwo = new Date((minute + 120) * 60_000).toISOString().slice(0, 17);
    }
    const rest = timeUs - minute * MICROS_PER_MINUTE;
    const second = Math.floor(rest / 1_000_000);
    const fraction = String(rest - second * 1_000_000).padStart(6, '0');
    const nanos = (h & 15) === 9 ? String((h >>> 8) % 1000).padStart(3, '0') : '';
    const tail = `${second < 10 ? '0' : ''}${second}.${fraction}${nanos}`;
    return (h & 7) === 0 ? `${this.#plusTwo}${tail}+02:00` : `${this.#utc}${tail}Z`;
  }
}

function makeBallast(): string {
  const words =
    'the customer says that nothing works since this morning and asks when it will be repaired please hold the line route hop probe'.split(
      ' ',
    );
  let text = '';
  for (let i = 0; text.length < 8_192; i += 1) text += `${words[(i * 7 + (i >>> 3)) % words.length]} `;
  return text;
}
