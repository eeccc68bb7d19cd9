/** What the agent knows of itself: sums over all restarts of the cameras' processes, and what is wrong beside the cameras. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import { packageRoot } from '../base/paths.ts';
import type { CameraCounts } from '../gateway/feed.ts';
import type { AgentHealth, CameraTotals, RecordHealth } from '../gateway/http/status.ts';
import type { Push } from '../gateway/push/push.ts';
import type { Segments } from '../gateway/segments/recorder.ts';

export class AgentHealthBook {
  rtspPort = 0;
  readonly #version = softwareVersion();
  readonly #startedWallMs = systemClock.wallMs();
  readonly #totals: Record<string, CameraTotals> = {};
  readonly #watched: (() => readonly string[])[] = [];
  readonly #record: { status(): RecordHealth };
  #state: AgentHealth['state'] = 'running';

  constructor(record: { status(): RecordHealth }) {
    this.#record = record;
  }

  counted(camera: string, counts: CameraCounts): void {
    this.#totals[camera] ??= { framesIn: 0, framesOut: 0, framesCoveredWhole: {}, framesSlate: 0, framesDropped: {} };
    const total = this.#totals[camera];
    total.framesIn += counts.framesIn;
    total.framesOut += counts.framesOut;
    total.framesSlate += counts.framesSlate;
    addTo(total.framesCoveredWhole, counts.framesCoveredWhole);
    addTo(total.framesDropped, counts.framesDropped);
  }

  /** Undefined while there are none. */
  watchSegments(stateOf: () => Segments['state'] | undefined): void {
    this.#watched.push(() => {
      const state = stateOf();
      return state?.state === 'paused' ? [state.advice] : [];
    });
  }

  watchPush(camera: string, stateOf: () => Push['state'] | undefined): void {
    this.#watched.push(() => {
      const { target = '', lastError = '' } = stateOf() ?? {};
      if (lastError === '') return [];
      return [`${camera}: the push to ${target} is down and tried again by itself. ${lastError}`];
    });
  }

  /** Parts that say in lines what is wrong. */
  watchNotices(part: { notices(): readonly string[] }): void {
    this.#watched.push(() => part.notices());
  }

  stopping(): void {
    this.#state = 'stopping';
  }

  now(): AgentHealth {
    return {
      state: this.#state,
      version: this.#version,
      startedWallMs: this.#startedWallMs,
      rtspPort: this.rtspPort,
      totals: this.#totals,
      record: this.#record.status(),
      notices: this.#watched.flatMap((notices) => notices()),
    };
  }
}

function addTo<Label extends string>(
  sums: Partial<Record<Label, number>>,
  counts: Partial<Record<Label, number>>,
): void {
  for (const label of Object.keys(counts) as Label[]) sums[label] = (sums[label] ?? 0) + (counts[label] ?? 0);
}

export function softwareVersion(): string {
  return (JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;
}
