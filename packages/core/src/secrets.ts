import { readFileSync, statSync } from 'node:fs';
import { ParallaxError } from './errors.ts';
import { SECRET_BYTES_MAX } from './limits.ts';
import type { SecretRef } from './project.ts';

/**
 * Reads `env:NAME`, `file:/path` or a literal. The value itself is not looked up.
 * @returns null when the text is empty, names no variable or no path
 */
export function parseSecretRef(text: string): SecretRef | null {
  if (text.startsWith('env:')) {
    const name = text.slice('env:'.length);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? { kind: 'env', name } : null;
  }
  if (/^file:(?!\/\/)/.test(text)) {
    const path = text.slice('file:'.length);
    return path === '' ? null : { kind: 'file', path };
  }
  return text === '' ? null : { kind: 'literal', value: text };
}

/** How a reference may be shown: never its value. */
export function describeSecretRef(ref: SecretRef): string {
  switch (ref.kind) {
    case 'env':
      return `env:${ref.name}`;
    case 'file':
      return `file:${ref.path}`;
    case 'literal':
      return 'a literal value';
  }
}

/**
 * The value that `ref` points to; of a file, its text without the line ends at its end.
 * @param env where `env:` looks, usually `process.env`
 * @throws ParallaxError PRLX_SECRET (exit code 2) naming the reference, never a value
 */
export function resolveSecret(ref: SecretRef, env: Readonly<Record<string, string | undefined>>): string {
  switch (ref.kind) {
    case 'literal':
      return ref.value;
    case 'env': {
      const value = env[ref.name];
      if (value === undefined || value === '') {
        throw secretError(`the environment variable ${ref.name} is ${value === undefined ? 'not set' : 'empty'}`, `Set ${ref.name}.`);
      }
      return value;
    }
    case 'file': {
      const value = readSecretFile(ref.path);
      if (value === '') throw secretError(`the secret file ${ref.path} is empty`, 'Write the value into it.');
      return value;
    }
  }
}

function readSecretFile(path: string): string {
  try {
    if (statSync(path).size > SECRET_BYTES_MAX) throw new Error(`larger than ${SECRET_BYTES_MAX} bytes`);
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw secretError(`the secret file ${path} cannot be read: ${why}`, 'Check its path and permissions.');
  }
}

function secretError(message: string, advice: string): ParallaxError {
  return new ParallaxError('PRLX_SECRET', message, { exitCode: 2, advice });
}
