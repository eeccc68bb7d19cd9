/**
 * Runs the jobs of `garim redact`, one after the other. An input that fails is named and the others go on; what it left is taken back.
 *
 * Owns the detectors, one per kind, since stills take weaker boxes. Never stops for want of a detector: without one everything is
 * covered whole, and `advice` says what to do about it.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Look } from '../../config/schema.ts';
import { redactClip } from '../clip/redact-clip.ts';
import { createOnnxDetector, type OnnxDetector } from '../detect/detector.ts';
import { type ModelStore, thresholdsOf } from '../detect/store.ts';
import { LIVE_THRESHOLD_OFFSET, STILL_THRESHOLD_OFFSET } from '../detect/thresholds.ts';
import type { CoverPlan } from '../redact/plan.ts';
import type { FindOptions } from '../still/find.ts';
import { redactStill } from '../still/redact-still.ts';
import type { Job } from './jobs.ts';
import { type ReportWriter, reportLine } from './report.ts';

export interface BatchOptions {
  store: ModelStore;
  look: Look;
  report: ReportWriter | undefined;
  signal: AbortSignal;
  log: Log;
  onStart(job: Job, index: number): void;
  onFrame(job: Job, frames: number): void;
  /** `isWritten`: an output was made of what could be read. */
  onFault(job: Job, reason: string, isWritten: boolean): void;
}

export interface BatchSummary {
  stills: number;
  clips: number;
  /** Of clips. */
  frames: number;
  clipSeconds: number;
  regions: number;
  /** Pictures and frames. */
  coveredWhole: number;
  faults: number;
  /** Why things were covered whole and what to do; empty when nothing is known. */
  advice: string;
}

/** @throws the signal's reason when aborted; what was written until then stays */
export async function redactFiles(jobs: readonly Job[], options: BatchOptions): Promise<BatchSummary> {
  await using batch = new Batch(options);
  for (const [index, job] of jobs.entries()) {
    options.signal.throwIfAborted();
    options.onStart(job, index);
    await batch.run(job);
  }
  return batch.summary;
}

class Batch implements AsyncDisposable {
  readonly summary: BatchSummary = {
    stills: 0,
    clips: 0,
    frames: 0,
    clipSeconds: 0,
    regions: 0,
    coveredWhole: 0,
    faults: 0,
    advice: '',
  };
  readonly #options: BatchOptions;
  #stills: (FindOptions & { detector: OnnxDetector }) | undefined;
  #clips: OnnxDetector | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  async run(job: Job): Promise<void> {
    const { report, signal, onFault } = this.#options;
    const mark = await report?.mark();
    const before = { ...this.summary };
    try {
      await mkdir(path.dirname(job.target), { recursive: true });
      const damage = job.kind === 'still' ? await this.#still(job) : await this.#clip(job);
      if (damage === undefined) return;
      this.summary.faults++;
      onFault(job, damage, true);
    } catch (error) {
      Object.assign(this.summary, before);
      if (mark !== undefined) await report?.rollBack(mark);
      signal.throwIfAborted();
      if (!isOfInput(error)) throw error; // a full disk fails all that follow, and a bug of ours is not the input's fault
      this.summary.faults++;
      onFault(job, reasonOf(error), false);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#stills?.detector.close(), this.#clips?.close()]);
  }

  async #still(job: Job): Promise<undefined> {
    const { look, report } = this.#options;
    this.#stills ??= await this.#openStills();
    const { plan, ...size } = await redactStill(job.input, job.target, { ...this.#stills, look });
    this.#count(plan, this.#stills.detector);
    this.summary.stills++;
    await report?.add(reportLine(job.input, 0, 0, size, plan));
  }

  async #clip(job: Job): Promise<string | undefined> {
    const { look, report, signal, onFrame, store, log } = this.#options;
    this.#clips ??= await settled(createOnnxDetector({ store, log, thresholdOffset: LIVE_THRESHOLD_OFFSET }));
    const detector = this.#clips;
    const startedMs = performance.now();
    const { frames, damage } = await redactClip(job.input, job.target, {
      detector,
      look,
      signal,
      onFrame: async ({ index, ptsMs, plan, ...size }) => {
        this.#count(plan, detector);
        onFrame(job, index + 1);
        await report?.add(reportLine(job.input, index, ptsMs, size, plan));
      },
    });
    this.summary.clips++;
    this.summary.frames += frames;
    this.summary.clipSeconds += (performance.now() - startedMs) / 1000;
    return damage;
  }

  async #openStills(): Promise<FindOptions & { detector: OnnxDetector }> {
    const { store, log } = this.#options;
    const detector = await settled(createOnnxDetector({ store, log, thresholdOffset: STILL_THRESHOLD_OFFSET }));
    return { detector, thresholds: thresholdsOf(store, detector.state.models) };
  }

  #count(plan: CoverPlan, detector: OnnxDetector): void {
    if (plan.kind === 'regions') this.summary.regions += plan.regions.length;
    else {
      this.summary.coveredWhole++;
      this.summary.advice ||= detector.state.advice;
    }
  }
}

async function settled(detector: OnnxDetector): Promise<OnnxDetector> {
  await detector.settled();
  return detector;
}

/** Faults that the next input need not have. */
function isOfInput(error: unknown): boolean {
  return error instanceof UserError || (error instanceof WorldError && error.code !== 'disk-full');
}

function reasonOf(error: unknown): string {
  const fix = error instanceof UserError && error.fix !== undefined ? `; ${error.fix}` : '';
  return `${messageOf(error)}${fix}`;
}
