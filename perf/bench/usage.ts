/** What one side of a comparison used: the figures that the bench prints side by side. */
export interface Usage {
  frames: number;
  wallS: number;
  /** User and system time of the whole process, all threads. */
  cpuS: number;
  peakMb: number;
}

interface Inside {
  /** Frames covered whole, and detector runs. */
  wholeFrames: number;
  verdicts: number;
  regions: number;
  inferenceMsP50: number;
  /** Time from handing a frame to the output until its unit was out. */
  encodeCallMsP50: number;
  /** Share of the time in which the main thread's event loop was busy, 0 to 1. */
  loopBusy: number;
  startS: number;
}

export interface Sample extends Usage {
  inside?: Inside;
}

export const fps = (u: Usage): number => u.frames / u.wallS;
export const cpuMsPerFrame = (u: Usage): number => (u.cpuS * 1000) / u.frames;

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** User and system CPU of this process since `since`, seconds. */
export function cpuSince(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

export const peakMbNow = (): number => process.resourceUsage().maxRSS / 1024;
