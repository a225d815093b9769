import { formatMicros, formatSecond } from '@parallax/core';
import type { Comparison } from '../context.ts';
import type { Difference } from '../findings.ts';
import type { StreamInputs } from '../stages/inputs.ts';
import type { Explained } from './explanation.ts';
import type { Memory, Remembered } from './memory.ts';
import { messageDifferences } from './message-differences.ts';

/** One message that the sides did not treat alike, as a difference and what explains it. */
function explainedMessage({ project }: Comparison, message: Remembered): Explained {
  const { stream, customer, variable, spark, alternative, cause, divergence } = message;
  const declared = project.streams[stream];
  const name = variable === null ? null : (declared?.variables[variable]?.name ?? null);
  const source = declared?.name ?? null;
  const difference: Difference = {
    stage: 'inputs',
    customer,
    source,
    variable: name,
    column: name ?? 'message',
    spark,
    alternative,
  };
  return { difference, why: { divergence, cause, stage: 'inputs', source, variable: name, detail: [messageText(message)] } };
}

/** `event e-17 of 2026-01-05T10:00:00.000000Z, iteration 2026-01-05T10:00:00Z: spark accepted, alternative no such message`. */
export function messageText({ id, time, minute, spark, alternative }: Remembered): string {
  const event = id === null ? 'a message' : `event ${id}`;
  const at = time === null ? '' : ` of ${formatMicros(time)}`;
  return `${event}${at}, iteration ${formatSecond(minute)}: spark ${spark}, alternative ${alternative}`;
}

/**
 * Looks at the messages of the streams whose inputs differ one by one, remembers them, and adds each as a difference of its customer. What no
 * message explains is left as counts, which hold everyone back.
 */
export async function explainInputs(
  comparison: Comparison,
  inputs: readonly StreamInputs[],
  memory: Memory,
): Promise<readonly Explained[]> {
  const { project, spark, findings } = comparison;
  const explained: Explained[] = [];
  for (const each of inputs) {
    const source = project.streams[each.stream]?.name ?? '';
    const given = memory.inputNow(spark.minute, source);
    const earlier = memory.input('stream', source) !== null;
    const messages = await messageDifferences(comparison, each.stream);
    for (const message of messages) {
      // An id that was claimed before is another one's duplicate: then the earlier input is what differs.
      const divergence = given || (earlier && !message.oneSided && message.cause === 'duplicated');
      const found = explainedMessage(comparison, memory.message(message, divergence));
      explained.push(found);
      findings.add(found.difference);
      if (found.difference.customer === null) findings.holdAll();
    }
    if (messages.length > 0) continue;
    for (const { class: name, spark: ours, alternative: theirs } of each.counts) {
      const difference = {
        stage: 'inputs',
        customer: null,
        source,
        variable: null,
        column: name,
        spark: String(ours),
        alternative: String(theirs),
      } as const;
      findings.add(difference);
      explained.push({
        difference,
        why: {
          divergence: given,
          cause: ours < theirs || name !== 'accepted' ? 'lost' : 'duplicated',
          stage: 'inputs',
          source,
          variable: null,
          detail: [],
        },
      });
    }
    findings.holdAll();
  }
  return explained;
}
