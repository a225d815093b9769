import { SCORECARD_SCALE } from '../limits.ts';
import type { ExactDecimal, ScorecardEntry, Transform } from '../names.ts';
import { compareDecimals, type Decimal, divideHalfAway, powerOfTen, unscaledAt } from '../parse/decimal.ts';

const decimalOf = ({ unscaled, scale }: ExactDecimal): Decimal => ({ unscaled, places: scale });

function apply(transform: Transform, x: Decimal): Decimal {
  switch (transform.kind) {
    case 'linear': {
      const center = decimalOf(transform.center);
      const scale = decimalOf(transform.scale);
      const places = Math.max(x.places, center.places);
      const distance = unscaledAt(x, places) - unscaledAt(center, places);
      // distance ÷ 10^places ÷ (scale ÷ 10^scale.places), at scale 12.
      const unscaled = divideHalfAway(distance * powerOfTen(scale.places + SCORECARD_SCALE), scale.unscaled * powerOfTen(places));
      return { unscaled, places: SCORECARD_SCALE };
    }
    case 'cap': {
      const low = decimalOf(transform.low);
      const high = decimalOf(transform.high);
      if (compareDecimals(x, low) < 0) return low;
      return compareDecimals(x, high) > 0 ? high : x;
    }
    case 'bin': {
      for (const { below, value } of transform.edges) {
        if (below === null || compareDecimals(x, decimalOf(below)) < 0) return decimalOf(value);
      }
      throw new Error('a bin without the edge *');
    }
    case 'flag':
      return { unscaled: compareDecimals(x, decimalOf(transform.value)) === 0 ? 1n : 0n, places: 0 };
  }
}

/** What one value adds to its module, an integer at scale 12, rounded by itself (contract, sections 7 and 12). `value` null is a missing one. */
export function contribution(entry: ScorecardEntry, value: Decimal | null): bigint {
  let x = value ?? (entry.missingAs === null ? null : decimalOf(entry.missingAs));
  if (x === null) return 0n;
  for (const transform of entry.transforms) x = apply(transform, x);
  const { unscaled, scale } = entry.weight;
  return unscaledAt({ unscaled: x.unscaled * unscaled, places: x.places + scale }, SCORECARD_SCALE);
}
