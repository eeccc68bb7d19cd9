/**
 * Keeps the filtered feed of one camera as MP4 files `DIR/NAME/YYYYMMDDTHHMMSSZ.mp4`, cut at key frames.
 *
 * The feed's side only gathers units; every full GOP becomes one fragment and one job for the writer, which does all IO, one job at
 * a time. When the disk is slower than the feed, jobs beyond QUEUE_BYTES_MAX are left out up to the next key frame. Any error of
 * the disk pauses the recording with one warning; it is tried again every RETRY_MS. Nothing here ever reaches back to the feed.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { AccessUnit, Feed, StreamFormat } from '../feed.ts';
import { Fmp4Writer } from '../fmp4/writer.ts';
import { deleteOldest, finishName, finishPart, finishParts, freePath, PART_SUFFIX } from './files.ts';

/** About eight seconds at 8 Mbit/s: an SD card that erases a block takes less. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;
/** A GOP larger than this is written in parts. */
const FRAGMENT_BYTES_MAX = 2 * 1024 * 1024;
const RETRY_MS = 10_000;

interface SegmentsState {
  state: 'recording' | 'paused';
  /** What is wrong; empty while recording. */
  advice: string;
  /** Pictures left out since the start because the disk was too slow or failed. */
  unitsSkipped: number;
}

export interface Segments extends AsyncDisposable {
  readonly state: SegmentsState;
  /** Finishes the file that is being written. */
  close(): Promise<void>;
}

export function startSegments(options: {
  feed: Feed;
  dir: string;
  secondsEach: number;
  totalMbMax: number;
  log: Log;
  clock?: Clock;
}): Segments {
  return new Recorder(options);
}

interface OpenSegment {
  format: StreamFormat;
  partPath: string;
  handle: FileHandle;
  startPtsUs: number;
  writer: Fmp4Writer;
}

/** One fragment: a GOP or part of one. */
interface Job {
  format: StreamFormat;
  units: AccessUnit[];
  sizeBytes: number;
  endPtsUs: number | undefined;
}

class Recorder implements Segments {
  readonly #feed: Feed;
  readonly #dir: string;
  readonly #segmentUs: number;
  readonly #totalBytesMax: number;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #subscription: Disposable;

  // The feed's side.
  #format: StreamFormat | undefined;
  #gathered: AccessUnit[] = [];
  #gatheredBytes = 0;
  #queuedBytes = 0;
  #skipToKey = true;
  #unitsSkipped = 0;

  // The writer's side.
  #jobs: Promise<void> = Promise.resolve();
  #segment: OpenSegment | undefined;
  #prepared = false;
  #paused: { sinceMs: number; advice: string } | undefined;

  constructor(options: Parameters<typeof startSegments>[0]) {
    this.#feed = options.feed;
    this.#dir = path.join(options.dir, options.feed.name);
    this.#segmentUs = options.secondsEach * 1e6;
    this.#totalBytesMax = options.totalMbMax * 1e6;
    this.#log = options.log.child({ camera: options.feed.name });
    this.#clock = options.clock ?? systemClock;
    this.#subscription = options.feed.subscribe({
      onFormat: (format) => {
        this.#flush(undefined);
        this.#format = format;
        this.#skipToKey = true;
      },
      onAccessUnit: (unit) => this.#gather(unit),
    });
  }

  get state(): SegmentsState {
    return {
      state: this.#paused === undefined ? 'recording' : 'paused',
      advice: this.#paused?.advice ?? '',
      unitsSkipped: this.#unitsSkipped,
    };
  }

  async close(): Promise<void> {
    this.#subscription[Symbol.dispose]();
    this.#flush(undefined);
    this.#enqueue(() => this.#finish());
    await this.#jobs;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #gather(unit: AccessUnit): void {
    if (unit.isKey || this.#gatheredBytes > FRAGMENT_BYTES_MAX) this.#flush(unit.ptsUs);
    if (unit.isKey) this.#skipToKey = false;
    if (this.#isWaiting() || this.#queuedBytes + this.#gatheredBytes + unit.data.byteLength > QUEUE_BYTES_MAX) {
      this.#skipToKey = true;
    }
    if (this.#skipToKey) {
      this.#unitsSkipped++;
      return;
    }
    this.#gathered.push(unit);
    this.#gatheredBytes += unit.data.byteLength;
  }

  #isWaiting(): boolean {
    return this.#paused !== undefined && this.#clock.monotonicMs() - this.#paused.sinceMs < RETRY_MS;
  }

  #flush(endPtsUs: number | undefined): void {
    const format = this.#format;
    if (format === undefined || this.#gathered.length === 0) return;
    const job: Job = { format, units: this.#gathered, sizeBytes: this.#gatheredBytes, endPtsUs };
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#queuedBytes += job.sizeBytes;
    this.#enqueue(async () => {
      try {
        await this.#write(job);
      } catch (error) {
        this.#unitsSkipped += job.units.length;
        throw error;
      } finally {
        this.#queuedBytes -= job.sizeBytes;
      }
    });
  }

  /** Jobs run one after the other; one that fails pauses the recording. */
  #enqueue(job: () => Promise<void>): void {
    this.#jobs = this.#jobs.then(job).catch((error: unknown) => this.#pause(error));
  }

  async #write(job: Job): Promise<void> {
    const first = job.units[0];
    if (first === undefined) return;
    if (this.#isWaiting()) {
      this.#unitsSkipped += job.units.length; // queued before the error was known
      return;
    }
    let segment = this.#segment;
    const isFull = segment !== undefined && first.ptsUs - segment.startPtsUs >= this.#segmentUs;
    if (first.isKey && (isFull || segment?.format !== job.format)) {
      await this.#finish();
      segment = undefined;
    }
    if (segment === undefined) {
      // Only after an error: what follows a part that could not be written is of no use without its key frame.
      if (!first.isKey) {
        this.#unitsSkipped += job.units.length;
        return;
      }
      segment = await this.#begin(job.format, first.ptsUs);
    }
    await writeAll(segment.handle, segment.writer.fragment(job.units, job.endPtsUs));
    if (this.#paused !== undefined) {
      this.#paused = undefined;
      this.#log.info('segments are written again');
    }
  }

  async #begin(format: StreamFormat, startPtsUs: number): Promise<OpenSegment> {
    await mkdir(this.#dir, { recursive: true });
    if (!this.#prepared) {
      const found = await finishParts(this.#dir, this.#clock.wallMs());
      if (found > 0) this.#log.info({ found }, 'unfinished segments of an earlier run were finished or removed');
      this.#prepared = true;
    }
    await deleteOldest(this.#dir, this.#totalBytesMax);
    const partPath = (await freePath(this.#dir, this.#clock.wallMs())) + PART_SUFFIX;
    const handle = await open(partPath, 'wx', 0o640);
    const writer = new Fmp4Writer(format, startPtsUs);
    const segment: OpenSegment = { partPath, handle, startPtsUs, writer, format };
    this.#segment = segment;
    await writeAll(handle, writer.initSegment);
    return segment;
  }

  async #finish(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    try {
      await segment.handle.datasync();
    } finally {
      await segment.handle.close();
    }
    await finishName(segment.partPath, this.#clock.wallMs());
  }

  async #pause(error: unknown): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment !== undefined) {
      // What is whole of it is kept; if even that fails, the next start finishes it.
      await segment.handle.close().catch(() => {});
      await finishPart(segment.partPath, this.#clock.wallMs()).catch(() => {
        this.#prepared = false;
      });
    }
    const isFirst = this.#paused === undefined;
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    const advice = isFull
      ? `Segments of ${this.#feed.name} are paused: the disk is full. Free space or lower segments.totalMbMax.`
      : `Segments of ${this.#feed.name} are paused: ${messageOf(error)}. Check the folder of segments.dir.`;
    this.#paused = { sinceMs: this.#clock.monotonicMs(), advice };
    if (isFirst) this.#log.warn(advice);
  }
}

/** `FileHandle.write` may write less than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, at);
    at += bytesWritten;
  }
}
