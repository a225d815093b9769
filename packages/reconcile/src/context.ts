import type { Project } from '@parallax/core';
import type { SparkAhead } from './ahead/spark-ahead.ts';
import type { Findings } from './findings.ts';
import type { AlternativeMinuteSide, SparkMinute, ViewValue } from './sides.ts';
import type { ParquetReader } from './spark-side/parquet.ts';
import type { OwnSide } from './stages/own-side.ts';

/** One minute that is being compared: both sides, and what is found. */
export interface Comparison {
  readonly project: Project;
  readonly spark: SparkMinute;
  readonly alternative: AlternativeMinuteSide;
  readonly own: OwnSide;
  /** What was found of the files of the minute before it had them. */
  readonly ahead: SparkAhead;
  readonly parquet: ParquetReader;
  readonly findings: Findings;
  /** What an earlier batch view has of a customer, by column; null: nothing, or no view was in use before. */
  readonly earlierRow: (customer: string) => Promise<Readonly<Record<string, ViewValue>> | null>;
}
