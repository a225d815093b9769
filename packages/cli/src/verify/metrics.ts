import { createServer, type Server } from 'node:http';
import { VERDICTS, type Verdict } from '@parallax/core';
import type { VerifiedMinute } from './verifier.ts';

/** What the verifier says of itself, in Prometheus' text format. */
export class VerifierMetrics {
  readonly #verdicts = new Map<Verdict, number>(VERDICTS.map((verdict) => [verdict, 0]));
  readonly #cpuSeconds: () => number;
  readonly #rssBytes: () => number;
  #last: VerifiedMinute | null = null;

  constructor(cpuSeconds: () => number, rssBytes: () => number) {
    this.#cpuSeconds = cpuSeconds;
    this.#rssBytes = rssBytes;
  }

  /** @param given verdicts of this state from before this process began */
  begin(given: Readonly<Record<string, number>>): void {
    for (const verdict of VERDICTS) this.#verdicts.set(verdict, given[verdict] ?? 0);
  }

  add(minute: VerifiedMinute): void {
    const { verdict } = minute.verdict;
    this.#verdicts.set(verdict, (this.#verdicts.get(verdict) ?? 0) + 1);
    this.#last = minute;
  }

  text(): string {
    const lines: string[] = [];
    const metric = (name: string, type: 'counter' | 'gauge', help: string, samples: readonly (readonly [string, number])[]): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`);
    };
    metric(
      'prlx_verdict_total',
      'counter',
      'Minutes by their verdict.',
      VERDICTS.map((verdict) => [`{verdict="${verdict}"}`, this.#verdicts.get(verdict) ?? 0] as const),
    );
    if (this.#last !== null) {
      const { verdict, lagMs, behind } = this.#last;
      metric('prlx_verdict_lag_seconds', 'gauge', 'From the seal of the newest verified minute to its verdict.', [['', lagMs / 1000]]);
      metric('prlx_verdict_minute_timestamp_seconds', 'gauge', 'The newest verified minute.', [['', Number(verdict.minute / 1_000_000n)]]);
      metric('prlx_verdict_behind_minutes', 'gauge', 'Committed minutes without a verdict.', [['', behind]]);
      metric(
        'prlx_verdict_coverage',
        'gauge',
        'What the newest verdict covers.',
        Object.entries(verdict.coverage).flatMap(([what, n]) => (typeof n === 'number' ? [[`{what="${labelOf(what)}"}`, n] as const] : [])),
      );
    }
    metric('prlx_verifier_cpu_seconds_total', 'counter', 'Processor time of the verifier, user and system.', [['', this.#cpuSeconds()]]);
    metric('prlx_verifier_resident_memory_bytes', 'gauge', 'Resident memory of the verifier.', [['', this.#rssBytes()]]);
    return `${lines.join('\n')}\n`;
  }
}

function labelOf(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Serves `/metrics` on the loopback interface. */
export async function serveMetrics(metrics: VerifierMetrics, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics';
    response.writeHead(found ? 200 : 404, { 'content-type': found ? 'text/plain; version=0.0.4' : 'text/plain' });
    response.end(found ? metrics.text() : 'GET /metrics\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
