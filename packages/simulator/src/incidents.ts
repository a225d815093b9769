import type { Trouble } from './catalogue/variable.ts';
import { hash32, Rng } from './prng.ts';

/** Who is hurt: a region's cells, a tier, or everybody who needs care. */
export type Incident =
  | { readonly kind: 'outage'; readonly region: number; readonly startMinute: number; readonly endMinute: number; readonly peak: number }
  | { readonly kind: 'billing'; readonly tier: number; readonly startMinute: number; readonly endMinute: number; readonly peak: number }
  | { readonly kind: 'backlog'; readonly startMinute: number; readonly endMinute: number; readonly peak: number };

/** The story is told in chapters of this many minutes. */
export const CHAPTER_MINUTES = 30;
/** An incident may reach this many chapters past its own. */
const CHAPTERS_BACK = 1;
/** Minutes in which an incident rises to its peak, and in which it fades after its end. */
const RISE_MINUTES = 1.5;
const FADE_MINUTES = 3;
/** Minutes whose troubles are kept; a cache, so it only has to be larger than what is asked for at a time. */
const CACHED_MINUTES = 256;

/**
 * The incidents that begin in one chapter, a function of the seed alone: always an outage of one region; in two of three chapters
 * a tier is billed wrongly; in every other one care falls behind. Minutes count from 1970.
 */
export function incidentsOfChapter(seed: number, chapter: number, regions: number, tiers: number): Incident[] {
  const rng = new Rng(hash32(seed, chapter, 0x1c1d));
  const first = chapter * CHAPTER_MINUTES;
  const span = (from: number, spread: number, length: number, longer: number) => {
    const startMinute = first + from + rng.below(spread);
    return { startMinute, endMinute: startMinute + length + rng.below(longer) };
  };
  const incidents: Incident[] = [{ kind: 'outage', region: rng.below(regions), ...span(2, 8, 6, 6), peak: 0.8 + rng.fraction() * 0.2 }];
  const tier = rng.below(tiers);
  if (rng.chance(0.67)) incidents.push({ kind: 'billing', tier, ...span(8, 10, 7, 6), peak: 0.7 + rng.fraction() * 0.3 });
  if (rng.chance(0.5)) incidents.push({ kind: 'backlog', ...span(5, 15, 10, 10), peak: 0.6 + rng.fraction() * 0.3 });
  return incidents;
}

/** How hard an incident hits at a time (minutes since 1970, with fraction), 0 to 1: a ramp up, a plateau, a slower ramp down. */
export function severityAt(incident: Incident, minute: number): number {
  if (minute < incident.startMinute || minute >= incident.endMinute + FADE_MINUTES) return 0;
  const rise = Math.min(1, (minute - incident.startMinute) / RISE_MINUTES);
  const fade = minute <= incident.endMinute ? 1 : 1 - (minute - incident.endMinute) / FADE_MINUTES;
  return incident.peak * Math.min(rise, fade);
}

/** The troubles of one moment, by region and tier, each 0 to 1. */
export interface Troubles {
  readonly outageByRegion: readonly number[];
  readonly billingByTier: readonly number[];
  readonly backlog: number;
  readonly any: boolean;
}

export interface Story {
  /** Incidents that hurt at some moment of `[fromMinute, toMinute)`, by start. */
  readonly between: (fromMinute: number, toMinute: number) => Incident[];
  /** What hurts in one whole minute, judged at its middle. */
  readonly troublesOf: (minute: number) => Troubles;
}

/** The endless story of a seed. */
export function createStory(seed: number, regions: number, tiers: number): Story {
  const between = (fromMinute: number, toMinute: number): Incident[] => {
    const found: Incident[] = [];
    const firstChapter = Math.floor(fromMinute / CHAPTER_MINUTES) - CHAPTERS_BACK;
    for (let chapter = firstChapter; chapter * CHAPTER_MINUTES < toMinute; chapter += 1) {
      for (const incident of incidentsOfChapter(seed, chapter, regions, tiers)) {
        if (incident.startMinute < toMinute && incident.endMinute + FADE_MINUTES > fromMinute) found.push(incident);
      }
    }
    return found.sort((a, b) => a.startMinute - b.startMinute);
  };
  const compute = (minute: number): Troubles => {
    const outageByRegion = new Array<number>(regions).fill(0);
    const billingByTier = new Array<number>(tiers).fill(0);
    let backlog = 0;
    for (const incident of between(minute, minute + 1)) {
      const severity = severityAt(incident, minute + 0.5);
      if (incident.kind === 'outage') raise(outageByRegion, incident.region, severity);
      else if (incident.kind === 'billing') raise(billingByTier, incident.tier, severity);
      else backlog = Math.max(backlog, severity);
    }
    const any = backlog > 0 || outageByRegion.some((s) => s > 0) || billingByTier.some((s) => s > 0);
    return { outageByRegion, billingByTier, backlog, any };
  };
  const cached = new Map<number, Troubles>();
  const troublesOf = (minute: number): Troubles => {
    const known = cached.get(minute);
    if (known !== undefined) return known;
    const troubles = compute(minute);
    if (cached.size >= CACHED_MINUTES) cached.clear();
    cached.set(minute, troubles);
    return troubles;
  };
  return { between, troublesOf };
}

/** The same story, told `minutes` earlier: what it had at minute m + `minutes` happens at m. */
export function advanceStory(story: Story, minutes: number): Story {
  if (minutes === 0) return story;
  return {
    between: (from, to) =>
      story.between(from + minutes, to + minutes).map((incident) => ({
        ...incident,
        startMinute: incident.startMinute - minutes,
        endMinute: incident.endMinute - minutes,
      })),
    troublesOf: (minute) => story.troublesOf(minute + minutes),
  };
}

/** The severity of each kind of trouble for one customer. */
export type CustomerTroubles = Readonly<Record<Trouble, number>>;

function raise(severities: number[], index: number, severity: number): void {
  severities[index] = Math.max(severities[index] ?? 0, severity);
}
