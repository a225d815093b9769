import type { SparkSession } from '@parallax/spark-connect';

/** A marker of a control table: the day's table is complete since `completedAt`. */
export interface Marker {
  readonly day: string;
  readonly table: string;
  /** Microseconds since 1970. */
  readonly completedAt: bigint;
}

/** The view of a control table: day, table_name, completed_at. */
export const CONTROL = 'prlx_control';

/** What the opened control table says. */
export async function controlMarkers(session: SparkSession): Promise<Marker[]> {
  const rows = await session.collect(
    `SELECT CAST(day AS STRING) AS day, table_name, unix_micros(CAST(completed_at AS TIMESTAMP)) AS at FROM ${CONTROL}`,
  );
  return rows.map((row) => ({ day: String(row.day), table: String(row.table_name), completedAt: row.at as bigint }));
}
