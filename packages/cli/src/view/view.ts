import type { MinuteExtras, MinuteReport } from '@parallax/core/minute-report.ts';
import type { Minute } from './frame.ts';
import { plainLine } from './plain-line.ts';
import { type Progress, renderProgress } from './progress.ts';
import { renderMinute } from './render-minute.ts';
import { inColour, type Paint, plain } from './style.ts';
import { cutColoured, harmless } from './text.ts';

/** What the demo and `run` tell the person in front of the terminal, or the script behind the pipe. */
export interface View {
  /** Before the first minute: services and steps. */
  progress(event: Progress): void;
  /** A minute, and again when its verdict has come or its actions have moved on. `settled`: nothing of it is waited for any more. */
  minute(report: MinuteReport, extras: MinuteExtras, settled?: boolean): void;
  /** A line that stays. */
  note(text: string): void;
  /** Ends the display; what was last drawn stays. */
  close(): void;
}

export interface ViewOptions {
  readonly project: string;
  /** Minutes as JSON lines on `out` and nothing else there. */
  readonly json: boolean;
  /** Whether `out` is a terminal that may be drawn on. */
  readonly tty: boolean;
  readonly out: (text: string) => void;
  /** For progress and notes beside JSON lines; usually standard error. */
  readonly err: (text: string) => void;
  readonly columns: () => number;
  readonly rows?: () => number;
  /** False with `NO_COLOR`. */
  readonly colour?: boolean;
}

const COLUMNS_OTHERWISE = 100;
const MEANS_MAX = 240;
/** Between two reports of the same running step in a log. */
const PLAIN_STEP_PERCENT = 25;

/** The view that fits: JSON lines, a drawing that is renewed in place, or plain lines. */
export function createView(options: ViewOptions): View {
  if (options.json) return jsonView(options);
  return options.tty ? new LiveView(options) : plainView(options);
}

/** Options for the process's own streams. */
export function processViewOptions(project: string, json: boolean): ViewOptions {
  const { stdout, stderr, env } = process;
  return {
    project,
    json,
    tty: stdout.isTTY === true && env.TERM !== 'dumb',
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    columns: () => stdout.columns ?? COLUMNS_OTHERWISE,
    rows: () => stdout.rows ?? 0,
    colour: (env.NO_COLOR ?? '') === '',
  };
}

function jsonView({ out, err, columns }: ViewOptions): View {
  const first = firstSettled();
  return {
    progress: plainProgress((line) => err(line), columns),
    minute: (report, _extras, settled = true) => {
      if (first(report, settled)) out(`${minuteJson(report)}\n`);
    },
    note: (text) => err(`${harmless(text)}\n`),
    close: () => {},
  };
}

/** What cannot be renewed gets each minute once, in order, when it is settled. */
function firstSettled(): (report: MinuteReport, settled: boolean) => boolean {
  let newest = '';
  return ({ minute }, settled) => {
    if (!settled || minute <= newest) return false;
    newest = minute;
    return true;
  };
}

/** The fields of the design's section 8 in its order, and what was added since. */
const JSON_FIELDS = [
  'minute',
  'manifest',
  'digest',
  'counts',
  'population',
  'batch',
  'satisfaction',
  'actions',
  'verdict',
  'verdict_reason',
  'cause',
  'canaries',
  'phases_ms',
  'on_time',
  'behind',
  'state',
] as const satisfies readonly (keyof MinuteReport)[];

/** These fields, and none else that the value may carry. */
function minuteJson(report: MinuteReport): string {
  return JSON.stringify(Object.fromEntries(JSON_FIELDS.map((field) => [field, report[field]])));
}

function plainView({ out, columns }: ViewOptions): View {
  const first = firstSettled();
  return {
    progress: plainProgress((line) => out(line), columns),
    minute: (report, extras, settled = true) => {
      if (first(report, settled)) out(`${plainLine({ report, extras })}\n`);
    },
    note: (text) => out(`${harmless(text)}\n`),
    close: () => {},
  };
}

/** A line when something begins or ends, and at each quarter of a long step. */
function plainProgress(write: (line: string) => void, columns: () => number): (event: Progress) => void {
  const said = new Map<string, string>();
  return (event) => {
    const part =
      event.kind === 'step' && event.done !== undefined && event.of ? Math.floor((event.done / event.of) * (100 / PLAIN_STEP_PERCENT)) : 0;
    const stage = `${event.state} ${part}`;
    if (said.get(event.name) === stage) return;
    said.set(event.name, stage);
    write(`${renderProgress(event, columns(), plain).trimEnd()}\n`);
  };
}

/** Draws below what is already on the terminal, and renews the drawing in place. */
class LiveView implements View {
  readonly #options: ViewOptions;
  readonly #paint: Paint;
  readonly #steps = new Map<string, Progress>();
  readonly #means: (number | null)[] = [];
  #newest: Minute | null = null;
  /** Lines of the drawing that the cursor stands below. */
  #drawn = 0;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#paint = options.colour === false ? plain : inColour;
    options.out('\x1b[?25l');
  }

  progress(event: Progress): void {
    this.#steps.set(event.name, event);
    this.#draw();
  }

  minute(report: MinuteReport, extras: MinuteExtras): void {
    if (this.#newest === null) this.#keepProgress();
    // News of an earlier minute is in the page and the ledger; the drawing is of the newest one.
    if (this.#newest !== null && report.minute < this.#newest.report.minute) return;
    if (this.#newest?.report.minute !== report.minute) this.#means.push(report.satisfaction.mean);
    if (this.#means.length > MEANS_MAX) this.#means.shift();
    this.#newest = { report, extras };
    this.#draw();
  }

  note(text: string): void {
    const erased = this.#erase();
    this.#options.out(`${erased}${this.#paint(`  ${harmless(text)}`, 'dim')}\n`);
    this.#draw();
  }

  close(): void {
    this.#options.out('\x1b[?25h');
    this.#drawn = 0;
  }

  /** What was started stays above the minutes; steps that go on are drawn again with them. */
  #keepProgress(): void {
    this.#drawn = 0;
    for (const [name, { state }] of this.#steps) if (state !== 'running' && state !== 'starting') this.#steps.delete(name);
    this.#options.out('\n');
  }

  #draw(): void {
    const width = this.#options.columns() - 1;
    const progress = [...this.#steps.values()].map((event) => renderProgress(event, width, this.#paint));
    const rows = this.#options.rows?.() ?? 0;
    const minute = this.#newest === null ? [] : this.#frame(width, rows > 2 ? rows - 1 - progress.length : Number.POSITIVE_INFINITY);
    const lines = [...minute, ...progress].map((line) => cutColoured(line, width));
    // Lines that have left the screen above cannot be renewed: a drawing is never higher than the terminal.
    const shown = rows > 2 ? lines.slice(0, rows - 1) : lines;
    this.#options.out(`${this.#erase()}${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  /** The minute in full, or in short when that is higher than `height` lines. */
  #frame(width: number, height: number): readonly string[] {
    if (this.#newest === null) return [];
    const frame = { ...this.#newest, project: this.#options.project, means: this.#means };
    const full = renderMinute(frame, width, this.#paint).trimEnd().split('\n');
    return full.length <= height ? full : renderMinute(frame, width, this.#paint, 'compact').trimEnd().split('\n');
  }

  #erase(): string {
    const up = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A`;
    this.#drawn = 0;
    return `${up}\r\x1b[J`;
  }
}
