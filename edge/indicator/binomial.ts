/**
 * Exact confidence bounds of a share that was counted (Clopper and Pearson 1934): the largest, or the smallest, true share under which the
 * count would not be a surprise. No approximation, so it also holds for 0 of few, where the usual ones say 0.
 */

/**
 * Upper end of the one-sided interval: with `confidence`, the true share is not above it. 1 without trials: nothing is known then.
 * Throws RangeError for what is no count.
 */
export function upperBound(count: number, trials: number, confidence = 0.95): number {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(trials) || count < 0 || count > trials)
    throw new RangeError(`${count} of ${trials} is no share`);
  if (count === trials) return 1;
  const surprise = Math.log(1 - confidence);
  let [low, high] = [count / trials, 1];
  // 60 halvings are more than a double can tell apart.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (logAtMost(count, trials, middle) > surprise) low = middle;
    else high = middle;
  }
  return high;
}

/** Lower end of the one-sided interval. */
export function lowerBound(count: number, trials: number, confidence = 0.95): number {
  return 1 - upperBound(trials - count, trials, confidence);
}

/** Logarithm of the chance of at most `count` of `trials` when each has the chance `p`: summed in logarithms, so that nothing underflows. */
function logAtMost(count: number, trials: number, p: number): number {
  const odds = Math.log(p) - Math.log1p(-p);
  let term = trials * Math.log1p(-p);
  let [largest, scaled] = [term, 1];
  for (let i = 0; i < count; i++) {
    term += Math.log((trials - i) / (i + 1)) + odds;
    if (term <= largest) scaled += Math.exp(term - largest);
    else {
      scaled = scaled * Math.exp(largest - term) + 1;
      largest = term;
    }
  }
  return largest + Math.log(scaled);
}
