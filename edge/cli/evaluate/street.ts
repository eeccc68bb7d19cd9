/** `garim evaluate --simulated SECONDS`: temporal leaks on the simulated street, with a perfect detector and with the network. */
import type { Detector } from '../../camera/detect/port.ts';
import { LIVE_THRESHOLD_OFFSET } from '../../camera/detect/thresholds.ts';
import { BAND_NAMES, tallyFrom } from '../../camera/evaluate/coverage.ts';
import { openNetwork } from '../../camera/evaluate/network.ts';
import { type Appearance, evaluateStreet, type StreetReport } from '../../camera/evaluate/street.ts';
import { type Part, percent, percentOf, table } from './part.ts';

export const streetPart: Part = {
  option: 'simulated',
  async run(context) {
    const { seed: seeds, simulated: seconds = 0, night, rain } = context.options;
    const data: unknown[] = [];
    let leaks = 0;
    let judged = 0;
    for (const seed of seeds) {
      const measure = async (name: string, detector?: Detector): Promise<StreetReport> => {
        const report = await evaluateStreet({ street: { seed, night, rain }, seconds, detector });
        context.print(`street ${seed}${night ? ', night' : ''}${rain ? ', rain' : ''}, ${seconds} s, ${name}`);
        for (const line of linesOf(report)) context.print(line);
        context.print('');
        data.push({ seed, night, rain, seconds, detector: name, ...report });
        return report;
      };
      const perfect = await measure('a detector that knows the truth of the frames it is shown');
      const found = perfect.appearances.filter(({ isFound }) => isFound);
      leaks += sum(found, 'uncoveredFrames');
      judged += sum(found, 'frames');
      const detector = await openNetwork({ ...context, thresholdOffset: LIVE_THRESHOLD_OFFSET });
      await measure(detector.state.models.join(', '), detector);
      await detector.close();
    }
    if (judged === 0) return { data, fault: 'nothing came into sight: measure for longer' };
    return leaks === 0
      ? { data }
      : { data, fault: `${leaks} frames of objects that a perfect detector had found show them uncovered` };
  },
};

function linesOf({ frames, wholeFrames, appearances, bands, overCover }: StreetReport): string[] {
  const rows = (['face', 'plate'] as const).map((label) => [
    `${label}s`,
    ...bands[label].map((tally) => percentOf(tally)),
    percentOf(tallyFrom(bands[label], 16), 2),
    percentOf(tallyFrom(bands[label], 24), 2),
  ]);
  const found = appearances.filter(({ isFound }) => isFound);
  const judged = sum(found, 'frames');
  const uncovered = sum(found, 'uncoveredFrames');
  const late = found.filter(({ framesToCover }) => framesToCover !== 0);
  const never = appearances.filter(({ framesToCover }) => framesToCover === undefined);
  const flickers = sum(appearances, 'flickers');
  const worst = [...found].sort((a, b) => b.uncoveredFrames - a.uncoveredFrames).slice(0, WORST_MAX);
  return [
    ...table([['object-frames covered, by height in px', ...BAND_NAMES, '>=16', '>=24'], ...rows]),
    `tracks: found ${found.length}/${appearances.length}; uncovered object-frames of found: ${uncovered}/${judged} (${percent(uncovered / Math.max(1, judged), 2)}), ` +
      `of all: ${sum(appearances, 'uncoveredFrames')}/${sum(appearances, 'frames')}`,
    `covered from the first frame on: ${found.length - late.length} of found; later: ${late.length}${delaysOf(late)}; never: ${never.length} of all; flickers: ${flickers}`,
    `over-cover ${percent(overCover, 2)}; ${wholeFrames} of ${frames} frames covered whole`,
    ...worst.filter(({ uncoveredFrames }) => uncoveredFrames > 0).map(trackLine),
  ];
}

const WORST_MAX = 5;

function delaysOf(late: readonly Appearance[]): string {
  const delays = late.flatMap(({ framesToCover }) => framesToCover ?? []).sort((a, b) => a - b);
  return delays.length === 0
    ? ''
    : ` (after ${delays[delays.length >> 1]} frames in the median, ${delays.at(-1)} at most)`;
}

function trackLine({ label, id, heightPx, firstFrame, lastFrame, frames, uncoveredFrames }: Appearance): string {
  return `  ${label} ${id}, up to ${heightPx.toFixed(0)} px, frames ${firstFrame} to ${lastFrame}: ${uncoveredFrames} of ${frames} uncovered`;
}

function sum(appearances: readonly Appearance[], key: 'frames' | 'uncoveredFrames' | 'flickers'): number {
  return appearances.reduce((total, appearance) => total + appearance[key], 0);
}
