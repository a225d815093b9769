/** Characters of a line of a plan that are shown: what a function is told of a view's files is long. */
const LINE_SHOWN = 200;

/** A plan as a report shows it: without the names of the machine's folders, and with the beginning of each line. */
export function shownPlan(plan: string, folder: string): string {
  const lines = plan.replaceAll(folder, '…').trim().split('\n');
  return lines.map((line) => (line.length > LINE_SHOWN ? `${line.slice(0, LINE_SHOWN)}…` : line.trimEnd())).join('\n');
}
