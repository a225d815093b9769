import type { Bench, BenchReport, BenchSize, ReportTable } from '../bench.ts';
import type { Figure } from '../figures.ts';
import type { Machine } from '../machine.ts';

export interface Printed {
  readonly name: string;
  /** What was typed, with its settings. */
  readonly command: string;
  readonly bench: Pick<Bench, 'title' | 'about'>;
  readonly size: BenchSize;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly at: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly report: BenchReport;
}

/** The report as a page of `docs/benchmarks/`, made whole by the command. */
export function renderMarkdown({ name, command, bench, at, machine, versions, report }: Printed): string {
  const parts = [
    `# ${bench.title}`,
    `Made by \`${command}\` on ${at}; not edited by hand. ${bench.about}`,
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}. Versions: ${Object.entries(
      versions,
    )
      .map(([what, version]) => `${what} ${version}`)
      .join(', ')}.`,
    '## Figures',
    table(['Figure', 'Measured', 'Goal', 'Holds'], report.figures.map(figureRow), ['l', 'r', 'r', 'l']),
    ...(report.charts.length > 0 ? [`![${bench.title}](${name}.svg)`] : []),
    ...report.tables.flatMap(section),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section({ title, text, columns, rows, verbatim }: ReportTable): string[] {
  return [
    `## ${title}`,
    ...(text === '' ? [] : [text]),
    ...(columns.length > 0 ? [table(columns, rows)] : []),
    ...(verbatim === undefined ? [] : [`\`\`\`text\n${verbatim}\n\`\`\``]),
  ];
}

function figureRow({ name, value, unit, goal, holds }: Figure): string[] {
  const shown = value === null ? 'not measured' : `${numberText(value)} ${unit}`.trim();
  return [name, shown, goal ?? '', holds === null ? '' : holds ? 'yes' : '**no**'];
}

/** Plain digits, thousands apart by a narrow blank that Markdown keeps. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 3 }) : String(value);
}

type Align = 'l' | 'r';

function table(columns: readonly string[], rows: readonly (readonly string[])[], aligns: readonly Align[] = []): string {
  const cells = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const align = (i: number): Align => aligns[i] ?? (i === 0 ? 'l' : 'r');
  const rule = `| ${columns.map((_, i) => (align(i) === 'r' ? '--:' : '---')).join(' | ')} |`;
  return [cells(columns), rule, ...rows.map(cells)].join('\n');
}
