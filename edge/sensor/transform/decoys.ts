/**
 * The deniable opt-out list also leaves out a share of those who are not on it (decoys), so that being left out proves nothing. Their
 * number is made up for in what is released.
 */

/**
 * Expected number before the list left anybody out who is not on it: n / (1 - share), where each contributor is a decoy with probability
 * `decoyShare`. Applied to released figures, after threshold and noise; it changes no guarantee, and widens the error by the same factor.
 * Throws a RangeError for a share out of [0, 1).
 */
export function correctForDecoys(count: number, decoyShare: number): number {
  if (!(decoyShare >= 0 && decoyShare < 1)) throw new RangeError('the share of decoys lies between 0 and 1');
  return count / (1 - decoyShare);
}
