import { copyFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Micros, ParallaxError, type Project } from '@parallax/core';
import { Engine, type Ledger, type MinuteOutcome, type Pipeline, StatePaths, systemClock } from '@parallax/pipeline';
import { decideActions } from '@parallax/pipeline/act/decide.ts';
import { type JoinedBatch, joinBatch, openBatch, openBeside } from '@parallax/pipeline/batch/join.ts';
import { answersFolders, outcomeText } from '@parallax/pipeline/committed.ts';
import { parquetView } from '@parallax/pipeline/engine/relations.ts';
import { REPLAY_BUCKETS } from '@parallax/pipeline/limits.ts';
import { actionLines, resultLines } from '@parallax/pipeline/lines/lines.ts';
import { ANSWERS_SCHEMA } from '@parallax/pipeline/online/answers.ts';
import type { Attempt } from '@parallax/pipeline/pipeline.ts';
import { unpackMembers } from '@parallax/pipeline/score/members.ts';
import { ResultCheck } from '@parallax/pipeline/score/result-check.ts';
import { scorePopulation } from '@parallax/pipeline/score/score.ts';
import { WINDOWS_SCHEMA } from '@parallax/pipeline/window/windows.ts';
import { faultMinutes } from '../recording/plan.ts';
import { adoptViews } from './ledger-copy.ts';
import type { MinuteLines } from './lines.ts';
import { openLedger } from './recording-pipeline.ts';
import type { SparkMinute } from './spark-minutes.ts';
import type { SparkSide } from './spark-side.ts';

/** How the true run's minutes went with other rules. */
export interface RulesOutcome {
  readonly minutes: ReadonlyMap<Micros, SparkMinute>;
  readonly refused: { readonly minute: Micros; readonly error: ParallaxError } | null;
}

/** The true run's batch views, whatever the project's rules say: they are made of its declarations only. */
class RulesPaths extends StatePaths {
  readonly #true: SparkSide;

  constructor(root: string, side: SparkSide) {
    super(root);
    this.#true = side;
  }

  override batchVersion(day: string, version: string): string {
    return this.#true.paths.batchVersion(day, version, this.#true.options.project.hash);
  }
}

/**
 * Scores and decides the minutes from `from` on once more by other `satisfaction.sql` and `actions.sql`, from the true run's windows, batch views
 * and online answers: what comes before the score reads neither file. A test runs one such fault whole and finds the same bytes.
 *
 * @param project the true one but for its two queries
 * @param until ends the copy early; `release` of the side removes what it leaves
 */
export async function runRules(
  side: SparkSide,
  name: string,
  from: Micros,
  project: Project,
  until: (minute: Micros, done: SparkMinute) => boolean = () => false,
): Promise<RulesOutcome> {
  const root = join(side.options.work, 'rules', name);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const paths = new RulesPaths(root, side);
  await copyFile(side.ledgerBefore(from), paths.ledger);
  adoptViews(paths.ledger, side.paths.ledger);
  const ledger = openLedger(paths.ledger);
  const minutes = new Map<Micros, SparkMinute>();
  try {
    const pipeline = pipelineOf(project, ledger, paths);
    const engine = new Engine(side.options.engine.session);
    for (const minute of faultMinutes(side.options.plan)) {
      if (minute < from) continue;
      side.options.signal?.throwIfAborted();
      const before = side.minutes.get(minute);
      if (before === undefined) throw new RangeError('the true run has no such minute');
      try {
        const lines = await scoreMinute(pipeline, engine, minute, before);
        const done = {
          ...before,
          lines,
          folders: { ...before.folders, folder: await withLines(before.outcome.folder, join(root, `m${minute}`), lines) },
        };
        minutes.set(minute, done);
        if (until(minute, done)) break;
      } catch (error) {
        if (!(error instanceof ParallaxError)) throw error;
        return { minutes, refused: { minute, error } };
      }
    }
    return { minutes, refused: null };
  } finally {
    ledger.close();
  }
}

/** The true iteration's folder with other results and actions. */
async function withLines(from: string, to: string, lines: MinuteLines): Promise<string> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from))
    if (name !== 'results.ndjson' && name !== 'actions.ndjson') await symlink(join(from, name), join(to, name));
  for (const file of ['results', 'actions'] as const) await writeFile(join(to, `${file}.ndjson`), lines[file]);
  return to;
}

function pipelineOf(project: Project, ledger: Ledger, paths: StatePaths): Pipeline {
  const never = (): never => {
    throw new Error('nothing is read again to score again');
  };
  return {
    project,
    ledger,
    paths,
    source: { seal: never, messages: never, packed: never, capture: never, captures: never },
    batch: { table: never, files: never, holds: never },
    buckets: REPLAY_BUCKETS,
    keepAll: true,
    ahead: null,
    now: () => systemClock.now(),
  };
}

/** The batch rows that the true iteration used. */
async function trueRows(attempt: Attempt, outcome: MinuteOutcome): Promise<JoinedBatch> {
  const { folder, beside } = outcome;
  const view = await openBatch(attempt, outcome.batch);
  if (view === null || beside === null) return joinBatch(attempt, view);
  await openBeside(attempt.session, join(folder, 'beside'));
  return { baseCustomers: view.customers, taken: view.taken, beside };
}

async function scoreMinute(pipeline: Pipeline, engine: Engine, minute: Micros, before: SparkMinute): Promise<MinuteLines> {
  const { project, ledger, paths } = pipeline;
  const { outcome } = before;
  const folder = join(paths.root, String(minute));
  await mkdir(folder, { recursive: true });
  const attempt: Attempt = { pipeline, engine, session: engine.session, minute, folder };
  const batch = await trueRows(attempt, outcome);
  await parquetView(engine.session, 'prlx_windows', WINDOWS_SCHEMA, [join(outcome.folder, 'windows')]);
  await parquetView(engine.session, 'prlx_answers', ANSWERS_SCHEMA, answersFolders(outcome));
  await unpackMembers(attempt, batch, 'members');
  await scorePopulation(attempt, outcome.batch?.day ?? null);
  const decisions = await decideActions(attempt);
  const scored: string[] = [];
  const check = new ResultCheck();
  for await (const line of resultLines(engine, project, minute, check)) scored.push(line);
  check.summary();
  ledger.commit(
    { minute, folder: outcome.folder, manifest: outcome.manifest, digest: outcome.digest, report: outcomeText(outcome) },
    decisions,
  );
  return { ...before.lines, results: scored.join(''), actions: [...actionLines(project, minute, decisions)].join('') };
}
