import { createHash, createHmac } from 'node:crypto';
import { ParallaxError } from '@parallax/core';
import type { Env } from './settings.ts';

/** Who asks an object store, and where it is. */
export interface S3Access {
  /** Null: Amazon's own, by region. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string | null;
}

/** An object, or with an empty key the bucket. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** SHA-256 of nothing: requests that read have no body. */
const NO_BODY = createHash('sha256').update('').digest('hex');

/** The access that AWS's own tools would take from the environment. Throws PRLX_BATCH_SOURCE where there is none. */
export function s3AccessOf(env: Env): S3Access {
  const needed = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new ParallaxError('PRLX_BATCH_SOURCE', `the lake is in an object store, and ${name} is not set`, {
        exitCode: 2,
        advice:
          'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_ENDPOINT_URL for a store that is not Amazon’s, AWS_REGION if it has one.',
      });
    return value;
  };
  return {
    endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? null,
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    accessKey: needed('AWS_ACCESS_KEY_ID'),
    secretKey: needed('AWS_SECRET_ACCESS_KEY'),
    sessionToken: env.AWS_SESSION_TOKEN ?? null,
  };
}

/**
 * A request that reads, signed by AWS Signature Version 4 (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization
 * Header").
 *
 * @param now ms since 1970; the store refuses a signature that is older than 15 minutes
 */
export function signedRequest(
  access: S3Access,
  method: 'GET' | 'HEAD',
  { bucket, key }: S3Place,
  query: Readonly<Record<string, string>>,
  now: number,
): SignedRequest {
  const base = new URL(access.endpoint ?? `https://${bucket}.s3.${access.region}.amazonaws.com`);
  const path = `/${[...(access.endpoint === null ? [] : [bucket]), ...key.split('/').filter((_, at) => at > 0 || key !== '')].map(encoded).join('/')}`;
  const search = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = {
    host: base.host,
    'x-amz-content-sha256': NO_BODY,
    'x-amz-date': time,
    ...(access.sessionToken === null ? {} : { 'x-amz-security-token': access.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [method, path, search, ...names.map((name) => `${name}:${headers[name]}`), '', names.join(';'), NO_BODY].join('\n');
  const scope = [time.slice(0, 8), access.region, 's3', 'aws4_request'];
  const key4 = scope.reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${access.secretKey}`,
  );
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), createHash('sha256').update(canonical).digest('hex')].join('\n');
  const signature = createHmac('sha256', key4).update(toSign).digest('hex');
  const { host: _host, ...sent } = headers;
  return {
    url: `${base.origin}${path}${search === '' ? '' : `?${search}`}`,
    headers: {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${access.accessKey}/${scope.join('/')},SignedHeaders=${names.join(';')},Signature=${signature}`,
    },
  };
}

/** As RFC 3986 has it, which is stricter than encodeURIComponent. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
