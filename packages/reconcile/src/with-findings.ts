import type { Blocks, InputFinding, InputFindingKind, MinuteVerdict } from '@parallax/core';
import { WITNESSES_MAX } from './limits.ts';

/** Findings after which nothing can be concluded, with the reason that the contract gives (section 9). */
const INCONCLUSIVE: Readonly<Partial<Record<InputFindingKind, string>>> = {
  lost: 'incomplete',
  batch_overwritten: 'overwritten',
  before_queue: 'before_queue',
};

/**
 * The verdict on a minute together with what was found at its inputs. Rows that agree do not outweigh an input that is wrong: a match becomes an
 * input_divergence, or inconclusive where messages or a day are gone. A mismatch stays one, since inputs do not explain it by being named.
 */
export function withFindings(verdict: MinuteVerdict, findings: readonly InputFinding[]): MinuteVerdict {
  if (findings.length === 0) return verdict;
  const coverage = { ...verdict.coverage, input_findings: findings.length };
  const blocks = blocksOf(verdict.blocks, findings);
  // Messages that cannot be told are there on both sides: rows that differ do so for another reason.
  const gone = findings.find(({ kind }) => INCONCLUSIVE[kind] !== undefined && (kind !== 'before_queue' || verdict.verdict === 'match'));
  if (gone !== undefined)
    return { ...verdict, ...namedBy(gone, findings), verdict: 'inconclusive', reason: INCONCLUSIVE[gone.kind] ?? null, coverage, blocks };
  if (verdict.verdict !== 'match') return { ...verdict, coverage, blocks };
  const first = findings[0] as InputFinding;
  return { ...verdict, ...namedBy(first, findings), verdict: 'input_divergence', reason: first.kind, coverage, blocks };
}

function namedBy(
  first: InputFinding,
  findings: readonly InputFinding[],
): Pick<MinuteVerdict, 'stage' | 'source' | 'variable' | 'witnesses'> {
  const witnesses = findings
    .filter(({ kind, source }) => kind === first.kind && source === first.source)
    .flatMap(({ customers, kind, detail }) =>
      (customers === null || customers.length === 0 ? [''] : customers).map((customer) => ({
        customer,
        column: kind,
        spark: null,
        alternative: null,
        detail: [detail],
      })),
    );
  return { stage: 'inputs', source: first.source, variable: null, witnesses: witnesses.slice(0, WITNESSES_MAX) };
}

/** An input that no customer can be named for is everyone's. */
function blocksOf(before: Blocks, findings: readonly InputFinding[]): Blocks {
  if (before.kind === 'all' || findings.some(({ customers }) => customers === null)) return { kind: 'all' };
  const customers = new Set(before.kind === 'customers' ? before.customers : []);
  for (const each of findings) for (const customer of each.customers ?? []) customers.add(customer);
  return customers.size === 0 ? { kind: 'none' } : { kind: 'customers', customers: [...customers] };
}
