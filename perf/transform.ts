/**
 * The sensors' transforms on one core: `node dist/perf/transform.js`. Prints rates per second of CPU time of this process, so that other
 * load on the machine matters less; the collector's threads are part of it.
 */
import { systemClock } from '../edge/base/clock.ts';
import { WindowAggregator } from '../edge/sensor/transform/aggregate.ts';
import { h3CellOf } from '../edge/sensor/transform/generalise.ts';
import { UniformSource } from '../edge/sensor/transform/noise/random.ts';
import { discreteGaussian, discreteLaplace } from '../edge/sensor/transform/noise/samplers.ts';
import { rational } from '../edge/sensor/transform/rational.ts';
import { figuresOf } from '../edge/sensor/transform/rollup.ts';
import { suppress } from '../edge/sensor/transform/suppress.ts';

const BATCH = 1_000;
const CPU_MS_EACH = 1_500;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Calls of `once` per second of CPU time, after one batch to warm up. */
function rateOf(once: (i: number) => void): number {
  for (let i = 0; i < BATCH; i++) once(i);
  const startMs = cpuMs();
  let calls = 0;
  let tookMs = 0;
  for (; tookMs < CPU_MS_EACH; tookMs = cpuMs() - startMs) for (let i = 0; i < BATCH; i++) once(calls++);
  return (calls * 1_000) / tookMs;
}

function print(what: string, perSecond: number): void {
  process.stdout.write(`${what.padEnd(64)}${Math.round(perSecond).toLocaleString('en-GB').padStart(12)} /s\n`);
}

const uniform = new UniformSource();
for (const [num, den] of [
  [1n, 1n],
  [20n, 1n],
  [1000n, 7n],
] as const)
  print(
    `discrete Laplace, scale ${num}/${den}`,
    rateOf(() => discreteLaplace(rational(num, den), uniform)),
  );
for (const [num, den] of [
  [10n, 1n],
  [4001n, 10n],
] as const)
  print(
    `discrete Gaussian, variance ${num}/${den}`,
    rateOf(() => discreteGaussian(rational(num, den), uniform)),
  );

const cells = Array.from({ length: 200 }, (_, i) => h3CellOf(37.5 + i / 100, 127, 9)!);
for (const devices of [5_000, 1_000_000]) {
  const recipe = { dimensions: ['h3', 'class'], windowMs: 86_400_000, latenessMs: 0, cellsPerContributorMax: 4 };
  using aggregator = new WindowAggregator(recipe, systemClock);
  const rate = rateOf((i) => {
    aggregator.add(systemClock.wallMs(), `02:00:5e:${i % devices}`, [cells[i % 7]!, 'phone']);
  });
  print(`readings through the aggregator, ${devices.toLocaleString('en-GB')} devices`, rate);
}
print(
  'places to H3 cells',
  rateOf((i) => {
    h3CellOf(37 + (i % 1_000) / 1_000, 127, 9);
  }),
);

const table = Array.from({ length: 5_000 }, (_, i) => ({
  labels: [cells[i % 200]!, `class ${Math.floor(i / 200)}`],
  contributors: 1 + ((i * 7_919) % 29),
  sumUnits: undefined,
}));
const figures = figuresOf(
  table,
  [
    [7, 'keep'],
    ['total', 'total'],
  ],
  'w',
  1,
);
const startMs = cpuMs();
const { published } = suppress(5, figures);
process.stdout.write(
  `suppression of ${figures.length} figures, 3 levels: ${Math.round(cpuMs() - startMs)} ms, ${published.length} published\n`,
);
