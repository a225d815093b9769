import { ParallaxError } from '@parallax/core';
import { ProjectError } from '@parallax/core/load-project.ts';
import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { formatFailure, formatFailureJson, toFailure } from '../src/failure.ts';
import { Stopped } from '../src/until-stopped.ts';

const project = new ProjectError('/p', [
  { place: { file: 'streams/a.yaml', line: 3, field: 'key.field' }, message: 'bad' },
  { place: { file: 'parallax.yaml', line: 9 }, message: 'worse' },
]);
const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED', syscall: 'connect' });
const circular: Error = new Error('circular');
circular.cause = circular;

describe('whatever is thrown becomes a message and an exit code', () => {
  test.each<[string, unknown, number, string | null]>([
    ['an error with its own code', new ParallaxError('PRLX_X', 'x', { exitCode: 1 }), 1, 'PRLX_X'],
    ['an error without exit code', new ParallaxError('PRLX_X', 'x'), 3, 'PRLX_X'],
    ['a bad project', project, 2, 'PRLX_PROJECT'],
    ['an unknown option', new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"), 2, 'PRLX_USAGE'],
    ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0, null],
    ['help for want of a command', new CommanderError(1, 'commander.help', '(outputHelp)'), 2, null],
    ['an error of the system', system, 3, 'PRLX_SYSTEM'],
    ['the user, by Ctrl-C', new Stopped('SIGINT'), 130, null],
    ['the user, by SIGTERM', new Stopped('SIGTERM'), 143, null],
    ['a defect', new TypeError('x is undefined'), 3, 'PRLX_INTERNAL'],
    ['a text', 'oops', 3, 'PRLX_INTERNAL'],
    ['nothing', undefined, 3, 'PRLX_INTERNAL'],
    ['an object without text', Object.create(null), 3, 'PRLX_INTERNAL'],
    ['a cause of itself', circular, 3, 'PRLX_INTERNAL'],
  ])('%s', (_, error, exitCode, code) => {
    const found = toFailure(error);
    expect(found).toMatchObject({ exitCode, code });
    const text = formatFailure(found, false);
    const json = formatFailureJson(found);
    if (code === null) {
      expect([text, json]).toEqual(['', '']);
    } else {
      expect(text).toContain(`error ${code}: `);
      expect(json.endsWith('\n') && !json.trimEnd().includes('\n')).toBe(true);
      expect(JSON.parse(json)).toMatchObject({ error: { code, exit_code: exitCode } });
    }
  });
});

describe('what a person reads', () => {
  test('problems with their places, then the advice', () => {
    expect(formatFailure(toFailure(project), false)).toBe(
      [
        'error PRLX_PROJECT: 2 problems in the project /p',
        '  parallax.yaml:9: worse',
        '  streams/a.yaml:3 (key.field): bad',
        '→ Correct the lines named above; docs/contract.md, section 10, is the schema of these files.',
        '',
      ].join('\n'),
    );
  });

  test('causes that the message does not have, and the stack only on request', () => {
    const error = new ParallaxError('PRLX_KAFKA', 'the topic cannot be read: timeout', {
      cause: new Error('timeout', { cause: new Error('socket closed') }),
    });
    expect(formatFailure(toFailure(error), false)).toBe('error PRLX_KAFKA: the topic cannot be read: timeout\n  because: socket closed\n');
    expect(formatFailure(toFailure(error), true)).toContain('failure.test.ts');
  });

  test('a defect shows its stack and asks for a report', () => {
    expect(formatFailure(toFailure(new TypeError('x')), false)).toMatch(/failure\.test\.ts.*→ This is a defect/s);
  });

  test('usage says where help is', () => {
    const error = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--jsno'\n(Did you mean --json?)");
    expect(formatFailure(toFailure(error), false)).toBe(
      "error PRLX_USAGE: unknown option '--jsno'\n(Did you mean --json?)\n→ parallax <command> --help explains each option.\n",
    );
  });
});

test('a script reads every problem', () => {
  expect(JSON.parse(formatFailureJson(toFailure(project)))).toMatchObject({
    error: {
      code: 'PRLX_PROJECT',
      exit_code: 2,
      retryable: false,
      problems: [
        { file: 'parallax.yaml', line: 9, message: 'worse' },
        { file: 'streams/a.yaml', line: 3, field: 'key.field', message: 'bad', text: 'streams/a.yaml:3 (key.field): bad' },
      ],
    },
  });
});
