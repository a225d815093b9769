import { canaryRecord, isCanary } from './canaries.ts';
import { type Enterprise, REGIONS, TIERS } from './enterprise.ts';
import type { Incident } from './incidents.ts';
import { decimalText } from './message-bytes.ts';
import { hash32 } from './prng.ts';

/** Of 256 customers, how many care knows nothing about: they have no row in an answer. */
const WITHOUT_RECORD = 2;
/** A trouble leads to tickets after a while, and tickets outlast it: minutes back, and how much of the severity still counts. */
const ECHOES = [
  { minutesBack: 1, share: 0.8 },
  { minutesBack: 4, share: 1 },
  { minutesBack: 9, share: 0.7 },
  { minutesBack: 15, share: 0.35 },
] as const;
const TICKETS_MAX = 4;

/**
 * What customer care knows about a customer in a minute (minutes since 1970), as the JSON text of one row of the bulk answer; null when it
 * has no record. A function of the enterprise, the customer and the minute alone.
 */
export function careRecord(enterprise: Enterprise, customerId: number, minute: number): string | null {
  if (isCanary(customerId)) return enterprise.canaries.includes(customerId) ? canaryRecord(customerId) : null;
  if (!Number.isSafeInteger(customerId) || customerId < 1 || customerId > enterprise.customers) return null;
  const who = hash32(enterprise.seed, customerId, 41);
  if ((who & 0xff) < WITHOUT_RECORD) return null;
  const hour = hash32(enterprise.seed, customerId, Math.floor(minute / 60), 42);
  const customer = enterprise.customer(customerId);
  let severity = 0;
  let backlog = 0;
  for (const { minutesBack, share } of ECHOES) {
    const troubles = enterprise.troubles(customer, minute - minutesBack);
    severity = Math.max(severity, share * Math.max(troubles.outage, troubles.billing));
    backlog = Math.max(backlog, share * troubles.backlog);
  }
  const ordinary = (hour & 0xff) < 12 ? 1 + ((hour >>> 8) & 1) : 0;
  const patience = (who >>> 8) / 2 ** 24;
  const open = ordinary + Math.floor(severity * (1 - patience) * (TICKETS_MAX + 1));
  const overdue = Math.min(open, Math.round(open * (0.15 + backlog) * patience));
  const oldest = open === 0 ? 'null' : decimalText(((hour >>> 16) % 400) + Math.floor(backlog * 600), 1);
  const orders = (hour >>> 10) % 16 === 0 ? 1 : 0;
  const due = (who >>> 4) % 5 === 0 ? decimalText((who >>> 9) % 12_000, 2) : '0.00';
  const survey = (who >>> 6) % 3 === 0 ? String((hour >>> 20) % 11) : 'null';
  return (
    `{"customer_id":${customerId},"tickets":{"open":${open},"overdue":${overdue},"oldest_h":${oldest}},` +
    `"orders":{"pending":${orders}},"balance":{"due_eur":${due}},"last_survey":${survey}}`
  );
}

/** One line for a person: what happened to whom, from when to when (UTC). */
export function describeIncident(incident: Incident): string {
  const clock = (minute: number): string => new Date(minute * 60_000).toISOString().slice(11, 16);
  const when = `${clock(incident.startMinute)} to ${clock(incident.endMinute)} UTC`;
  if (incident.kind === 'outage') return `outage in the region ${REGIONS[incident.region]}, ${when}`;
  if (incident.kind === 'billing') return `wrong bills for ${TIERS[incident.tier]} customers, ${when}`;
  return `customer care falls behind, ${when}`;
}
