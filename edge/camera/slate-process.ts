/**
 * Entry of the slate process: stands in for one camera while its own process is down. It has no source, so there is nothing in it that
 * could leak; it says `FromCamera` messages like a camera process and ends with the agent.
 */
import { AV_LOG_ERROR, AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { SLATE_FRAME_RATE } from '../base/limits.ts';
import { openParentWire } from '../base/wire.ts';
import { emptyCounts } from './counter.ts';
import { createSurface, type Surface } from './draw/surface.ts';
import { type Encoder, openEncoder } from './encode/encoder.ts';
import type { CameraHealth, FromCamera, StreamFormat, ToCamera } from './messages.ts';
import { Redactor } from './redact/redactor.ts';
import { drawSlate } from './slate.ts';

type Start = Extract<ToCamera, { type: 'start-slate' }>;

const FRAME_MS = 1000 / SLATE_FRAME_RATE;
/** A slate is flat and nearly still. */
const BITRATE_KBPS = 500;
const KEY_FRAME_INTERVAL_MS = 2_000;
/** A slate that can't be sent is skipped: the next one has a newer clock. */
const UNSENT_MAX = 4;

class SlateFeed {
  readonly #start: Start;
  readonly #surface: Surface;
  readonly #encoder: Encoder;
  readonly #redactor = new Redactor('solid');
  readonly #startedMs = systemClock.monotonicMs();
  readonly #sinceMs = systemClock.wallMs();
  #saidFormat: StreamFormat | undefined;
  #wantsKey = true;
  #unsent = 0;
  #drawn = 0;
  #framesUntold = 0;

  constructor(start: Start) {
    this.#start = start;
    // 4:2:0 needs even sides.
    this.#surface = createSurface(start.widthPx & ~1, start.heightPx & ~1);
    this.#encoder = openEncoder({
      widthPx: this.#surface.widthPx,
      heightPx: this.#surface.heightPx,
      pixelFormat: AV_PIX_FMT_YUV420P,
      colorRange: AVCOL_RANGE_MPEG,
      frameRate: SLATE_FRAME_RATE,
      bitrateKbps: BITRATE_KBPS,
      keyFrameIntervalMs: KEY_FRAME_INTERVAL_MS,
      encoder: 'libx264',
    });
  }

  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  /** Draws slates at their rate for ever; rejects when the encoder fails. */
  async run(): Promise<never> {
    for (;;) {
      const dueMs = this.#startedMs + this.#drawn * FRAME_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - systemClock.monotonicMs())));
      // A timer may fire a little early or, on a busy box, frames late: the next one is in the future in both cases.
      const passed = Math.floor((systemClock.monotonicMs() - this.#startedMs) / FRAME_MS);
      this.#drawn = Math.max(this.#drawn, passed) + 1;
      await this.#drawOne();
      if (++this.#framesUntold >= SLATE_FRAME_RATE) this.#sayHealth();
    }
  }

  async #drawOne(): Promise<void> {
    if (this.#unsent > UNSENT_MAX) {
      this.#wantsKey = true;
      return;
    }
    const { name, reason, ptsUs } = this.#start;
    const nowMs = systemClock.monotonicMs();
    drawSlate(this.#surface, { cameraName: name, reason, wallMs: systemClock.wallMs(), sinceMs: this.#sinceMs });
    const frame = this.#redactor.fromSurface(this.#surface, ptsUs + (nowMs - this.#startedMs) * 1000, nowMs);
    const units = await this.#encoder.encode(frame, this.#wantsKey);
    this.#wantsKey = false;
    const { format } = this.#encoder;
    if (format !== undefined && format !== this.#saidFormat) {
      this.#saidFormat = format;
      this.#say({ type: 'format', format });
    }
    for (const unit of units) this.#say({ type: 'access-unit', unit });
  }

  #sayHealth(): void {
    const { reason } = this.#start;
    const health: CameraHealth = {
      state: 'slate',
      reason,
      advice: '',
      source: { state: 'lost', description: '', lastError: '', reconnects: 0 },
      detector: { state: 'unavailable', models: [], digests: [], inferenceMsP50: 0, cadenceFrames: 0 },
      encoder: this.#encoder.name,
      coveredNow: {},
      delayLineFrames: 0,
      uncounted: [],
    };
    const counts = { ...emptyCounts(), framesSlate: this.#framesUntold };
    this.#framesUntold = 0;
    this.#say({ type: 'health', health, counts });
  }

  #say(message: FromCamera): void {
    this.#unsent++;
    const isQueued = wire.send(message, () => {
      this.#unsent--;
    });
    if (!isQueued) this.#unsent--;
  }
}

process.title = 'garim-slate';
Log.setLevel(AV_LOG_ERROR);
let feed: SlateFeed | undefined;

function take(message: ToCamera): void {
  if (message.type === 'stop') process.exit(0);
  if (message.type === 'request-key-frame') feed?.requestKeyFrame();
  if (message.type !== 'start-slate' || feed !== undefined) return;
  feed = new SlateFeed(message);
  feed.run().catch(fail);
}

function fail(error: unknown): void {
  process.stderr.write(`slate process: ${messageOf(error)}\n`);
  process.exit(1);
}

const wire = openParentWire((message) => {
  try {
    take(message as ToCamera);
  } catch (error) {
    fail(error);
  }
});
