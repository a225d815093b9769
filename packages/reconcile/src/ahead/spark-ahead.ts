import { join } from 'node:path';
import type { Micros, Project } from '@parallax/core';
import type { EventChecksum } from '../event-checksum.ts';
import type { AlternativeFacts, AlternativeLookups, SparkBatch } from '../sides.ts';
import { acceptedChecksums } from '../spark-side/accepted-checksums.ts';
import { batchLayout } from '../spark-side/batch-rows.ts';
import { scoredMembers } from '../spark-side/member-keys.ts';
import type { PackedKeys } from '../spark-side/packed-keys.ts';
import type { KeptFile, ParquetReader } from '../spark-side/parquet.ts';
import type { ComparedRows } from '../stages/compared-rows.ts';
import type { OwnSide } from '../stages/own-side.ts';
import { type AnswersAhead, answersAhead } from './answers-ahead.ts';
import { FilesAhead } from './files-ahead.ts';
import { type RowsAhead, rowsAhead } from './rows-ahead.ts';

/** Where Spark has written what a minute that still runs may have. */
export interface AheadFolders {
  /** Folders of accepted events. */
  readonly claimed: readonly string[];
  /** A folder whose `windows` are merged, and that will have `members`, `beside` and `answers`; null: there is none yet. */
  readonly draft: string | null;
}

/** The batch view that rows ahead are taken to be of. */
type View = Pick<SparkBatch, 'folder' | 'taken'>;

/**
 * What was found of Spark's files while their minute was running, beside its windows (`WindowThreads`): checksums of accepted events, who is scored, batch rows, online
 * answers. It is known by file, and counts where the minute has that very file.
 */
export class SparkAhead {
  readonly accepted = new FilesAhead<readonly EventChecksum[]>();
  readonly members = new FilesAhead<PackedKeys>();
  readonly answers = new FilesAhead<readonly AnswersAhead[]>();
  readonly #rows = new FilesAhead<RowsAhead>();
  readonly #project: Project;
  readonly #parquet: ParquetReader;
  #minute: Micros | null = null;
  /** The folder of the batch view that `#rows` are of. */
  #view: string | null = null;

  constructor(project: Project, parquet: ParquetReader) {
    this.#project = project;
    this.#parquet = parquet;
  }

  /** Begins a minute: what is known of another is forgotten. */
  begin(minute: Micros): void {
    if (minute === this.#minute) return;
    this.#minute = minute;
    for (const files of [this.accepted, this.members, this.answers, this.#rows]) files.forget();
  }

  /** Looks at the files that are there by now. @param view the batch view in use; null: no rows are compared */
  async look(
    minute: Micros,
    { claimed, draft }: AheadFolders,
    view: View | null,
    compared: ComparedRows,
    lookups: Pick<AlternativeLookups, 'batchRow'>,
  ): Promise<void> {
    this.begin(minute);
    const [project, parquet] = [this.#project, this.#parquet];
    for (const folder of claimed) await this.accepted.look(folder, ({ path }) => acceptedChecksums(parquet, path, project, minute));
    if (draft === null) return;
    if (view !== null) {
      if (view.folder !== this.#view) this.#rows.forget();
      this.#view = view.folder;
      compared.use(view.folder);
      const layout = batchLayout(project, view.taken);
      const batchRow = (key: string) => lookups.batchRow(key);
      await this.#rows.look(join(draft, 'beside'), ({ path }) => rowsAhead(parquet, path, layout, compared, { batchRow }));
    }
    await this.answers.look(join(draft, 'answers'), ({ path }) => answersAhead(parquet, path, project));
    await this.members.look(join(draft, 'members'), ({ path }) => scoredMembers(parquet, path, project));
  }

  /** Whether what is known is of the minute of such facts. */
  isOf({ minute }: Pick<AlternativeFacts, 'minute'>): boolean {
    return minute === this.#minute;
  }

  /** Finds what is kept of the customers whom the alternative scores in the minute, once it knows them: the minute then takes it as it is. */
  prepareCustomers(own: OwnSide, lookups: Pick<AlternativeLookups, 'batchRow'>): void {
    for (const keys of this.members.all()) keys.numbersIn(own.scored);
    for (const rows of this.#rows.all()) rows.holds(own, { batchRow: (key) => lookups.batchRow(key) });
  }

  /** The same of their answers, once the alternative has all of them. */
  prepareAnswers(own: OwnSide, lookups: Pick<AlternativeLookups, 'onlineAnswer'>): void {
    for (const sources of this.answers.all()) for (const answers of sources) answers.holds(own, lookups);
  }

  /** What was found of a file of batch rows; null: it was not compared, or as one of another view. @param view the folder of the view that the minute has used */
  rowsOf(file: KeptFile, view: string): RowsAhead | null {
    return view === this.#view ? (this.#rows.of(file) ?? null) : null;
  }
}
