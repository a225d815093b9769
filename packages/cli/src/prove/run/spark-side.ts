import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { formatFolder, MICROS_PER_MINUTE, type Micros, ParallaxError, type Project } from '@parallax/core';
import { Engine, type Ledger, type Pipeline, StatePaths } from '@parallax/pipeline';
import { fileDigest, openRecording, tableFile } from '@parallax/pipeline/replay/recording.ts';
import type { Kept } from '../keep/kept.ts';
import { faultMinutes, minutesOfPlan, type Plan } from '../recording/plan.ts';
import { ForkPaths } from './fork-paths.ts';
import { EditedSession, type Injection, Touched } from './injection.ts';
import { adoptDays, editLedger, snapshotLedger } from './ledger-copy.ts';
import { openLedger, recordingPipeline } from './recording-pipeline.ts';
import { runSparkMinute, type SparkMinute } from './spark-minutes.ts';

/** How a copy of the run with a fault went. */
export interface ForkOutcome {
  /** From the fault's first minute on, until one could not be computed. */
  readonly minutes: ReadonlyMap<Micros, SparkMinute>;
  /** What stopped it: then no later minute has a result. */
  readonly refused: { readonly minute: Micros; readonly error: ParallaxError } | null;
  /** How often the fault changed something on its way. */
  readonly touched: number;
}

export interface SparkSideOptions {
  readonly project: Project;
  readonly plan: Plan;
  readonly recording: string;
  /** Keeps the run's state and its copies' until the caller removes it; emptied when the true run begins. */
  readonly work: string;
  /** Keeps the minutes of the true run: with its files, another process can go on with it, or make copies of it. */
  readonly kept: Kept;
  readonly print: string;
  readonly engine: Engine;
  /** Another session on the same server; the caller of this closes it. */
  readonly openEngine: () => Promise<Engine>;
  readonly signal?: AbortSignal;
}

/** Which columns the project's rules read, by view. */
type Columns = ReadonlyMap<string, ReadonlySet<string>>;

const COLUMNS = 'true-run/columns';
const minuteName = (minute: Micros) => `true-run/${formatFolder(minute)}`;

/** The Spark side of the true run, kept whole, and of copies of it that branch off before any minute. */
export class SparkSide {
  readonly minutes = new Map<Micros, SparkMinute>();
  readonly options: SparkSideOptions;
  readonly paths: StatePaths;

  constructor(options: SparkSideOptions) {
    this.options = options;
    this.paths = new StatePaths(join(options.work, 'true'));
  }

  /**
   * Runs every minute that is not kept yet, and keeps, from the first fault's on, the ledger as it was before each.
   *
   * @param timeIsUp asked between two minutes
   * @returns whether all of them are there
   */
  async run(onMinute: (minute: SparkMinute, done: number, of: number) => void, timeIsUp: () => boolean = () => false): Promise<boolean> {
    const { project, plan, kept, print, engine, signal } = this.options;
    const all = minutesOfPlan(plan);
    await this.#adopt(all);
    for (const kind of ['forks', 'rules', 'faults']) await rm(join(this.options.work, kind), { recursive: true, force: true });
    const end = plan.from + BigInt(plan.iterations) * MICROS_PER_MINUTE;
    if (this.minutes.size < all.length) {
      const ledger = await this.#ledger();
      try {
        const pipeline = await recordingPipeline(project, this.options.recording, ledger, this.paths);
        for (const minute of all.slice(this.minutes.size)) {
          signal?.throwIfAborted();
          if (timeIsUp()) return false;
          if (minute >= plan.faultsFrom) await this.#snapshot(minute);
          const done = await runSparkMinute(pipeline, engine, minute);
          await kept.write(minuteName(minute), print, done);
          this.minutes.set(minute, done);
          onMinute(done, this.minutes.size, all.length);
        }
        await this.#snapshot(end);
        await kept.write(COLUMNS, print, await this.#columns());
      } finally {
        ledger.close();
      }
    }
    const columns = await kept.read<Columns>(COLUMNS, print);
    if (columns === null) throw new RangeError('a true run without its columns');
    await engine.usedColumns(project.hash, async () => columns);
    return true;
  }

  /** Takes over the minutes that are kept. */
  async #adopt(all: readonly Micros[]): Promise<void> {
    const { kept, print } = this.options;
    for (const minute of all) {
      const done = await kept.read<SparkMinute>(minuteName(minute), print);
      if (done === null) break;
      this.minutes.set(minute, done);
    }
    // A run that ended before its last snapshot: its last minute is run once more.
    const last = all.at(-1);
    if (this.minutes.size === all.length && last !== undefined && (await kept.read(COLUMNS, print)) === null) this.minutes.clear();
  }

  /** The true run's ledger after the minutes that are kept; a new one when it is not that. */
  async #ledger(): Promise<Ledger> {
    if (this.minutes.size > 0) {
      const ledger = openLedger(this.paths.ledger);
      // A minute may have been committed a moment before the end, and not kept.
      if (ledger.newest()?.minute === [...this.minutes.keys()].at(-1)) return ledger;
      ledger.close();
      this.minutes.clear();
    }
    await rm(this.options.work, { recursive: true, force: true });
    await mkdir(join(this.options.work, 'ledgers'), { recursive: true });
    await mkdir(this.paths.root, { recursive: true });
    const ledger = openLedger(this.paths.ledger);
    for (const day of (await openRecording(this.options.recording, this.options.project)).days) ledger.registerDay(day, day.registered);
    return ledger;
  }

  async #snapshot(minute: Micros): Promise<void> {
    await rm(this.ledgerBefore(minute), { force: true });
    snapshotLedger(this.paths.ledger, this.ledgerBefore(minute));
  }

  /**
   * Runs the minutes from `from` on once more in a copy with a fault. Nothing before `from` is run again: a minute is a pure function of what
   * it reads, and all of that is there.
   *
   * @param until ends the copy early
   */
  async fork(
    name: string,
    from: Micros,
    injection: Injection,
    until: (minute: Micros, done: SparkMinute) => boolean = () => false,
  ): Promise<ForkOutcome> {
    const root = join(this.options.work, 'forks', name);
    await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true });
    const session = injection.settings === undefined ? this.options.engine : await this.options.openEngine();
    if (injection.settings !== undefined) await session.session.setConf(injection.settings);
    try {
      return await this.#runFork(root, from, injection, session, until);
    } finally {
      if (session !== this.options.engine) await session.session.close();
    }
  }

  #columns(): Promise<Columns> {
    const { engine, project } = this.options;
    return engine.usedColumns(project.hash, () => Promise.reject(new Error('the true run has not been run')));
  }

  /** Removes what a copy and its fault have left, once it is judged. */
  async release(name: string): Promise<void> {
    for (const kind of ['forks', 'rules', 'faults']) await rm(join(this.options.work, kind, name), { recursive: true, force: true });
  }

  /** The folder that the true run committed for a minute. */
  folderOf(minute: Micros): string {
    const done = this.minutes.get(minute);
    if (done === undefined) throw new RangeError('the true run has no such minute');
    return done.outcome.folder;
  }

  /** Where the true run made the batch view of a day that it has used. */
  batchFolder(day: string): string {
    for (const { outcome } of this.minutes.values()) {
      if (outcome.batch?.day === day) return this.paths.batchVersion(day, outcome.batch.version, this.options.project.hash);
    }
    throw new RangeError(`the true run has not used the batch day ${day}`);
  }

  async #runFork(
    root: string,
    from: Micros,
    injection: Injection,
    base: Engine,
    until: (minute: Micros, done: SparkMinute) => boolean,
  ): Promise<ForkOutcome> {
    const { plan, signal } = this.options;
    const project = injection.project ?? this.options.project;
    const recording = injection.recording ?? this.options.recording;
    const paths = new ForkPaths(root, this.paths, this.options.project.hash, injection.ownBatchOf ?? null);
    if (injection.ownBatchOf !== undefined) await this.#shareTables(injection.ownBatchOf, project, paths);
    await copyFile(this.ledgerBefore(from), paths.ledger);
    const touched = new Touched();
    if (base !== this.options.engine || injection.project !== undefined) touched.count += 1;
    if (injection.recording !== undefined) {
      touched.count += 1;
      await this.#adoptBatch(recording, project, paths);
    }
    const minutes = new Map<Micros, SparkMinute>();
    let now = from;
    // A new engine over the session: it makes all its views again, as a fault may want them.
    const engine = new Engine(new EditedSession(base.session, injection, touched, () => now));
    // Which columns the true rules read is known: finding it out again would take a dozen statements a copy.
    if (project.hash === this.options.project.hash) {
      const columns = await this.#columns();
      await engine.usedColumns(project.hash, async () => columns);
    }
    for (const minute of faultMinutes(plan)) {
      if (minute < from) continue;
      signal?.throwIfAborted();
      now = minute;
      touched.count += editLedger(paths.ledger, injection.ledger?.(minute) ?? []);
      const ledger = openLedger(paths.ledger);
      try {
        const pipeline = await this.#pipeline(project, recording, ledger, paths, injection, touched);
        const done = await runSparkMinute(pipeline, engine, minute);
        minutes.set(minute, done);
        if (until(minute, done)) break;
      } catch (error) {
        if (!(error instanceof ParallaxError)) throw error;
        return { minutes, refused: { minute, error }, touched: touched.count };
      } finally {
        ledger.close();
      }
    }
    return { minutes, refused: null, touched: touched.count };
  }

  /** The ledger as it was before `minute`, a file. */
  ledgerBefore(minute: Micros): string {
    return join(this.options.work, 'ledgers', `${formatFolder(minute)}.sqlite`);
  }

  async #pipeline(
    project: Project,
    directory: string,
    ledger: Ledger,
    paths: StatePaths,
    injection: Injection,
    touched: Touched,
  ): Promise<Pipeline> {
    const pipeline = await recordingPipeline(project, directory, ledger, paths);
    return { ...pipeline, source: injection.source?.(pipeline.source, touched) ?? pipeline.source };
  }

  /** The copy makes a day's view itself, from the true run's reduced tables. */
  async #shareTables(day: string, project: Project, paths: ForkPaths): Promise<void> {
    const from = this.batchFolder(day);
    const version = [...this.minutes.values()].find(({ outcome }) => outcome.batch?.day === day)?.outcome.batch?.version ?? '';
    const to = paths.batchVersion(day, version, project.hash);
    await mkdir(to, { recursive: true });
    for (const tables of await reducedFolders(from)) await symlink(join(from, tables), join(to, tables));
  }

  /** The batch days as another recording has them; tables that are the same are not reduced again. */
  async #adoptBatch(directory: string, project: Project, paths: ForkPaths): Promise<void> {
    const { days } = await openRecording(directory, project);
    for (const { day, before, after } of adoptDays(paths.ledger, days)) {
      const from = this.paths.batchVersion(day, before, project.hash);
      for (const source of project.batch) {
        for (const table of source.tables) {
          const [mine, theirs] = [this.options.recording, directory].map((d) => tableFile(d, day, source.name, table.name));
          if (mine === undefined || theirs === undefined || (await fileDigest(mine)) !== (await fileDigest(theirs))) continue;
          for (const tables of await reducedFolders(from)) {
            const reduced = join(tables, `of-${source.name}.${table.name}`);
            if (existsSync(join(from, reduced)))
              await cp(join(from, reduced), join(paths.batchVersion(day, after, project.hash), reduced), { recursive: true });
          }
        }
      }
    }
  }
}

/** The folders of a version's reduced tables, by name: one for each number of buckets and choice of columns. */
async function reducedFolders(version: string): Promise<readonly string[]> {
  return existsSync(version) ? (await readdir(version)).filter((name) => name.startsWith('reduced-')) : [];
}
