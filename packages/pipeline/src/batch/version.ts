import type { BatchVersion } from '@parallax/core';

/** Whether two are one version of one day; none is like none alone. */
export function sameVersion(a: BatchVersion | null | undefined, b: BatchVersion | null | undefined): boolean {
  return a == null || b == null ? a == null && b == null : a.day === b.day && a.version === b.version;
}

/** A version as a key: its day and its name. */
export function versionName({ day, version }: BatchVersion): string {
  return `${day} ${version}`;
}
