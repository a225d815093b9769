import { LedgerReader } from '@parallax/alternative';
import { type Blocks, formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import { type GivenVerdict, VerdictStore, verdictLine } from '@parallax/reconcile';
import type { Command } from 'commander';
import { positiveInteger } from '../numbers.ts';
import { type RunPlace, runPlace } from '../run-place.ts';
import { clock, instant, namedMinute } from '../times.ts';
import { type Again, againOfRun } from '../verdict/again.ts';
import { isBadVerdict } from '../verdict/bad.ts';
import { verdictHead, verdictLines } from '../verdict/cause.ts';

interface VerdictsFlags {
  project: string;
  state?: string;
  limit: number;
  bad?: boolean;
  json?: boolean;
}

const LIST_LIMIT = 60;

/** `verdicts [MINUTE]`: what the second line of sight says of a run's minutes, while it goes on or afterwards. */
export function register(program: Command): void {
  program
    .command('verdicts')
    .description(
      'list the verdicts on the minutes of a run, or show one whole: who differs, both values, and the commands that show it again',
    )
    .argument('[minute]', 'one minute, YYYY-MM-DDTHH:MM:00Z')
    .option('--project <dir>', 'the project folder; not needed with --state', '.')
    .option('--state <dir>', 'the state folder of the run, which may go on meanwhile')
    .option('--limit <n>', 'the newest so many', positiveInteger, LIST_LIMIT)
    .option('--bad', 'only mismatches, divergences, and minutes that one side or their comparison failed in')
    .option('--json', 'print one JSON object a line on standard output')
    .action((minute: string | undefined, flags: VerdictsFlags) => verdicts(minute, flags));
}

async function verdicts(minute: string | undefined, flags: VerdictsFlags): Promise<void> {
  const wanted = minute === undefined ? null : namedMinute(minute);
  const place = await runPlace(flags);
  const ledger = LedgerReader.open(place.state);
  const store = VerdictStore.read(place.state);
  try {
    if (ledger === null || store === null) throw noVerdict(`no minute of ${place.state} has a verdict yet`);
    const again = againOf(flags, place, ledger);
    if (wanted === null) list(flags, store, ledger, again);
    else whole(flags, wanted, store, ledger, again);
  } finally {
    store?.close();
    ledger?.close();
  }
}

function againOf(flags: VerdictsFlags, { project, state, kafka }: RunPlace, ledger: LedgerReader): Again {
  return againOfRun({
    folder: project === null ? 'PROJECT' : flags.project,
    project,
    state,
    kafka: kafka === undefined ? 'HOST:PORT' : null,
    first: () => ledger.firstSeal(),
  });
}

function list(flags: VerdictsFlags, store: VerdictStore, ledger: LedgerReader, again: Again): void {
  const given = flags.bad ? newestBad(store, flags.limit) : store.last(flags.limit);
  for (const each of given) process.stdout.write(`${flags.json ? json(each, again, false) : lineOf(each)}\n`);
  if (flags.json) return;
  const counts = Object.entries(store.counts()).map(([verdict, n]) => `${n} ${verdict}`);
  const [newest, committed] = [store.newest(), ledger.span()?.newest ?? null];
  const without = newest === null || committed === null || committed <= newest ? 0n : (committed - newest) / MICROS_PER_MINUTE;
  const behind = without === 0n ? '' : `; the newest ${without} committed have none yet`;
  process.stderr.write(`${given.length} shown; in all ${counts.join(', ') || 'none'}${behind}\n`);
}

function newestBad(store: VerdictStore, limit: number): readonly GivenVerdict[] {
  const found: GivenVerdict[] = [];
  for (const given of store.unmatched()) {
    if (isBadVerdict(given.verdict.verdict, given.verdict.reason)) found.push(given);
    if (found.length === limit) break;
  }
  return found;
}

function whole(flags: VerdictsFlags, minute: Micros, store: VerdictStore, ledger: LedgerReader, again: Again): void {
  const given = store.given(minute);
  if (given === null)
    throw noVerdict(`${formatSecond(minute)} ${ledger.committed(minute) === null ? 'is no committed minute' : 'has no verdict yet'}`);
  process.stdout.write(`${flags.json ? json(given, again, true) : wholeText(given, again)}\n`);
}

function noVerdict(what: string): ParallaxError {
  return new ParallaxError('PRLX_NO_VERDICT', what, {
    exitCode: 1,
    advice: '`./parallax verdicts` lists those that have one; `./parallax verify` gives them.',
  });
}

function lineOf({ verdict, at }: GivenVerdict): string {
  const holds = heldBack(verdict.blocks);
  return `${formatSecond(verdict.minute)}  ${verdictHead(verdict)}${holds === '' ? '' : `  ${holds}`}  given ${clock(at)}`;
}

function wholeText(given: GivenVerdict, again: Again): string {
  const { manifest, digest, coverage } = given.verdict;
  const covered = Object.entries(coverage).map(([what, n]) => `${what} ${n}`);
  return [
    lineOf(given),
    ...verdictLines(given.verdict, again).slice(1),
    `  covered: ${covered.join(', ') || 'nothing'}`,
    `  manifest ${manifest}`,
    `  digest   ${digest}`,
  ].join('\n');
}

/** Whose actions it holds back. */
function heldBack(blocks: Blocks): string {
  if (blocks.kind === 'none') return '';
  return blocks.kind === 'all' ? 'holds everyone back' : `holds ${blocks.customers.length} customers back`;
}

/** As a line of verdicts.ndjson (contract, section 9), and what else is known; the customers held back of a minute that is shown whole. */
function json({ verdict, at }: GivenVerdict, again: Again, all: boolean): string {
  const { blocks, manifest, digest } = verdict;
  const more = {
    manifest,
    digest,
    given: instant(at),
    blocks: blocks.kind,
    ...(blocks.kind === 'customers' ? { blocked: all ? blocks.customers : blocks.customers.length } : {}),
    again: verdict.verdict === 'match' ? [] : again(verdict),
  };
  return JSON.stringify({ ...(JSON.parse(verdictLine(verdict)) as object), ...more });
}
