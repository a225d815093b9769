import { hostname, userInfo } from 'node:os';
import { ParallaxError } from '@parallax/core';
import {
  ActionPublisher,
  DECISION_STATES,
  type DecisionState,
  KafkaActionsTopic,
  Ledger,
  StatePaths,
  systemClock,
} from '@parallax/pipeline';
import { type Command, Option } from 'commander';
import { type Answer, ask, namedDecisions, type Wanted } from '../actions/ask.ts';
import { actionJson, actionText } from '../actions/list-text.ts';
import { positiveInteger } from '../numbers.ts';
import { runPlace } from '../run-place.ts';

interface ActionsFlags extends Partial<Record<DecisionState, boolean>> {
  project: string;
  state?: string;
  kafka?: string;
  actionsTopic?: string;
  all?: boolean;
  limit: number;
  json?: boolean;
}

interface AskFlags extends ActionsFlags {
  why: string;
  who?: string;
}

const LIST_LIMIT = 1_000;

/** `actions`: what was decided and what became of it, and the hand on the gate. */
export function register(program: Command): void {
  const actions = program
    .command('actions')
    .description('list actions and what became of them, and release or drop by hand those that are held')
    .option('--project <dir>', 'the project folder; not needed with --state', '.')
    .option('--state <dir>', 'the state folder of the run, which may go on meanwhile')
    .option('--kafka <bootstrap>', "Kafka's bootstrap servers, needed to release or drop while no run lives")
    .option('--actions-topic <topic>', 'Kafka topic for decided actions (default: parallax-actions-<project>)')
    .option('--limit <n>', 'the newest so many', positiveInteger, LIST_LIMIT)
    .option('--json', 'print one JSON object a line on standard output')
    .addOption(
      new Option('--all', 'of every state (default: waiting and held); those that are settled are kept for a week at least').conflicts([
        ...DECISION_STATES,
      ]),
    )
    .action((flags: ActionsFlags) => list(flags));
  for (const state of DECISION_STATES) actions.option(`--${state}`, `those ${state === 'waiting' ? 'that wait' : `that are ${state}`}`);
  for (const wanted of ['release', 'drop'] as const) {
    actions
      .command(`${wanted} <id...>`)
      .description(
        wanted === 'release'
          ? 'release actions without, or against, their verdict: while they are valid, each once'
          : 'drop actions: for good, they are not decided again within their cool-down',
      )
      .requiredOption('--why <text>', 'the reason, which the ledger keeps')
      .option('--who <name>', 'who decides so (default: the user of this process)')
      .action((ids: string[], _flags: object, command: Command) => byHand(wanted, ids, command.optsWithGlobals<AskFlags>()));
  }
}

/** The ledger of a run, and what is needed to publish in its name. */
interface OpenState {
  readonly ledger: Ledger;
  readonly project: { readonly name: string; readonly key: string };
  readonly kafka: string | undefined;
  readonly actionsTopic: string;
}

async function list(flags: ActionsFlags): Promise<void> {
  const { ledger, project } = await openState(flags);
  try {
    const chosen = DECISION_STATES.filter((state) => flags[state] === true);
    const states = flags.all === true ? DECISION_STATES : chosen.length > 0 ? chosen : (['waiting', 'held'] as const);
    const found = ledger.actions.list(states, flags.limit);
    for (const decision of found) {
      const line = flags.json ? JSON.stringify(actionJson(ledger, project.key, decision)) : actionText(ledger, decision);
      process.stdout.write(`${line}\n`);
    }
    const counts = Object.entries(ledger.actions.countByState()).map(([state, n]) => `${n} ${state}`);
    if (!flags.json) process.stderr.write(`${found.length} shown; in all ${counts.join(', ') || 'none'}\n`);
  } finally {
    ledger.close();
  }
}

async function byHand(wanted: Wanted, ids: readonly string[], flags: AskFlags): Promise<void> {
  const why = flags.why.trim();
  if (why === '') throw new ParallaxError('PRLX_USAGE', '--why is empty', { exitCode: 2, advice: 'Say why: the ledger keeps it.' });
  const state = await openState(flags);
  const { ledger } = state;
  try {
    const asking = {
      ledger,
      wanted,
      who: flags.who ?? `${userInfo().username}@${hostname()}`,
      why,
      clock: systemClock,
      holder: `actions:${hostname()}:${process.pid}`,
      publisher: () => publisherOf(state),
    };
    const answers = await ask(asking, namedDecisions(ledger, ids));
    for (const answer of answers) process.stdout.write(`${flags.json ? JSON.stringify({ ...answer, wanted }) : answerText(answer)}\n`);
    if (answers.some(({ done }) => !done)) process.exitCode = 1;
  } finally {
    ledger.close();
  }
}

function answerText({ id, answer, done }: Answer): string {
  return `${id.slice(0, 12)}  ${answer}${done ? '' : ': nothing was done'}`;
}

async function openState(flags: ActionsFlags): Promise<OpenState> {
  const { state, kafka, actionsTopic } = await runPlace(flags);
  const ledger = Ledger.open(new StatePaths(state).ledger);
  const identity = ledger.meta('project');
  if (identity === null) {
    ledger.close();
    throw new ParallaxError('PRLX_USAGE', `the state in ${state} belongs to no project yet`, { exitCode: 2, advice: 'Begin a run first.' });
  }
  const { name, key } = JSON.parse(identity) as { name: string; key: { name: string } };
  return { ledger, project: { name, key: key.name }, kafka, actionsTopic: actionsTopic ?? `parallax-actions-${name}` };
}

function publisherOf({ ledger, project, kafka, actionsTopic }: OpenState): ActionPublisher {
  if (kafka === undefined) {
    throw new ParallaxError('PRLX_REQUEST', 'no run lives that could answer, and no Kafka is named; what was asked for stays on file', {
      exitCode: 3,
      advice: 'Give --kafka host:port to do it now, or start the run again: it answers first of all.',
    });
  }
  return new ActionPublisher({ ledger, topic: new KafkaActionsTopic(kafka, actionsTopic), project });
}
