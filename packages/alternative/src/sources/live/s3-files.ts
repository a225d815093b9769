import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Micros } from '@parallax/core';
import type { LakeFiles } from './lake-files.ts';
import { LISTED_NAMES_MAX, STORE_TIMEOUT_MS } from './limits.ts';
import { type S3Access, type S3Place, signedRequest } from './s3-request.ts';
import { storeError } from './store.ts';

/** A lake in an object store that speaks S3's protocol. Objects are copied to this machine, a table at a time, to be read. */
export class S3Files implements LakeFiles {
  readonly #access: S3Access;
  readonly #scratch: string;
  readonly #now: () => number;

  /** @param scratch a folder for objects while they are read */
  constructor(access: S3Access, scratch: string, now: () => number) {
    this.#access = access;
    this.#scratch = scratch;
    this.#now = now;
  }

  async names(folder: string): Promise<readonly string[]> {
    const { bucket, key } = placeOf(folder);
    const prefix = key === '' ? '' : `${key}/`;
    const found: string[] = [];
    for (let token: string | null = null, more = true; more; more = token !== null) {
      const query: Record<string, string> = {
        'list-type': '2',
        delimiter: '/',
        prefix,
        ...(token === null ? {} : { 'continuation-token': token }),
      };
      const page = await (await this.#request('GET', { bucket, key: '' }, query)).text();
      for (const name of [...textsOf(page, 'Contents', 'Key'), ...textsOf(page, 'CommonPrefixes', 'Prefix')])
        found.push(name.slice(prefix.length).replace(/\/$/, ''));
      if (found.length > LISTED_NAMES_MAX)
        throw storeError(`${folder} could not be listed`, `it holds more than ${LISTED_NAMES_MAX} names`);
      token = /<IsTruncated>true</.test(page) ? (textsOf(page, 'ListBucketResult', 'NextContinuationToken')[0] ?? null) : null;
    }
    return found.filter((name) => name !== '');
  }

  async modified(file: string): Promise<Micros | null> {
    const response = await this.#request('HEAD', placeOf(file), {}, true);
    if (response === null) return null;
    const at = Date.parse(response.headers.get('last-modified') ?? '');
    if (Number.isNaN(at)) throw storeError(`${file} could not be read`, 'the object store does not say when it was written');
    return BigInt(at) * 1000n;
  }

  async *local<T>(files: readonly string[], use: (paths: readonly string[]) => AsyncIterable<T>): AsyncIterable<T> {
    await mkdir(this.#scratch, { recursive: true });
    const folder = await mkdtemp(join(this.#scratch, 'objects-'));
    try {
      const paths: string[] = [];
      for (const [at, file] of files.entries()) {
        const { body } = await this.#request('GET', placeOf(file), {});
        if (body === null) throw storeError(`${file} could not be read`, 'the object store sent nothing');
        const path = join(folder, `${at}.parquet`);
        await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path));
        paths.push(path);
      }
      yield* use(paths);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #request(method: 'GET' | 'HEAD', place: S3Place, query: Readonly<Record<string, string>>): Promise<Response>;
  async #request(method: 'GET' | 'HEAD', place: S3Place, query: Readonly<Record<string, string>>, orNone: true): Promise<Response | null>;
  async #request(
    method: 'GET' | 'HEAD',
    place: S3Place,
    query: Readonly<Record<string, string>>,
    orNone = false,
  ): Promise<Response | null> {
    const { url, headers } = signedRequest(this.#access, method, place, query, this.#now());
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(STORE_TIMEOUT_MS) });
    if (response.ok) return response;
    if (orNone && response.status === 404) return null;
    const said = (await response.text()).slice(0, 500);
    throw storeError(`${place.bucket}/${place.key} could not be read`, `the object store answered ${response.status} ${said}`);
  }
}

/** `s3a://bucket/key` or `s3://bucket/key`. */
function placeOf(address: string): S3Place {
  const [, bucket = '', key = ''] = /^s3a?:\/\/([^/]+)\/?(.*)$/.exec(address) ?? [];
  return { bucket, key };
}

/** The texts of an element that stands in another, in the store's XML: it has no attributes there, and nothing is nested deeper. */
function textsOf(xml: string, parent: string, element: string): string[] {
  const inside = [...xml.matchAll(new RegExp(`<${parent}[^>]*>(.*?)</${parent}>`, 'gs'))].map((found) => found[1] ?? '');
  return inside.flatMap((text) =>
    [...text.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map((found) => unescaped(found[1] ?? '')),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#([0-9]+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16));
  });
}
