import { quoteIdentifier, quoteLiteral } from '@parallax/core';

/** The views that Parallax keeps inside a session start so; users' views do not. */
export const INTERNAL_PREFIX = 'prlx_';

/** `parquet.`path`` and the like: a folder or file read by its path, with the path taken literally. */
export function fileTable(format: 'parquet' | 'text', path: string): string {
  return `${format}.${quoteIdentifier(literalPath(path))}`;
}

/** A path in which Hadoop's glob finds nothing to expand. */
export function literalPath(path: string): string {
  return path.replaceAll(/[\\*?[\]{}]/g, (c) => `\\${c}`);
}

/** The statement that writes a query's rows as Parquet under `path`, replacing what a failed attempt left. */
export function writeParquet(path: string, query: string): string {
  return `INSERT OVERWRITE DIRECTORY ${quoteLiteral(path)} USING parquet\n${query}`;
}

/** The statement that writes state of which all buckets are always read together: what is packed already is not compressed again. */
export function writePacked(path: string, query: string): string {
  return `INSERT OVERWRITE DIRECTORY ${quoteLiteral(path)} USING parquet OPTIONS ('compression' 'uncompressed', 'parquet.enable.dictionary' 'false', 'parquet.page.write-checksum.enabled' 'false')\n${query}`;
}

/**
 * The statement that writes state: a row a bucket, holding packed runs. Each row is a row group of its own, so that one bucket is read
 * without the others; what is packed already is not compressed again.
 */
export function writeState(path: string, query: string): string {
  return `INSERT OVERWRITE DIRECTORY ${quoteLiteral(path)} USING parquet OPTIONS ('compression' 'uncompressed', 'parquet.block.row.count.limit' '1', 'parquet.enable.dictionary' 'false', 'parquet.page.write-checksum.enabled' 'false')\n${query}`;
}

/** The declared type of the key. */
export function keyDdl(type: 'bigint' | 'text'): string {
  return type === 'bigint' ? 'BIGINT' : 'STRING';
}

/**
 * The statement that writes the batch view: each row is a page of the file in its own right, so that the file's page index says where one
 * stands, and it alone can be read.
 */
export function writePages(path: string, query: string): string {
  return `INSERT OVERWRITE DIRECTORY ${quoteLiteral(path)} USING parquet OPTIONS ('compression' 'uncompressed', 'parquet.page.row.count.limit' '1', 'parquet.page.size.row.check.min' '1', 'parquet.enable.dictionary' 'false', 'parquet.page.write-checksum.enabled' 'false')\n${query}`;
}

/** The key, kept as text inside, with its declared type for the user's SQL. */
export function typedKey(expression: string, type: 'bigint' | 'text'): string {
  return type === 'bigint' ? `CAST(${expression} AS BIGINT)` : expression;
}
