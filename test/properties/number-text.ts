/** Source texts of numbers, in range and out of it. */
import type { Random, Tally } from './random.ts';

/** A number in range for a variable with these places; mostly small. */
export function numberText(random: Random, places: number, tally: Tally): string {
  const sign = random.chance(0.4) ? '-' : '';
  const digits = (count: number): string => Array.from({ length: count }, () => random.int(10)).join('');
  const whole = String(random.int(20));
  const kind = random.pick(['whole', 'whole', 'exact', 'exact', 'half', 'half', 'below half', 'long', 'exponent', 'zero', 'edge']);
  tally.add(`number: ${kind}`);
  switch (kind) {
    case 'exact':
      return `${sign}${whole}.${digits(Math.max(1, places))}`;
    case 'half':
      return `${sign}${whole}.${digits(places)}5${random.pick(['', '0', '000'])}`;
    case 'below half':
      return `${sign}${whole}.${digits(places)}4999999999999999999999`;
    case 'long':
      return `${sign}${whole}.${digits(40)}`;
    case 'exponent':
      return `${sign}${random.pick([`${whole}.5e1`, `${whole}.75E-1`, `${whole}e+0`, `1${whole}25e-02`, `0.0${whole}e3`, '5e-30', '0e30'])}`;
    case 'zero':
      return random.pick(['0', '-0', '0.0', '-0.000', '0e0', '-0e-5']);
    case 'edge':
      return `${sign}${random.pick([power(11 - places), `${power(11 - places)}.${'0'.repeat(places)}49`, `1e${11 - places}`])}`;
    default:
      return `${sign}${whole}`;
  }
}

const power = (zeros: number): string => `1${'0'.repeat(zeros)}`;

/** A JSON number that is out of range for a variable with these places. */
export function outOfRange(random: Random, places: number): string {
  return random.pick([
    `${power(11 - places)}.${'0'.repeat(places)}5`,
    `-${power(11 - places)}.${'0'.repeat(places)}5`,
    power(12),
    '1e30',
    '0e31',
    '0e-31',
    `0.${'0'.repeat(64)}`,
    `1.${'1'.repeat(64)}`,
    '1e99999999999999999999',
  ]);
}
