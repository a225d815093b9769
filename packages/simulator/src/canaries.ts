import type { SimStream } from './catalogue/variable.ts';
import type { SimMessage } from './events.ts';

const MICROS_PER_MINUTE = 60_000_000;

/**
 * Customers that exist to be known (design, section 5): what they do, what the stores hold of them and what care answers is so plain that every
 * result follows by hand. `examples/telecom/canaries.ts` says what must come out; nothing here computes it.
 */
const FIRST = 9_000_000_001;

/** Always the same, in numbers that a parser may read wrongly. */
export const STEADY = FIRST;
/** Counts the minutes of the hour, so that every edge of a window shows. */
export const COUNTING = FIRST + 1;

export const CANARIES: readonly number[] = [STEADY, COUNTING];

export const isCanary = (customerId: number): boolean => customerId >= FIRST;

/** Every wide column of the steady one; of the counting one nothing is known there. */
export const STEADY_WIDE_VALUE = 60;

/** Seconds into the minute: early, so that what is slow on its way still comes within it. */
const SECOND = 3;

/** Latency 47.505 in turns of its spellings: rounds to 47.51, half away from zero. */
const LATENCY = ['47.505', '4.7505e1', '47505e-3', '47.5050'] as const;

/** JSON texts by path; what is not named is absent. */
type Values = Readonly<Record<string, string>>;

/** What a canary says on a stream in a minute of the hour; null: nothing. */
function valuesOf(customerId: number, stream: string, minuteOfHour: number): Values | null {
  if (customerId === STEADY) {
    switch (stream) {
      case 'network':
        return {
          'radio.latency_ms': LATENCY[minuteOfHour % LATENCY.length] ?? LATENCY[0],
          'voice.attempts': '10',
          'voice.dropped': '1',
          'voice.failed': '1.4',
          'voice.mos': '3.795',
          'cell.availability_pct': '97.50',
        };
      case 'usage':
        return {
          'data.sessions': '50',
          'charge.amount_eur': '1.00004',
          'charge.overage_eur': '3e-1',
          'charge.rating_errors': '1',
          'plan.balance_eur': '-0.004',
        };
      default:
        return {
          'contact.wait_s': '139.5',
          'contact.attempts': '1',
          'outcome.resolved': '1',
          'outcome.complaint': 'null',
          'mood.sentiment': '0.1995',
        };
    }
  }
  switch (stream) {
    case 'network':
      return {
        'radio.latency_ms': String(minuteOfHour),
        'voice.attempts': String(minuteOfHour + 1),
        'voice.dropped': '1',
        'voice.failed': '0',
      };
    case 'usage':
      return {
        'data.sessions': '1',
        'charge.amount_eur': String(minuteOfHour),
        'charge.overage_eur': '1',
        'charge.rating_errors': '0',
        'plan.balance_eur': String(minuteOfHour - 30),
      };
    default:
      return null;
  }
}

/** What the canaries send on a stream with an arrival in `[fromUs, toUs)`: one message a minute each, by arrival. */
export function* canaryMessages(canaries: readonly number[], stream: SimStream, fromUs: number, toUs: number): Generator<SimMessage> {
  if (canaries.length === 0) return;
  for (let minute = Math.floor(fromUs / MICROS_PER_MINUTE); minute * MICROS_PER_MINUTE < toUs; minute += 1) {
    for (const [index, customerId] of canaries.entries()) {
      const arrivalUs = minute * MICROS_PER_MINUTE + SECOND * 1_000_000 + index;
      const values = valuesOf(customerId, stream.name, minute % 60);
      if (values === null || arrivalUs < fromUs || arrivalUs >= toUs) continue;
      const eventId = `${stream.idPrefix}-canary-${index}-${minute.toString(36)}`;
      yield {
        stream,
        kind: 'regular',
        defect: null,
        arrivalUs,
        eventTimeUs: arrivalUs,
        eventId,
        customerId,
        payload: Buffer.from(messageText(eventId, customerId, arrivalUs, values)),
      };
    }
  }
}

function messageText(eventId: string, customerId: number, timeUs: number, values: Values): string {
  const groups = new Map<string, string[]>();
  for (const [path, text] of Object.entries(values)) {
    const [group = '', leaf = ''] = path.split('.');
    groups.set(group, [...(groups.get(group) ?? []), `${JSON.stringify(leaf)}:${text}`]);
  }
  const nested = [...groups].map(([group, members]) => `${JSON.stringify(group)}:{${members.join(',')}}`);
  const time = `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)}${String(timeUs % 1000).padStart(3, '0')}Z`;
  const head = [`"event_id":${JSON.stringify(eventId)}`, `"event_time":"${time}"`, `"customer_id":${customerId}`];
  return `{${[...head, ...nested].join(',')}}`;
}

/** A canary's cells of `dwh.profile` by column; what is not named is unknown. */
export function canaryProfile(customerId: number): Readonly<Record<string, string>> {
  return customerId === STEADY
    ? { tier: 'basic', region: 'islands', tenure_months: '40', complaints_12m: '1' }
    : { tier: 'basic', region: 'islands', complaints_12m: '0' };
}

/** What care answers of a canary, the JSON text of a row; null: it has no record. */
export function canaryRecord(customerId: number): string | null {
  if (customerId !== STEADY) return null;
  return `{"customer_id":${customerId},"tickets":{"open":1,"overdue":0,"oldest_h":null},"orders":{"pending":null},"balance":{"due_eur":null},"last_survey":null}`;
}
