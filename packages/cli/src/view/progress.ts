import { bar } from './bars.ts';
import type { Paint } from './style.ts';
import { count, cut, harmless, padEnd, padStart } from './text.ts';

/** What happens before the first minute. `name` is the same for all events of one service or step. */
export type Progress =
  | {
      readonly kind: 'service';
      readonly name: string;
      readonly state: 'starting' | 'ready' | 'failed';
      readonly seconds?: number;
      readonly detail?: string;
    }
  | {
      readonly kind: 'step';
      readonly name: string;
      readonly state: 'running' | 'done' | 'failed';
      readonly seconds?: number;
      /** How much is done, of how much, and of what: `rows`, `minutes`. */
      readonly done?: number;
      readonly of?: number;
      readonly unit?: string;
      readonly detail?: string;
    };

const NAME_WIDTH = 24;
const BAR_WIDTH = 24;

/** One line of the start-up display. */
export function renderProgress(event: Progress, width: number, paint: Paint): string {
  const mark = markOf(event, paint);
  const seconds = event.seconds === undefined ? '' : paint(padStart(`${event.seconds.toFixed(1)} s`, 8), 'dim');
  const name = padEnd(cut(harmless(event.name), NAME_WIDTH), NAME_WIDTH);
  const rest = [
    seconds,
    amount(event, paint),
    event.detail === undefined ? '' : paint(cut(harmless(event.detail), Math.max(10, width - 66)), 'dim'),
  ];
  return `  ${mark} ${name}${rest.filter((part) => part !== '').join('  ')}`;
}

function markOf(event: Progress, paint: Paint): string {
  switch (event.state) {
    case 'starting':
    case 'running':
      return paint('◌', 'yellow');
    case 'ready':
    case 'done':
      return paint('●', 'green');
    case 'failed':
      return paint('✗', 'red');
  }
}

function amount(event: Progress, paint: Paint): string {
  if (event.kind !== 'step' || event.done === undefined) return '';
  const unit = event.unit === undefined ? '' : ` ${harmless(event.unit)}`;
  if (event.of === undefined || event.of <= 0) return `${count(event.done)}${unit}`;
  const percent = Math.floor(Math.min(1, event.done / event.of) * 100);
  const numbers = paint(`${count(event.done)} of ${count(event.of)}${unit}`, 'dim');
  if (event.state === 'done') return numbers;
  return `${paint(padEnd(bar(event.done, event.of, BAR_WIDTH), BAR_WIDTH), 'cyan')} ${padStart(`${percent}`, 3)} %  ${numbers}`;
}
