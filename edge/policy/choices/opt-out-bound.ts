/**
 * How much a hit on the opt-out list says, and what it costs the counts. Source: Bayes' rule on a fleet in which each vehicle is as likely
 * to be a member as any other.
 */
import { UserError } from '../../base/errors.ts';

/** Beyond it more than half of all vehicles would be left out, and the corrected counts be mostly noise. */
const RHO_MAX = 0.5;

export const POSTERIOR_DEFAULT = 0.1;

/**
 * Likelihood that a vehicle which the list covers is a member, for somebody who holds key, list and the plates of the whole fleet:
 * `M / (M + rho (N - M))`. 1 when nobody else is covered.
 */
export function posterior(fleet: number, members: number, rho: number): number {
  if (members === 0) return 0;
  return members / (members + rho * Math.max(0, fleet - members));
}

/** Share of decoys at which a hit is a member with at most this likelihood. Infinity when the fleet has nobody to hide among. */
export function rhoFor(fleet: number, members: number, posteriorMax: number): number {
  if (members === 0) return 0;
  const others = fleet - members;
  return others <= 0 ? Infinity : (members * (1 - posteriorMax)) / (posteriorMax * others);
}

/**
 * Decoys cover a number of vehicles that chance makes (Poisson); this many are aimed at so that at least `others` are covered in 99 of 100
 * batches. Normal approximation of the quantile, rounded up; it matters for small batches.
 */
export function withMargin(others: number): number {
  return others === 0 ? 0 : others + 2.5 * Math.sqrt(others) + 3;
}

/** What a count of vehicles that were not left out is multiplied with, to estimate all who did not refuse. */
export function correctionFactor(rho: number): number {
  return 1 / (1 - rho);
}

/** `rhoFor`, or a UserError where the bound can't be had. */
export function affordableRho(fleet: number, members: number, posteriorMax: number): number {
  const rho = rhoFor(fleet, members, posteriorMax);
  if (rho <= RHO_MAX) return rho;
  const best = posterior(fleet, members, RHO_MAX);
  throw new UserError(
    `${members} members can't hide among ${fleet} vehicles: even with half of all left out, a hit is a member with likelihood ${best.toFixed(2)}.`,
    {
      fix: `Give the size of a larger fleet if it is larger, or accept --posterior ${(Math.ceil(best * 100) / 100).toFixed(2)}.`,
    },
  );
}
