import type { Project } from '@parallax/core';
import { emptySql } from '../engine/relations.ts';
import { batchViewSchema } from './columns.ts';

/** The batch view of no day: no rows, every column with its type. */
export function noBatchSql(project: Project): string {
  return emptySql(batchViewSchema(project));
}
