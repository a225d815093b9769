import { type BatchVersion, formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError, type Seal } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import type { BatchReader } from '../batch/layer.ts';

/** The version of a batch day that recorded minutes used, and the first of them. */
export interface UsedDay extends BatchVersion {
  readonly from: Micros;
}

/**
 * The batch days that minutes used. A recording holds one version of a day: minutes of two would not give the same bytes again.
 *
 * @throws ParallaxError PRLX_RECORDING where the minutes used two versions of a day
 */
export function usedDays(minutes: readonly { readonly minute: Micros; readonly seal: Pick<Seal, 'batch'> }[]): readonly UsedDay[] {
  const days = new Map<string, UsedDay>();
  for (const { minute, seal } of minutes) {
    if (seal.batch === null) continue;
    const { day, version } = seal.batch;
    const used = days.get(day);
    if (used === undefined) days.set(day, { day, version, from: minute });
    else if (used.version !== version) {
      const before = Number((minute - (minutes[0]?.minute ?? minute)) / MICROS_PER_MINUTE);
      throw new ParallaxError(
        'PRLX_RECORDING',
        `the batch day ${day} was corrected: the minutes before ${formatSecond(minute)} used its version ${short(used)}, those from then on ${short(seal.batch)}`,
        {
          exitCode: 2,
          advice: `A recording holds one version of a day. Record from ${formatSecond(minute)} on, or, while the stores still hold the older version, ${before} minutes.`,
        },
      );
    }
  }
  return [...days.values()];
}

/**
 * Refuses to record days that the stores do not hold any more in the version that was used.
 *
 * @throws ParallaxError PRLX_RECORDING
 */
export async function refuseMoved(session: SparkSession, batch: BatchReader, days: readonly UsedDay[]): Promise<void> {
  for (const day of days) {
    if (await batch.holds(session, day)) continue;
    throw new ParallaxError(
      'PRLX_RECORDING',
      `the stores do not hold the version ${short(day)} of the batch day ${day.day} any more, which the minutes from ${formatSecond(day.from)} on used`,
      {
        exitCode: 2,
        advice:
          'It was marked complete again, or removed. Record minutes that used what the stores hold now, and the next ones before a day is corrected.',
      },
    );
  }
}

function short({ version }: BatchVersion): string {
  return version.slice(0, 16);
}
