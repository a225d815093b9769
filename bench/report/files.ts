import { type Printed, renderMarkdown } from './markdown.ts';
import { renderSvg } from './svg.ts';

/** The files of a report, texts by name: `<name>.json` with all that is known of the run, `<name>.md`, and `<name>.svg` where something is drawn. */
export function reportFiles(printed: Printed): ReadonlyMap<string, string> {
  const { name, command, size, at, machine, versions, report } = printed;
  const { figures, tables, charts } = report;
  const kept = { bench: name, machine, versions, figures, command, size, at, tables, charts };
  const files = new Map([
    [`${name}.json`, `${JSON.stringify(kept, null, 2)}\n`],
    [`${name}.md`, renderMarkdown(printed)],
  ]);
  if (charts.length > 0) files.set(`${name}.svg`, renderSvg(charts));
  return files;
}
