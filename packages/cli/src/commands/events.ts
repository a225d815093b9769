import { resolve } from 'node:path';
import { formatMicros, formatSecond, ParallaxError } from '@parallax/core';
import {
  type ForgottenMinutes,
  forgottenMinutes,
  KEPT_CLASSES,
  type KeptClass,
  type KeptEvent,
  keptEvents,
  type LateEffect,
  Ledger,
  type MetMessage,
} from '@parallax/pipeline';
import { type Command, Option } from 'commander';
import { openProject } from '../checked-project.ts';
import { deploymentOf } from '../deployment.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { positiveInteger } from '../numbers.ts';
import { requireRun } from '../run-place.ts';
import { namedMinute } from '../times.ts';
import { untilStopped } from '../until-stopped.ts';

interface EventsFlags {
  project: string;
  state?: string;
  engine?: string;
  from?: string;
  to?: string;
  class?: KeptClass[];
  stream?: string;
  limit?: number;
  json?: boolean;
}

/** `events`: every late, early, duplicate and invalid message with its reason, and what a late one would have changed. */
export function register(program: Command): void {
  program
    .command('events')
    .description('list the messages that minutes did not accept: why, and for a late one which minutes it would have changed')
    .option('--project <dir>', 'the project folder', '.')
    .option('--state <dir>', 'the state folder of the run, which may go on meanwhile')
    .option('--engine <url>', 'a Spark Connect server that runs already; without it one is started')
    .option('--from <minute>', 'the first minute, YYYY-MM-DDTHH:MM:00Z (default: the oldest that is kept)')
    .option('--to <minute>', 'the last minute (default: the newest)')
    .addOption(new Option('--class <class...>', 'only these').choices(KEPT_CLASSES))
    .option('--stream <name>', 'only this stream')
    .option('--limit <n>', 'at most so many', positiveInteger)
    .option('--json', 'print one JSON object a message on standard output')
    .action((flags: EventsFlags) => untilStopped((signal) => events(flags, signal)));
}

async function events(flags: EventsFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(resolve(flags.project), { sources: false });
  if (flags.stream !== undefined && !project.streams.some((s) => s.name === flags.stream)) {
    throw new ParallaxError('PRLX_USAGE', `the project has no stream ${flags.stream}`, {
      exitCode: 2,
      advice: `Its streams are ${project.streams.map((s) => s.name).join(', ')}.`,
    });
  }
  const { engine, state } = await deploymentOf(project, flags, process.env);
  const file = requireRun(state);
  const query = {
    from: flags.from === undefined ? 0n : namedMinute(flags.from, '--from'),
    to: flags.to === undefined ? 1n << 62n : namedMinute(flags.to, '--to'),
    classes: flags.class ?? KEPT_CLASSES,
    stream: flags.stream ?? null,
  };
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const engines = new EngineKeeper({ url: engine, home: resolve(state, 'services-events'), note, signal });
  const ledger = Ledger.open(file);
  try {
    noteForgotten(forgottenMinutes(ledger, query), note);
    let listed = 0;
    for await (const event of keptEvents(ledger, project, await engines.engine(), query)) {
      if (signal.aborted || listed >= (flags.limit ?? Number.POSITIVE_INFINITY)) break;
      listed += 1;
      process.stdout.write(`${flags.json ? JSON.stringify(asJson(event)) : asText(event)}\n`);
    }
    if (!flags.json) note(`${listed} messages`);
  } finally {
    ledger.close();
    await engines.close();
  }
}

/**
 * Says which of the minutes that were asked for are not kept any more. Throws PRLX_EVENTS (exit code 1) when that is all of them: an empty list would say that
 * everything was accepted.
 */
function noteForgotten(forgotten: ForgottenMinutes | null, note: (text: string) => void): void {
  if (forgotten === null) return;
  const { first, last, all, kept } = forgotten;
  const what = `what minutes ${formatSecond(first)} to ${formatSecond(last)} did not accept is not kept any more`;
  if (!all) {
    note(what);
    return;
  }
  throw new ParallaxError('PRLX_EVENTS', what, {
    exitCode: 1,
    advice: kept === null ? 'Ask for minutes that the run has still to come to.' : `It is kept from ${formatSecond(kept)} on.`,
  });
}

function asJson(event: KeptEvent): object {
  const { minute, stream, partition, offset, reason, customer, time, id, payload, effect } = event;
  const text = payload === null ? null : Buffer.from(payload).toString('utf8');
  return {
    minute: formatSecond(minute),
    stream,
    partition,
    offset: String(offset),
    class: event.class,
    reason,
    customer_id: customer,
    time: time === null ? null : formatMicros(time),
    id,
    ...(payload !== null && Buffer.from(text ?? '').equals(payload) ? { payload: text } : {}),
    ...(payload !== null && !Buffer.from(text ?? '').equals(payload) ? { payload_base64: Buffer.from(payload).toString('base64') } : {}),
    ...(effect === null ? {} : effectJson(effect)),
  };
}

/** `would_change` with what of it is not known, or null with the reason. */
function effectJson(effect: LateEffect): object {
  if (effect.kind === 'nothing')
    return { would_change: null, because: effect.why, ...('of' in effect ? { of: placeJson(effect.of) } : {}) };
  const { wouldChange, unknown } = effect;
  return {
    would_change: { hour_to_date: wouldChange.hourToDate.map(formatSecond), last_hour: wouldChange.lastHour.map(formatSecond) },
    not_known: unknown,
  };
}

function placeJson({ minute, partition, offset }: MetMessage): object {
  return { minute: formatSecond(minute), partition, offset: String(offset) };
}

function asText({ minute, stream, partition, offset, class: kind, reason, customer, time, id, effect }: KeptEvent): string {
  const what = [`${formatSecond(minute)}  ${stream}/${partition}@${offset}  ${reason === null ? kind : `${kind}: ${reason}`}`];
  if (customer !== null) what.push(`customer ${customer}`);
  if (time !== null) what.push(`at ${formatMicros(time)}`);
  if (id !== null) what.push(`id ${id}`);
  if (effect !== null) what.push(effectText(effect, stream));
  return what.join('  ');
}

const UNKNOWN = { id: 'its id came before', base: 'its customer is not in the base' };

function effectText(effect: LateEffect, stream: string): string {
  if (effect.kind === 'windows') {
    const { wouldChange, unknown } = effect;
    const [first, last] = wouldChange.lastHour;
    const unless = unknown.length === 0 ? '' : `, unless ${unknown.map((each) => UNKNOWN[each]).join(' or ')}, which is not known any more`;
    return `would have changed ${formatSecond(first)} to ${formatSecond(last)} (hour_to_date until ${formatSecond(wouldChange.hourToDate[1])})${unless}`;
  }
  if (effect.why === 'outside_base') return 'would have changed nothing: its customer is not in the base';
  const { minute, partition, offset } = effect.of;
  const how = effect.why === 'accepted_before' ? 'was accepted' : 'had come late before';
  return `would have changed nothing: its id ${how} in ${formatSecond(minute)}, ${stream}/${partition}@${offset}`;
}
