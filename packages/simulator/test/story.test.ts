import { describe, expect, it } from 'vitest';
import { createEnterprise } from '../src/enterprise.ts';

describe('a story that is told early', () => {
  it('has its next outage begin at the minute asked for, and hurts customers from then on', () => {
    for (const outageAt of [29_000_000, 29_000_017, 29_000_029]) {
      const enterprise = createEnterprise({ seed: 7, outageAt });
      const outage = enterprise.story.between(outageAt, outageAt + 5).find((i) => i.kind === 'outage' && i.startMinute === outageAt);
      expect(outage).toBeDefined();
      expect(Math.max(...enterprise.story.troublesOf(outageAt + 2).outageByRegion)).toBeGreaterThan(0.5);
    }
  });

  it('is the same story, only earlier', () => {
    const plain = createEnterprise({ seed: 7 });
    const outageAt = 29_000_005;
    const early = createEnterprise({ seed: 7, outageAt });
    const first = plain.story.between(outageAt, outageAt + 60).find((i) => i.kind === 'outage' && i.startMinute >= outageAt);
    if (first === undefined) throw new Error('the seed has no outage in an hour');
    const shift = first.startMinute - outageAt;
    for (let minute = outageAt; minute < outageAt + 40; minute += 1) {
      expect(early.story.troublesOf(minute)).toEqual(plain.story.troublesOf(minute + shift));
    }
  });
});
