import { later, MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { registrationOf } from '../batch/registration.ts';
import type { CompleteDay } from '../batch/store-reader.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { firstMinuteOf } from '../serve/baseline.ts';

/**
 * The newest of some days that minutes to come may use, or null. A day is used from its activation until a newer one is active: so an older day is
 * wanted as long as what is registered of newer ones is not active at the next seal, as when a run catches up or the newest day was refused.
 *
 * @param days complete ones that are not decided about, oldest first
 * @param first the first minute of the run, if none is sealed yet
 */
export function newestWanted(project: Project, ledger: Ledger, days: readonly CompleteDay[], first: Micros): CompleteDay | null {
  const sealed = ledger.newestSeal();
  const next = sealed === null ? first : sealed + MICROS_PER_MINUTE;
  const isWanted = (day: CompleteDay) => {
    const own = registrationOf(project, ledger, day);
    const minute = later(next, firstMinuteOf(project, own));
    const active = ledger.activeDay(minute + MICROS_PER_MINUTE + project.graceUs - project.settleUs);
    return active === null || active.day < day.day || (active.day === day.day && active.registered < own);
  };
  return days.findLast(isWanted) ?? null;
}
