/** Medians, ratios and the comparison with the recorded baseline, as text. */
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../edge/base/paths.ts';
import type { Stages } from './stages.ts';
import { cpuMsPerFrame, fps, median, type Sample } from './usage.ts';

interface Side {
  fps: number;
  wallS: number;
  cpuS: number;
  cpuMsPerFrame: number;
  peakMb: number;
}

type SideName = 'oneLook' | 'closer';

interface Ratios {
  fpsRatio: number;
  cpuRatio: number;
}

export interface Report {
  plain: Side;
  /** Ratios are medians of the rounds' own, to plain. */
  filter: Record<SideName, Side & Ratios & { inside: Sample['inside'] }>;
}

const SIDES = { oneLook: 'one look', closer: 'closer looks' } as const satisfies Record<SideName, string>;

interface Baseline extends Record<SideName, Ratios & { peakMb: number }> {
  machine: string;
  clip: string;
}

export function machine(): string {
  return `${availableParallelism()} cores ${arch()}, load ${loadavg()[0]!.toFixed(1)} before`;
}

export function compare(plain: readonly Sample[], filter: Record<SideName, readonly Sample[]>): Report {
  const side = (samples: readonly Sample[]): Report['filter'][SideName] => {
    const ratio = (of: (s: Sample) => number): number => median(samples.map((f, i) => of(f) / of(plain[i]!)));
    return { ...sideOf(samples), fpsRatio: ratio(fps), cpuRatio: ratio(cpuMsPerFrame), inside: samples.at(-1)?.inside };
  };
  return { plain: sideOf(plain), filter: { oneLook: side(filter.oneLook), closer: side(filter.closer) } };
}

function sideOf(samples: readonly Sample[]): Side {
  const of = (value: (s: Sample) => number): number => median(samples.map(value));
  return {
    fps: of(fps),
    wallS: of((s) => s.wallS),
    cpuS: of((s) => s.cpuS),
    cpuMsPerFrame: of(cpuMsPerFrame),
    peakMb: of((s) => s.peakMb),
  };
}

export function printReport(report: Report, stages: Stages): void {
  const { plain, filter } = report;
  const sides = Object.entries(SIDES) as [SideName, string][];
  const line = (name: string, cells: readonly string[]): void =>
    console.log(`${name.padEnd(18)}${cells.map((cell) => cell.padStart(14)).join('')}`);
  const row = (name: string, of: (side: Side) => number, digits: number): void =>
    line(name, [
      of(plain).toFixed(digits),
      ...sides.map(([side]) => `${of(filter[side]).toFixed(digits)} (${(of(filter[side]) / of(plain)).toFixed(2)})`),
    ]);
  console.log('');
  line('', ['plain', ...sides.map(([, name]) => name)]);
  row('frames/s', (side) => side.fps, 1);
  row('wall s', (side) => side.wallS, 2);
  row('CPU s', (side) => side.cpuS, 2);
  row('CPU ms per frame', (side) => side.cpuMsPerFrame, 2);
  row('peak memory MB', (side) => side.peakMb, 0);
  for (const [side, name] of sides) {
    const { fpsRatio, cpuRatio, inside } = filter[side];
    console.log(
      `\n${name}: ratios round by round, median: frames/s ${fpsRatio.toFixed(2)}, CPU ${cpuRatio.toFixed(2)}`,
    );
    if (inside)
      console.log(
        `start ${inside.startS.toFixed(1)} s, ${inside.verdicts} verdicts, ${inside.regions} regions, ${inside.wholeFrames} whole frames; ` +
          `inference p50 ${inside.inferenceMsP50.toFixed(1)} ms, encode call p50 ${inside.encodeCallMsP50.toFixed(1)} ms, ` +
          `event loop busy ${(100 * inside.loopBusy).toFixed(0)} %`,
      );
  }
  console.log('\nStages, one after the other (ms, CPU of all threads and wall)');
  for (const [name, { calls, cpuMs, wallMs, perFrameMs }] of Object.entries(stages)) {
    console.log(
      `${name.padEnd(18)}${cpuMs.toFixed(2).padStart(10)}${wallMs.toFixed(2).padStart(10)} per call x ${calls}, ${perFrameMs.toFixed(2)} CPU ms per frame`,
    );
  }
  printBaseline(report);
}

function printBaseline(report: Report): void {
  const text = readFileSync(path.join(packageRoot, 'perf', 'baseline.json'), 'utf8');
  const baseline = JSON.parse(text) as Baseline;
  const change = (now: number, then: number): string =>
    `${then} (now ${now >= then ? '+' : ''}${(100 * (now / then - 1)).toFixed(0)} %)`;
  console.log(`\nRecorded: ${baseline.machine}; ${baseline.clip}`);
  for (const [side, name] of Object.entries(SIDES) as [SideName, string][]) {
    const now = report.filter[side];
    const then = baseline[side];
    console.log(
      `${name}: frames/s ratio ${change(now.fpsRatio, then.fpsRatio)}, CPU ratio ${change(now.cpuRatio, then.cpuRatio)}, ` +
        `peak memory MB ${change(now.peakMb, then.peakMb)}`,
    );
  }
}
