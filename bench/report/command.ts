import type { BenchContext } from '../bench.ts';

/** Words that a shell takes as they are. */
const PLAIN = /^[\w.,:=/+@%-]+$/;

/** The command that measures the same again: the bench's name, its size and every setting, quoted for a shell where it has to be. */
export function benchCommand(name: string, { size, settings }: Pick<BenchContext, 'size' | 'settings'>): string {
  const words = [...settings].map(([setting, value]) => quoted(`${setting}=${value}`));
  return ['./parallax bench', name, `--${size}`, ...(words.length === 0 ? [] : ['--set', ...words])].join(' ');
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
