import { mkdirSync } from 'node:fs';
import { loadProject } from '@parallax/core/load-project.ts';
import { loadLogic } from '@parallax/alternative/score/logic.ts';
import { writeBaseRecording } from './recording/write.ts';
import { makePlan, WHOLE, faultMinutes } from './recording/plan.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { SparkSide } from './run/spark-side.ts';
import { runAlternative } from './run/alternative-side.ts';
import { runRules } from './run/rules.ts';
import { firstDifference } from './run/lines.ts';
import { sqlMutants, drawOrder } from './mutate/sql-mutants.ts';
import { Random } from './random.ts';
import { formatSecond } from '@parallax/core';
const lead = Number(process.argv[2] ?? 64);
const project = await loadProject('examples/telecom');
const plan = makePlan(project, {...WHOLE, leadMinutes: lead});
const W = '/tmp/prove-try'; mkdirSync(W, {recursive: true});
const since = () => (performance.now()/1000).toFixed(1);
await writeBaseRecording(`${W}/recording`, project, await loadLogic(project), plan);
console.log(since(), 'written');
const keeper = new EngineKeeper({ url: process.env.URL ?? null, home: `${W}/services`, note: console.log });
try {
const engine = await keeper.engine();
console.log(since(), 'engine');
const side = new SparkSide({ project, plan, recording: `${W}/recording`, work: `${W}/work`, engine, openEngine: () => { throw new Error() } });
await side.run((m, d, of) => { if (d % 8 === 0 || d === of) console.log(since(), d, of, JSON.stringify(m.outcome.phasesMs)); });
const alt = await runAlternative(project, plan, `${W}/recording`, W);
console.log(since(), 'alternative');
for (const m of faultMinutes(plan)) console.log(formatSecond(m), firstDifference(side.minutes.get(m)!.lines, alt.get(m)!));
console.log(since(), 'fork');
const f = await side.fork('plain', plan.faultsFrom, {});
for (const [m, d] of f.minutes) console.log(since(), formatSecond(m), firstDifference(side.minutes.get(m)!.lines, d.lines));
for (const x of drawOrder(sqlMutants(project, 'satisfaction.sql'), new Random('1')).slice(0,5)) {
  const r = await runRules(side, 'm', plan.faultsFrom, {...project, satisfactionSql: x.sql, hash: 'm'+x.what});
  console.log(since(), x.what, r.refused?.error.message, [...r.minutes].map(([m, l]) => firstDifference(side.minutes.get(m)!.lines, l)).join(' '));
}
} finally { await keeper.close(); }
