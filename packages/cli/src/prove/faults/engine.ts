import { faultMinutes, type Plan } from '../recording/plan.ts';
import type { Fault } from './fault.ts';

const SETTINGS: readonly { readonly name: string; readonly value: string; readonly what: string }[] = [
  { name: 'spark.sql.session.timeZone', value: 'Asia/Kolkata', what: 'the session’s clock is in Kolkata, at an offset of half an hour' },
  { name: 'spark.sql.session.timeZone', value: 'America/New_York', what: 'the session’s clock is in New York' },
  { name: 'spark.sql.session.timeZone', value: 'Europe/Berlin', what: 'the session’s clock is in Berlin, an hour ahead' },
  { name: 'spark.sql.ansi.enabled', value: 'false', what: 'ANSI mode is off' },
  { name: 'spark.sql.decimalOperations.allowPrecisionLoss', value: 'false', what: 'a product of decimals may not lose places' },
  { name: 'spark.sql.adaptive.enabled', value: 'true', what: 'plans are changed while they run' },
  { name: 'spark.sql.codegen.wholeStage', value: 'true', what: 'code is generated' },
  { name: 'spark.sql.shuffle.partitions', value: '7', what: 'shuffles have seven partitions' },
  { name: 'spark.sql.caseSensitive', value: 'true', what: 'names are told apart by case' },
];

/** Settings of the engine other than the product sets them. Some may not matter: that is to be shown too. */
export function engineFaults(plan: Plan): readonly Fault[] {
  return SETTINGS.map(({ name, value, what }) => ({
    id: `engine-${name.replace('spark.sql.', '').replaceAll(/[^A-Za-z0-9]+/g, '-')}-${value.replaceAll(/[^A-Za-z0-9]+/g, '-')}`,
    kind: 'engine',
    family: 'setting',
    target: `${name} = ${value}`,
    what,
    diff: null,
    expected: { stages: ['satisfaction'], sources: ['satisfaction.sql'] },
    // Each runs to the end unless it matters: the last minutes will do.
    from: faultMinutes(plan).at(-3) ?? plan.faultsFrom,
    put: { side: 'spark', rules: 'probe', inject: async () => ({ settings: { [name]: value } }) },
  }));
}
