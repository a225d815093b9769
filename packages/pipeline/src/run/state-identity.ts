import { MICROS_PER_MINUTE, MICROS_PER_SECOND, ParallaxError, type Project, type Stream } from '@parallax/core';
import type { Ledger } from '../ledger/ledger.ts';

/** How state is packed: another number cannot be continued. */
const STATE_FORMAT = 2;

/**
 * What windows and claims are made by. `lateness` and `max_ahead`, microseconds as text, say how far back panes may still change (where the stacks turn), which ids
 * are still known and which early events wait; state that was made before they were written down has none. `grace` is none of it: ranges go on from the seal before.
 */
interface StateIdentity {
  readonly format: number;
  readonly name: string;
  readonly key: Project['key'];
  readonly streams: readonly Stream[];
  readonly lateness?: string;
  readonly max_ahead?: string;
}

/**
 * Takes a state folder for this project. Throws PRLX_STATE, naming what differs, when its windows were made by what cannot be continued: other streams or variables, another
 * key, `lateness` or `max_ahead`, another way to pack.
 */
export function claimState(ledger: Ledger, project: Project): void {
  const own: StateIdentity = {
    format: STATE_FORMAT,
    name: project.name,
    key: project.key,
    streams: project.streams,
    lateness: String(project.latenessUs),
    max_ahead: String(project.maxAheadUs),
  };
  const text = JSON.stringify(own);
  const before = ledger.meta('project');
  if (before === text) return;
  const differences = before === null ? [] : differencesOf(JSON.parse(before) as StateIdentity, JSON.parse(text) as StateIdentity);
  if (differences.length > 0) {
    throw new ParallaxError('PRLX_STATE', `the state folder was made otherwise: ${differences.join('; ')}`, {
      exitCode: 2,
      advice:
        'Its windows cannot be continued like this. Put that back, or give a new --state folder, with --from an hour ago to have whole windows at once; the old one keeps its results.',
    });
  }
  ledger.setMeta('project', text);
}

function differencesOf(before: StateIdentity, now: StateIdentity): string[] {
  const changed = (what: string, was: string, is: string) => (was === is ? [] : [`${what} ${was}, now ${is}`]);
  const duration = (what: string, was: string | undefined, is: string | undefined) =>
    was === undefined || is === undefined ? [] : changed(what, durationText(BigInt(was)), durationText(BigInt(is)));
  return [
    ...(before.format === now.format ? [] : ['by a version that packs state otherwise']),
    ...changed('name', before.name, now.name),
    ...changed('key', `${before.key.name} ${before.key.type}`, `${now.key.name} ${now.key.type}`),
    ...streamDifferences(before.streams, now.streams),
    ...duration('lateness', before.lateness, now.lateness),
    ...duration('max_ahead', before.max_ahead, now.max_ahead),
  ];
}

function streamDifferences(before: readonly Stream[], now: readonly Stream[]): string[] {
  const names = [...new Set([...before, ...now].map(({ name }) => name))].sort();
  const found = (streams: readonly Stream[], name: string) => JSON.stringify(streams.find((stream) => stream.name === name));
  return names.flatMap((name) => {
    const [was, is] = [found(before, name), found(now, name)];
    if (was === is) return [];
    if (was === undefined) return [`without the stream ${name}`];
    return [is === undefined ? `with a stream ${name}` : `with another source, key, time or other variables of the stream ${name}`];
  });
}

/** As a project file writes it. */
function durationText(us: bigint): string {
  if (us % MICROS_PER_MINUTE === 0n) return `${us / MICROS_PER_MINUTE}m`;
  return us % MICROS_PER_SECOND === 0n ? `${us / MICROS_PER_SECOND}s` : `${us / 1000n}ms`;
}
