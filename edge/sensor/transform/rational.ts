/**
 * Exact fractions. Privacy parameters are kept as such, since the proofs of the samplers hold for exact parameters only, and since sums of
 * what was spent must not drift.
 */
import { UserError } from '../../base/errors.ts';

/** In lowest terms; `den` is positive. */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

/** Longest decimal taken from a policy: more digits than any parameter needs, few enough to keep the arithmetic small. */
const DECIMAL_DIGITS_MAX = 18;

export const ZERO: Rational = { num: 0n, den: 1n };

/** `num / den` in lowest terms. Throws a RangeError for a denominator of 0. */
export function rational(num: bigint, den = 1n): Rational {
  if (den === 0n) throw new RangeError('a fraction needs a denominator other than 0');
  const divisor = greatestCommonDivisor(num, den) * (den < 0n ? -1n : 1n);
  return { num: num / divisor, den: den / divisor };
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.num * b.num, a.den * b.den);
}

export function divide(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den, a.den * b.num);
}

/** Below 0, 0 or above 0, as `a` is less than, equal to or greater than `b`. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The exact value of a plain decimal such as `0.05` (what a policy says), or of `n/d` (what was stored). `what` names the setting. */
export function parseRational(text: string, what: string): Rational {
  const [, sign = '', digits = '', decimals = '', den] = /^(-?)(\d+)(?:\.(\d+)|\/(\d+))?$/.exec(text) ?? [];
  const isWrong = digits === '' || (den !== undefined && /^0+$/.test(den));
  const isLong = den === undefined && digits.length + decimals.length > DECIMAL_DIGITS_MAX;
  if (isWrong || isLong)
    throw new UserError(`${what} is not a decimal number of at most ${DECIMAL_DIGITS_MAX} digits`, {
      fix: `write ${what} as a plain decimal, for example 0.05`,
    });
  const size = rational(BigInt(digits + decimals), den === undefined ? 10n ** BigInt(decimals.length) : BigInt(den));
  return sign === '' ? size : { num: -size.num, den: size.den };
}

/** `n/d`, which `parseRational` reads back. */
export function formatRational(value: Rational): string {
  return `${value.num}/${value.den}`;
}

/** For display and for bounds that are rounded to the safe side afterwards; never for sampling. */
export function toNumber({ num, den }: Rational): number {
  const shift = BigInt(Math.max(0, num.toString(2).length - 1000, den.toString(2).length - 1000));
  return Number(num >> shift) / Number(den >> shift);
}

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [large, small] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (small !== 0n) [large, small] = [small, large % small];
  return large;
}
