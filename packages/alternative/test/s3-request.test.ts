/** Goal: requests to an object store are signed as Amazon specifies. Method: the examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization Header". */
import { expect, test } from 'vitest';
import { type S3Access, s3AccessOf, signedRequest } from '../src/sources/live/s3-request.ts';

const ACCESS: S3Access = {
  endpoint: null,
  region: 'us-east-1',
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const AT = Date.parse('2013-05-24T00:00:00Z');

test('a list of objects, as in the reference', () => {
  const access = { ...ACCESS, endpoint: null };
  // The reference's host has no region in it; that host is an endpoint without a bucket in its path.
  const { headers } = signedRequest(
    { ...access, endpoint: 'https://examplebucket.s3.amazonaws.com' },
    'GET',
    { bucket: '', key: '' },
    { 'max-keys': '2', prefix: 'J' },
    AT,
  );
  expect(headers.authorization).toContain('Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7');
});

test('an object of another store lies in its bucket’s path, with every part encoded', () => {
  const { url, headers } = signedRequest(
    { ...ACCESS, endpoint: 'http://127.0.0.1:9000', sessionToken: 't' },
    'HEAD',
    { bucket: 'b', key: "day=1/it's (a).parquet" },
    {},
    AT,
  );
  expect(url).toBe('http://127.0.0.1:9000/b/day%3D1/it%27s%20%28a%29.parquet');
  expect(headers).toMatchObject({ 'x-amz-date': '20130524T000000Z', 'x-amz-security-token': 't' });
  expect(headers).not.toHaveProperty('host');
});

test('who may ask is read from the environment, as AWS’s tools read it', () => {
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_ENDPOINT_URL: 'http://x:1', AWS_REGION: 'r' };
  expect(s3AccessOf(env)).toEqual({ endpoint: 'http://x:1', region: 'r', accessKey: 'a', secretKey: 's', sessionToken: null });
  expect(() => s3AccessOf({ ...env, AWS_SECRET_ACCESS_KEY: '' })).toThrow('AWS_SECRET_ACCESS_KEY is not set');
});
