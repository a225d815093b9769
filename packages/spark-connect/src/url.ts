import { ParallaxError } from '@parallax/core';

/** A parsed `sc://` address. `token` must never reach a message or a log. */
export interface ConnectAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly baseUrl: string;
  /** For messages: `sc://host:port`, without parameters. */
  readonly display: string;
  readonly token: string | undefined;
  readonly userId: string;
  /** Extra request headers, from parameters that start with `x-`. */
  readonly headers: ReadonlyMap<string, string>;
}

const DEFAULT_PORT = 15002;

/**
 * Parses `sc://host:port/;use_ssl=true;token=…;user_id=…;x-name=…`, the connection string of Spark Connect
 * (connector/connect/docs/client-connection-string.md of Apache Spark). A token switches TLS on; without TLS it is only taken for
 * a loopback host, as it would cross the network in clear. Throws `PRLX_SPARK_URL`, never quoting a parameter's value.
 */
export function parseConnectUrl(url: string): ConnectAddress {
  const match = /^sc:\/\/(\[[0-9a-fA-F:.]+\]|[^:/;\s[\]]+)(?::(\d{1,5}))?(?:\/(?:;(.*))?)?$/s.exec(url);
  if (match === null) throw badUrl('is not of the form sc://host:port/;name=value;…');
  const host = match[1] ?? '';
  const port = match[2] === undefined ? DEFAULT_PORT : Number(match[2]);
  if (port < 1 || port > 65_535) throw badUrl(`has the impossible port ${port}`);
  const parameters = parseParameters(match[3] ?? '');
  const headers = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (name.startsWith('x-')) headers.set(name, value);
    else if (!['use_ssl', 'token', 'user_id'].includes(name)) throw badUrl(`has the unknown parameter ${name}`);
  }
  const token = parameters.get('token');
  const tls = wantsTls(parameters.get('use_ssl'), token, isLoopback(host));
  return {
    baseUrl: `${tls ? 'https' : 'http'}://${host}:${port}`,
    display: `sc://${host}:${port}`,
    token,
    userId: parameters.get('user_id') ?? 'parallax',
    headers,
  };
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 1) throw badUrl('has a parameter without a value');
    const name = part.slice(0, equals).toLowerCase();
    if (parameters.has(name)) throw badUrl(`repeats the parameter ${name}`);
    parameters.set(name, decode(part.slice(equals + 1), name));
  }
  return parameters;
}

function decode(value: string, name: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw badUrl(`has a badly percent-encoded ${name}`);
  }
}

function wantsTls(useSsl: string | undefined, token: string | undefined, loopback: boolean): boolean {
  if (useSsl !== undefined && useSsl !== 'true' && useSsl !== 'false') throw badUrl('has a use_ssl that is neither true nor false');
  if (token !== undefined && useSsl === 'false' && !loopback) throw badUrl('would send its token without TLS to another machine');
  if (useSsl === undefined) return token !== undefined && !loopback;
  return useSsl === 'true';
}

/** Whether the host names this very machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function badUrl(what: string): ParallaxError {
  return new ParallaxError('PRLX_SPARK_URL', `the address of Spark Connect ${what}`, {
    advice: 'Write sc://host:port, with /;use_ssl=true;token=… for a remote server.',
    exitCode: 2,
  });
}
