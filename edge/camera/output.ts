/**
 * The way out of a camera process: filtered frames and slates in, `format` and `access-unit` messages out.
 *
 * Owns the encoder and replaces it when the picture's size changes or the encoder fails. Presentation times rise strictly whatever
 * comes in. Snapshots are made here too, from the same filtered frames. When the channel to the agent is full, units are dropped up
 * to the next key frame and counted: a viewer sees a gap, never a broken picture.
 */

import { AV_PIX_FMT_RGB24, SWS_BILINEAR } from 'node-av/constants';
import { SoftwareScaleContext } from 'node-av/lib';
import { systemClock } from '../base/clock.ts';
import { WorldError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type CameraSettings, HARDWARE_ENCODERS } from '../config/schema.ts';
import { CodecChoice } from './codec-choice.ts';
import { type Encoder, type EncoderName, openEncoder } from './encode/encoder.ts';
import type { AccessUnit, FromCamera } from './messages.ts';
import type { FilteredFrame } from './redact/filtered-frame.ts';

const JPEG_QUALITY = 85;
/** Requests are answered together, at most so often: viewers must not be able to keep the filter busy. */
const SNAPSHOT_EVERY_MS_MIN = 250;
const SNAPSHOT_REQUESTS_MAX = 64;
/** Encoders that fail this often in a row are not the frame's fault. */
const ENCODER_FAILURES_MAX = 5;

export interface OutputOptions {
  encode: CameraSettings['encode'];
  log: Log;
  /** Hands a message to the agent; false when the channel is full and the message was not taken. */
  send(message: FromCamera): boolean;
}

export class Output {
  readonly #options: OutputOptions;
  #encoder: Encoder | undefined;
  #frameRate = 25;
  #isForcingKey = false;
  #isSkippingToKey = false;
  #lastPtsUs = -1;
  #snapshotRequests: number[] = [];
  /** Capture time of the last frame that a snapshot was made of. */
  #snapshotMs = Number.NEGATIVE_INFINITY;
  readonly #choice = new CodecChoice<EncoderName>(HARDWARE_ENCODERS, 'libx264');
  #failures = 0;
  /** Units that found the channel full, since the last call of `takeDropped()`. */
  #dropped = 0;
  /** One frame at a time, also when slates and frames meet. */
  #busy: Promise<void> = Promise.resolve();

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  get encoderName(): string {
    return this.#encoder?.name ?? '';
  }

  /** Feed time of the last frame, microseconds; -1 before the first. */
  get lastPtsUs(): number {
    return this.#lastPtsUs;
  }

  /** Nominal picture rate of what comes next; takes effect with the next encoder. */
  set frameRate(value: number) {
    if (Number.isFinite(value) && value >= 1 && value <= 240) this.#frameRate = value;
  }

  requestKeyFrame(): void {
    this.#isForcingKey = true;
  }

  requestSnapshot(requestId: number): void {
    this.#snapshotRequests.push(requestId);
    if (this.#snapshotRequests.length > SNAPSHOT_REQUESTS_MAX) this.#snapshotRequests.shift(); // the agent lets it time out
  }

  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Encodes and sends one frame; takes ownership. Rejects only when no encoder works. */
  write(frame: FilteredFrame): Promise<void> {
    const turn = this.#busy.then(() => this.#write(frame));
    this.#busy = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    await this.#busy;
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = undefined;
  }

  async #write(frame: FilteredFrame): Promise<void> {
    using owned = frame;
    if (owned.ptsUs <= this.#lastPtsUs) return; // a slate and a frame met; the later one is a frame away
    this.#lastPtsUs = owned.ptsUs;
    this.#answerSnapshots(owned);
    try {
      if (!this.#encoder?.fits(owned)) this.#replaceEncoder(owned);
      const encoder = this.#encoder!;
      const hadFormat = encoder.format !== undefined;
      const forceKey = this.#isForcingKey;
      this.#isForcingKey = false;
      const startMs = systemClock.monotonicMs();
      const units = await encoder.encode(owned, forceKey);
      const isToBeReplaced = this.#choice.took(
        encoder.name,
        systemClock.monotonicMs() - startMs,
        1000 / this.#frameRate,
      );
      if (!hadFormat && encoder.format) this.#options.send({ type: 'format', format: encoder.format });
      for (const unit of units) this.#send(unit);
      this.#failures = 0;
      if (isToBeReplaced) this.#replaceSlow();
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      if (this.#encoder !== undefined) this.#choice.failed(this.#encoder.name);
      this.#encoder?.[Symbol.dispose]();
      this.#encoder = undefined;
      if (++this.#failures >= ENCODER_FAILURES_MAX) throw error;
      this.#options.log.warn({ err: error.message }, 'encoder failed, opening it again');
    }
  }

  /** The next frame opens the one that is chosen now. */
  #replaceSlow(): void {
    if (this.#options.encode.encoder !== 'auto') return;
    const { name } = this.#encoder!;
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = undefined;
    const [next] = this.#choice.candidates;
    this.#options.log.warn(
      { encoder: name, next },
      'another encoder is opened: this one is slower than the camera or than that one',
    );
  }

  #replaceEncoder(frame: FilteredFrame): void {
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = undefined;
    this.#encoder = openEncoder({
      widthPx: frame.widthPx,
      heightPx: frame.heightPx,
      pixelFormat: frame.av.format,
      colorRange: frame.av.colorRange,
      frameRate: this.#frameRate,
      ...this.#options.encode,
      candidates: this.#choice.candidates,
    });
  }

  #send(unit: AccessUnit): void {
    if (this.#isSkippingToKey && !unit.isKey) {
      this.#dropped++;
      return;
    }
    this.#isSkippingToKey = !this.#options.send({ type: 'access-unit', unit });
    if (this.#isSkippingToKey) {
      this.#dropped++;
      this.#isForcingKey = true;
    }
  }

  #answerSnapshots(frame: FilteredFrame): void {
    if (this.#snapshotRequests.length === 0 || frame.capturedMs - this.#snapshotMs < SNAPSHOT_EVERY_MS_MIN) return;
    this.#snapshotMs = frame.capturedMs;
    const requests = this.#snapshotRequests.splice(0);
    const { widthPx, heightPx, av } = frame;
    // Copied to RGB before the first await; the JPEG is made in libvips' own threads.
    const rgb = Buffer.alloc(widthPx * heightPx * 3);
    using scaler = new SoftwareScaleContext();
    scaler.getContext(widthPx, heightPx, av.format as never, widthPx, heightPx, AV_PIX_FMT_RGB24, SWS_BILINEAR);
    scaler.scaleSync(av.data!, av.linesize, 0, heightPx, [rgb], [widthPx * 3]);
    toJpeg(rgb, widthPx, heightPx).then(
      (jpeg) => {
        for (const requestId of requests) this.#options.send({ type: 'snapshot', requestId, jpeg });
      },
      (error: unknown) => this.#options.log.warn({ err: String(error) }, 'snapshot failed'),
    );
  }
}

/** The image library is loaded with the first snapshot: most camera processes never make one, and it takes 25 MB. */
async function toJpeg(rgb: Buffer, width: number, height: number): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}
