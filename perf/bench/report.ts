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

export interface Report {
  plain: Side;
  filter: Side;
  /** Medians of the rounds' own ratios, filter to plain. */
  fpsRatio: number;
  cpuRatio: number;
  inside: NonNullable<Sample['inside']> | undefined;
}

interface Baseline {
  machine: string;
  clip: string;
  fpsRatio: number;
  cpuRatio: number;
  peakMb: number;
}

export function machine(): string {
  return `${availableParallelism()} cores ${arch()}, load ${loadavg()[0]!.toFixed(1)} before`;
}

export function compare(plain: readonly Sample[], filter: readonly Sample[]): Report {
  const ratios = (of: (s: Sample) => number): number => median(filter.map((f, i) => of(f) / of(plain[i]!)));
  return {
    plain: sideOf(plain),
    filter: sideOf(filter),
    fpsRatio: ratios(fps),
    cpuRatio: ratios(cpuMsPerFrame),
    inside: filter.at(-1)?.inside,
  };
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
  const { plain, filter, inside } = report;
  const row = (name: string, a: number, b: number, digits: number): void =>
    console.log(
      `${name.padEnd(18)}${a.toFixed(digits).padStart(10)}${b.toFixed(digits).padStart(10)}${(b / a).toFixed(2).padStart(9)}`,
    );
  console.log(`\n${''.padEnd(18)}${'plain'.padStart(10)}${'garim'.padStart(10)}${'ratio'.padStart(9)}`);
  row('frames/s', plain.fps, filter.fps, 1);
  row('wall s', plain.wallS, filter.wallS, 2);
  row('CPU s', plain.cpuS, filter.cpuS, 2);
  row('CPU ms per frame', plain.cpuMsPerFrame, filter.cpuMsPerFrame, 2);
  row('peak memory MB', plain.peakMb, filter.peakMb, 0);
  console.log(
    `ratios round by round, median: frames/s ${report.fpsRatio.toFixed(2)}, CPU ${report.cpuRatio.toFixed(2)}`,
  );
  if (inside) {
    console.log(
      `\ngarim: start ${inside.startS.toFixed(1)} s, ${inside.verdicts} verdicts, ${inside.regions} regions, ${inside.wholeFrames} whole ` +
        `frames; inference p50 ${inside.inferenceMsP50.toFixed(1)} ms, encode call p50 ${inside.encodeCallMsP50.toFixed(1)} ms, ` +
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
  console.log(
    `\nRecorded (${baseline.machine}; ${baseline.clip}): frames/s ${baseline.fpsRatio}, CPU ${baseline.cpuRatio}, peak ${baseline.peakMb} MB`,
  );
  const change = (now: number, then: number): string =>
    `${now >= then ? '+' : ''}${(100 * (now / then - 1)).toFixed(0)} %`;
  console.log(
    `Against it: frames/s ratio ${change(report.fpsRatio, baseline.fpsRatio)}, CPU ratio ${change(report.cpuRatio, baseline.cpuRatio)}, ` +
      `peak memory ${change(report.filter.peakMb, baseline.peakMb)}`,
  );
}
