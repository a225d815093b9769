import { type InputFinding, MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { resolveSecret } from '@parallax/core/secrets.ts';
import { SAMPLE_LEAD_MS } from './limits.ts';
import { ownCall, type Sample, type Skew, sampleOf, skewOf } from './own-calls.ts';
import type { Env } from './settings.ts';

/** What a deployment allows this side to ask of one bulk API by itself. */
export interface OwnCallRule {
  /** A mirror's address; null: the source's own. */
  readonly url: string | null;
  /** Customers asked for each minute, in one call; at most the source's chunk. */
  readonly customers: number;
  /** Share of them whose values may differ from the captured ones: they were asked at another moment. */
  readonly differing: number;
}

/** What the captures of one source say of a customer in the minute at hand. */
export interface CapturedAnswers {
  /** Minutes since the answer that counts; null: there is none. */
  onlineAge(source: number, key: string): number | null;
  onlineValue(source: number, key: string, field: number): number | null;
}

/** How this side's own answers compare: what is wrong, and what of it was looked at. */
export interface SkewVerdict {
  readonly findings: readonly InputFinding[];
  readonly coverage: Readonly<Record<string, number>>;
}

interface Taken {
  readonly minute: Micros;
  /** By index of the source. */
  readonly samples: ReadonlyMap<number, Promise<Sample>>;
}

/**
 * This side's own calls of the bulk APIs that the deployment names: one a source and minute, of a few customers, others each minute, while the run makes
 * its own. Sources that are not named are not called.
 */
export class OwnSamples {
  readonly #project: Project;
  readonly #rules: Readonly<Record<string, OwnCallRule>>;
  readonly #env: Env;
  readonly #now: () => number;
  #taken: Taken | null = null;

  /** @param now epoch ms */
  constructor(project: Project, rules: Readonly<Record<string, OwnCallRule>>, env: Env, now: () => number) {
    this.#project = project;
    this.#rules = rules;
    this.#env = env;
    this.#now = now;
  }

  /** Makes the calls for a minute that is about to end, once; before that, and of a minute that has ended, nothing. */
  take(minute: Micros, population: readonly string[]): void {
    const left = Number((minute + MICROS_PER_MINUTE) / 1000n) - this.#now();
    if (this.#taken?.minute === minute || left > SAMPLE_LEAD_MS || left < 0 || population.length === 0) return;
    const samples = new Map<number, Promise<Sample>>();
    const turn = Number(minute / MICROS_PER_MINUTE);
    for (const [index, source] of this.#project.online.entries()) {
      const rule = this.#rules[source.name];
      const url = rule?.url ?? (source.url === null ? null : resolveSecret(source.url, this.#env));
      if (rule === undefined || url === null) continue;
      const ids = sampleOf(population, turn, Math.min(rule.customers, source.chunk));
      const sample = ownCall(source, this.#project.key.type, url, ids);
      // It is awaited later: until then a failure is nobody's.
      sample.catch(() => {});
      samples.set(index, sample);
    }
    this.#taken = { minute, samples };
  }

  /** Holds this side's answers of a minute against what was captured for it. */
  async compare(minute: Micros, captured: CapturedAnswers): Promise<SkewVerdict> {
    const findings: InputFinding[] = [];
    const coverage: Record<string, number> = {};
    for (const [index, { name, fields }] of this.#project.online.entries()) {
      const rule = this.#rules[name];
      if (rule === undefined) continue;
      const sample = this.#taken?.minute === minute ? await this.#taken.samples.get(index) : undefined;
      const skew = sample === undefined ? NOTHING : skewOf(sample, fields.length, ...sides(captured, index));
      coverage[`own_calls_asked.${name}`] = skew.asked;
      coverage[`own_calls_compared.${name}`] = skew.compared;
      coverage[`own_calls_differing.${name}`] = skew.different;
      if (skew.different > rule.differing * skew.compared) {
        const detail = `${name}: of ${skew.compared} customers that this side asked for itself ${skew.different} have other values than the captured answers`;
        findings.push({ stage: 'inputs', kind: 'online_skew', source: name, detail, customers: null });
      }
    }
    return { findings, coverage };
  }
}

const NOTHING: Skew = { asked: 0, compared: 0, different: 0 };

/** Only an answer of this very minute can be compared. */
function sides(captured: CapturedAnswers, source: number): [(key: string, field: number) => number | null, (key: string) => boolean] {
  return [(key, field) => captured.onlineValue(source, key, field), (key) => captured.onlineAge(source, key) === 0];
}
