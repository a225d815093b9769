import type { Server } from 'node:http';
import { resolve } from 'node:path';
import { LedgerReader, LiveSources, loadLogic } from '@parallax/alternative';
import { formatSecond, type Project } from '@parallax/core';
import { systemClock } from '@parallax/pipeline';
import { loadCanaries, VerdictStore, verdictLine } from '@parallax/reconcile';
import type { Command } from 'commander';
import { openProject } from '../checked-project.ts';
import { type DeploymentFlags, deploymentOf, requireKafka } from '../deployment.ts';
import { positiveInteger } from '../numbers.ts';
import { untilStopped } from '../until-stopped.ts';
import { type Again, againOfRun } from '../verdict/again.ts';
import { verdictHead, verdictLines } from '../verdict/cause.ts';
import { fitCollector } from '../verify/collector.ts';
import { LEDGER_POLL_MS } from '../verify/limits.ts';
import { serveMetrics, VerifierMetrics } from '../verify/metrics.ts';
import { ENDS_WITH_INPUT, READY_LINE } from '../verify/ready.ts';
import { type VerifiedMinute, verifyMinutes } from '../verify/verifier.ts';

interface VerifyFlags extends DeploymentFlags {
  project: string;
  metricsPort?: number;
  json?: boolean;
}

/** `verify`: the second line of sight on a run, in a process of its own. */
export function register(program: Command): void {
  program
    .command('verify')
    .description("verify a run's minutes by the alternative method, from its own readings of brokers, queue, stores and API")
    .option('--project <dir>', 'the project folder, with alternative.ts', '.')
    .option('--state <dir>', "the run's folder of ledger and state (default: .parallax/state/<project>)")
    .option(
      '--kafka <bootstrap>',
      "Kafka's bootstrap servers (or alternative: { kafka: … } in deploy.yaml: other brokers or another listener of the same cluster; a mirror has offsets of its own)",
    )
    .option('--amqp <url>', 'the AMQP 1.0 broker of streams that name no url (or alternative: { amqp: … } in deploy.yaml)')
    .option('--metrics-port <port>', 'serve Prometheus metrics at http://127.0.0.1:<port>/metrics', positiveInteger)
    .option('--json', 'print one JSON object a verdict on standard output')
    .action((flags: VerifyFlags) => untilStopped((signal) => verify(flags, signal)));
}

async function verify(flags: VerifyFlags, signal: AbortSignal): Promise<void> {
  const collect = fitCollector();
  const note = (text: string) => process.stderr.write(`${text}\n`);
  if (process.env[ENDS_WITH_INPUT] === '1') process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
  const project = await openProject(resolve(flags.project), { sources: true });
  const logic = await loadLogic(project);
  const canaries = await loadCanaries(project, process.env);
  if ('off' in canaries && canaries.off !== null) note(`the canaries are off: ${canaries.off}`);
  const deployment = await deploymentOf(project, flags, process.env);
  const { state, alternative } = deployment;
  const metrics = new VerifierMetrics(cpuSeconds, () => process.memoryUsage.rss());
  let ledger: LedgerReader | null = null;
  let server: Server | null = null;
  const verdicts = await VerdictStore.create(state);
  const sources = new LiveSources({
    project,
    state,
    ledger: () => {
      if (ledger === null) throw new Error('no ledger is open');
      return ledger;
    },
    kafka: alternative.kafka ?? requireKafka(deployment),
    amqp: alternative.amqp ?? deployment.amqp,
    stores: alternative.stores,
    ownCalls: alternative.online,
    env: process.env,
    now: () => Date.now(),
    note,
  });
  try {
    await sources.open();
    metrics.begin(verdicts.counts());
    if (flags.metricsPort !== undefined) server = await serveMetrics(metrics, flags.metricsPort);
    note(READY_LINE);
    ledger = await awaitLedger(state, signal);
    if (ledger === null) return;
    const opened = ledger;
    const again = againOfRun({
      ...{ folder: flags.project, project, state, kafka: flags.kafka ?? null },
      first: () => opened.firstSeal(),
    });
    const onVerdict = (minute: VerifiedMinute): void => {
      metrics.add(minute);
      show(project, minute, flags.json === true, again, note);
    };
    await verifyMinutes({
      project,
      logic,
      state,
      sources,
      ledger,
      verdicts,
      canaries: 'off' in canaries ? null : canaries,
      clock: systemClock,
      collect,
      signal,
      note,
      onVerdict,
    });
  } finally {
    server?.close();
    await sources.close();
    ledger?.close();
    verdicts.close();
  }
}

async function awaitLedger(state: string, signal: AbortSignal): Promise<LedgerReader | null> {
  while (!signal.aborted) {
    const ledger = LedgerReader.open(state);
    if (ledger !== null) return ledger;
    await systemClock.sleep(LEDGER_POLL_MS, signal);
  }
  return null;
}

function show(
  { name }: Project,
  { verdict, lagMs, behind }: VerifiedMinute,
  json: boolean,
  again: Again,
  note: (text: string) => void,
): void {
  if (json) {
    process.stdout.write(`${verdictLine(verdict)}\n`);
    return;
  }
  const { canaries } = verdict.coverage;
  const known = canaries === undefined ? '' : `, ${canaries} canaries held against what is known`;
  const late = behind > 0 ? `, ${behind} minutes behind` : '';
  note(`${name} ${formatSecond(verdict.minute)}  ${verdictHead(verdict)}  ${(lagMs / 1000).toFixed(1)} s after the seal${known}${late}`);
  // Beside a run it is the run's view that says who differs.
  if (process.env[ENDS_WITH_INPUT] !== '1') for (const line of verdictLines(verdict, again)) note(`  ${line}`);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
