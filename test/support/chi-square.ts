/** Pearson's chi-square test of drawn integers against an exact distribution on the integers. */

/** Cells with fewer expected draws are merged outwards, so that the statistic is close to its limit distribution. */
const EXPECTED_MIN = 20;

/**
 * The p-value of `draws` under `probability` (which must sum to 1 over the integers and fall outwards from 0): one cell for each integer
 * near 0, and one for each tail.
 */
export function chiSquarePValue(draws: readonly bigint[], probability: (x: number) => number): number {
  let edge = 0;
  while (draws.length * probability(edge + 1) >= EXPECTED_MIN) edge++;
  const counts = new Array<number>(2 * edge + 1).fill(0);
  for (const draw of draws) {
    const x = Math.min(edge, Math.max(-edge, Number(draw)));
    counts[x + edge] = counts[x + edge]! + 1;
  }
  let inside = 0;
  for (let x = -edge + 1; x < edge; x++) inside += probability(x);
  const tail = (1 - inside) / 2;
  let statistic = 0;
  for (let x = -edge; x <= edge; x++) {
    const expected = draws.length * (Math.abs(x) === edge ? tail : probability(x));
    statistic += (counts[x + edge]! - expected) ** 2 / expected;
  }
  return upperGamma(edge, statistic / 2);
}

/** Regularised upper incomplete gamma function Q(a, x) (Abramowitz and Stegun 6.5.29 and 6.5.31): with a = df / 2, the survival of chi-square. */
export function upperGamma(a: number, x: number): number {
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000 && term > sum * 1e-16; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  // The continued fraction 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), from the back.
  let fraction = 0;
  for (let n = 2_000; n > 0; n--) fraction = (n * (n - a)) / (x + 2 * n + 1 - a - fraction);
  return front / (x + 1 - a - fraction);
}

/** Stirling's series (Abramowitz and Stegun 6.1.41) above 15, reached by the recurrence. */
function logGamma(z: number): number {
  let shift = 0;
  let y = z;
  for (; y < 15; y++) shift -= Math.log(y);
  return (
    shift +
    (y - 0.5) * Math.log(y) -
    y +
    Math.log(2 * Math.PI) / 2 +
    1 / (12 * y) -
    1 / (360 * y ** 3) +
    1 / (1260 * y ** 5)
  );
}
