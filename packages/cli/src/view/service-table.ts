import { type ServiceStatus, withoutPassword } from '@parallax/local';

/** Prints services to standard output: a table, or one JSON object a line. Passwords in URLs are hidden unless asked for. */
export function printStatuses(statuses: readonly ServiceStatus[], json: boolean, showSecrets = false): void {
  const shown = showSecrets
    ? statuses
    : statuses.map((status) => ({ ...status, url: status.url === null ? null : withoutPassword(status.url) }));
  process.stdout.write(json ? shown.map(jsonLine).join('') : table(shown));
}

function jsonLine(status: ServiceStatus): string {
  const { service, state, pid, port, url, rssBytes, logFile, detail } = status;
  return `${JSON.stringify({ service, state, ready: state === 'ready', pid, port, url, rss_bytes: rssBytes, log: logFile, detail })}\n`;
}

/** Columns as wide as their widest cell. */
export function table(statuses: readonly ServiceStatus[]): string {
  const head = ['service', 'state', 'pid', 'port', 'memory', 'url', 'log'];
  const rows = statuses.map(({ service, state, pid, port, url, rssBytes, logFile, detail }) => [
    service,
    detail === null ? state : `${state}: ${detail.split('\n')[0]}`,
    pid === null ? '' : String(pid),
    port === null ? '' : String(port),
    rssBytes === null ? '' : `${Math.round(rssBytes / 2 ** 20)} MiB`,
    url ?? '',
    logFile ?? '',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  return [head, ...rows].map(line).join('');
}
