/** Numbers 6 and 16: how much of the feeds was covered whole, and whether the models that decided had been tried. */
import type { Entry } from '../evidence.ts';
import { type Indicator, known, type Part, unknown } from '../result.ts';

/**
 * Frames that left covered whole, of all that left. Counts in leaves are buckets, so this is the range that they allow; the value is its
 * upper end. A window without a `failclosed` leaf counts as none: the agent writes one as soon as a frame was covered whole.
 */
export const failClosedTime: Indicator = (evidence) => {
  const collected = evidence.during('collect').filter(({ leaf }) => leaf.frames !== undefined);
  const closed = evidence.during('failclosed');
  if (collected.length === 0) return unknown('no-leaves');
  const sensors = new Map<string, { closed: [number, number]; out: [number, number] }>();
  const ofSensor = (name: string) => {
    const known = sensors.get(name);
    if (known !== undefined) return known;
    const made: { closed: [number, number]; out: [number, number] } = { closed: [0, 0], out: [0, 0] };
    sensors.set(name, made);
    return made;
  };
  const add = (sum: [number, number], bucket: string): void => {
    const [from, to] = evidence.rangeOf(bucket);
    sum[0] += from;
    sum[1] += to;
  };
  for (const { leaf } of collected) add(ofSensor(leaf.sensor).out, leaf.frames!.out);
  for (const { leaf } of closed) add(ofSensor(leaf.sensor).closed, leaf.frames);
  const parts = [...sensors].map(([name, sums]): Part => {
    const high = shareOf(sums.closed[1], sums.out[0]);
    return { name, value: high, low: shareOf(sums.closed[0], sums.out[1]), high };
  });
  const sum = (pick: (sums: { closed: [number, number]; out: [number, number] }) => number): number =>
    [...sensors.values()].reduce((total, sums) => total + pick(sums), 0);
  const [num, den] = [sum(({ closed: c }) => c[1]), sum(({ out }) => out[0])];
  if (den === 0) return unknown('no-leaves');
  const high = shareOf(num, den);
  const low = shareOf(
    sum(({ closed: c }) => c[0]),
    sum(({ out }) => out[1]),
  );
  return known({ status: 'reported', num, den, value: high, low, high, parts }, [...collected, ...closed]);
};

function shareOf(part: number, whole: number): number {
  return whole === 0 ? (part === 0 ? 0 : 1) : Math.min(1, part / whole);
}

/** Windows whose model was tried with canaries, in this period, of all windows that a model decided in. */
export const modelProvenance: Indicator = (evidence) => {
  const windows = evidence.during('collect').filter(({ leaf }) => leaf.model !== undefined);
  if (windows.length === 0) return unknown('no-leaves');
  const canaries = evidence.during('canary');
  const tried = new Set(canaries.map(({ leaf }) => leaf.model));
  if (tried.size === 0) return unknown('not-measured');
  const isTried = ({ leaf }: Entry<'collect'>): boolean => tried.has(leaf.model!);
  const num = windows.filter(isTried).length;
  const den = windows.length;
  const parts = [...new Set(windows.map(({ leaf }) => leaf.model!))].map((model): Part => {
    const own = windows.filter(({ leaf }) => leaf.model === model);
    const share = tried.has(model) ? 1 : 0;
    return { name: model.slice(0, 19), num: share * own.length, den: own.length, value: share };
  });
  const status = num === den ? 'pass' : 'fail';
  return known({ status, num, den, value: num / den, line: 1, parts }, [...windows, ...canaries]);
};
