import { join, resolve } from 'node:path';

/** The checkout's root. */
export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** Everything that Parallax makes at run time stands here, ignored by Git. */
export const RUNTIME = join(REPOSITORY, '.parallax');

export const JARS = join(RUNTIME, 'jars');
