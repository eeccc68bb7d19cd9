/** What the rules of national identifiers have in common. */
import { digitsOf, isRepeated } from '../checksums.ts';
import type { Rule } from '../rule.ts';

export const NO_LETTER = '(?<![A-Za-z0-9])';
export const END = '(?![A-Za-z0-9])';
/** Nearly all have as many; some that have more letters say so. */
const DIGITS_MIN = 6;
export const FEW_DIGITS = 1;
/** Of a national identifier: a pattern, what its issuer says of check digits, and a word that must stand near it. */
export const rule = (
  pattern: string,
  isValid?: (value: string) => boolean,
  context?: RegExp,
  digitsMin = DIGITS_MIN,
): Rule => ({
  digitsMin,
  category: 'national-id',
  pattern: new RegExp(pattern, 'gi'),
  ...(isValid && { isValid: (value: string) => !isRepeated(digitsOf(value)) && isValid(value) }),
  ...(context && { context }),
});
