import { type buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';

type Messages = NonNullable<Parameters<typeof buildRecording>[0]['messages']>;

/** One event of stream `s` a customer and minute (`HH:MM`): customers are 1, 2, 3 …, `x` is below 50 and differs from minute to minute. */
export function oneEventEach(minutes: readonly string[], customers: number): Messages {
  return minutes.flatMap((minute, m) =>
    Array.from({ length: customers }, (_, i) => ({
      iteration: instant(minute),
      stream: 's',
      payload: payload(String(i + 1), `${minute}:${10 + i}`, `e${m}-${i}`, { x: String((i * 7 + m * 13) % 50) }),
    })),
  );
}
