/**
 * A capture on libav: network cameras, V4L2 devices and files.
 *
 * One loop owns the input and the decoder: connect, read, decode, hand over, and after a loss back off and connect anew; a looped file
 * takes the same way without the pause. The puller gets events through a bounded queue; what happens when it falls behind stands in
 * event-queue.ts. Everything native is freed by the loop itself, after its last call has come back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AV_NOPTS_VALUE } from 'node-av/constants';
import { type Frame, Packet } from 'node-av/lib';
import { Backoff } from '../../base/backoff.ts';
import { systemClock } from '../../base/clock.ts';
import { messageOf, WorldError } from '../../base/errors.ts';
import { DECODE_AHEAD_FRAMES_MAX, FRAME_PIXELS_MAX } from '../../base/limits.ts';
import { RepeatLog, rootLog } from '../../base/log.ts';
import { scrub } from '../../base/secrets.ts';
import type { LibavSource } from '../../config/source-url.ts';
import { RawFrame } from '../frame.ts';
import { ArrivalTimes } from './arrival-times.ts';
import { type DecoderChoices, DecoderSlot, type DecoderSlotOptions } from './decoder-slot.ts';
import { EventQueue } from './event-queue.ts';
import { MediaInput } from './input.ts';
import { LagGuard } from './lag-guard.ts';
import type { Capture, CaptureCounts, CaptureEvent, CaptureOptions } from './port.ts';
import { Timeline } from './timeline.ts';

type LostReason = Extract<CaptureEvent, { kind: 'lost' }>['reason'];

const FRAME_RATE_UNKNOWN = 25;
const FRAME_RATE_MAX = 240;
/** Pictures must come for this long before the next loss starts with a short pause again. */
const GOOD_MS_MIN = 10_000;
/** Packets that give no picture for this long are not decodable; longer than the key frame interval of cameras. */
const NO_PICTURE_MS_MAX = 20_000;
/** `close()` answers by then even if a driver or a name lookup hangs; what hangs is freed when it comes back. */
const CLOSE_MS_MAX = 3_000;
/** A file played live that is this late has lost its beat: it goes on from now instead of hurrying after it. */
const LATE_MS_MAX = 1_000;

/** One connection, or one turn of a looped file. */
interface Session {
  input: MediaInput;
  decoder: DecoderSlot;
  arrivals: ArrivalTimes;
  lag: LagGuard;
  secondsPerTick: number;
  frameRate: number;
  isLoop: boolean;
  frames: number;
  firstFrameMs: number;
  lastFrameMs: number;
}

export class LibavCapture implements Capture {
  readonly counts: CaptureCounts = { framesDecoded: 0, framesDropped: 0, decodeErrors: 0, reconnects: 0 };
  readonly #source: LibavSource;
  readonly #options: CaptureOptions;
  readonly #queue: EventQueue;
  readonly #timeline: Timeline;
  readonly #backoff = new Backoff();
  readonly #decodeErrors = new RepeatLog(rootLog, 'decode error');
  readonly #decoderOptions: DecoderSlotOptions;
  /** What was found out about decoders, over all connections. */
  readonly #decoders: DecoderChoices = new Map();
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  /** When the feed's time was 0, on the monotonic clock. */
  readonly #startMs = systemClock.monotonicMs();
  /** How far a file that is played as a camera has fallen behind its own beat for good. */
  #lateMs = 0;
  #input: MediaInput | undefined;
  #connections = 0;
  #seq = 0;

  constructor(source: LibavSource, options: CaptureOptions) {
    this.#source = source;
    this.#options = options;
    const { pacing, motionVectors = false, hardware = 'off' } = options;
    this.#decoderOptions = { pacing, motionVectors, hardware };
    this.#timeline = new Timeline(source.kind === 'file' ? 'file' : 'live');
    this.#queue = new EventQueue(options.pacing, DECODE_AHEAD_FRAMES_MAX, () => this.counts.framesDropped++);
    this.#done = this.#run();
  }

  next(): Promise<CaptureEvent> {
    return this.#queue.next();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#input?.interrupt();
    this.#queue.close();
    const patience = new AbortController();
    await Promise.race([this.#done, pause(CLOSE_MS_MAX, patience.signal)]);
    patience.abort();
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    const isLooped = this.#source.kind === 'file' && this.#source.loop;
    // A file that is read once as fast as possible has no better tomorrow; one that is played as a camera may come back.
    const retries = isLooped || this.#source.kind !== 'file' || this.#options.pacing === 'live';
    let isLoop = false;
    while (!this.#closed) {
      try {
        await this.#play(isLoop);
        if (!isLooped) break;
        isLoop = true;
        this.#timeline.looped();
      } catch (error) {
        if (this.#closed) break;
        isLoop = false;
        await this.#lose(error, retries);
        if (!retries) break;
      }
    }
    this.#queue.push({ kind: 'ended' });
  }

  async #lose(error: unknown, retries: boolean): Promise<void> {
    if (!(error instanceof WorldError)) rootLog.error({ err: error }, 'capture failed by a fault of our own');
    const reason = lostReason(error);
    const retryMs = !retries
      ? 0
      : reason === 'source-unauthorised'
        ? this.#backoff.longestMs()
        : this.#backoff.nextMs();
    this.#timeline.lost();
    this.#queue.push({ kind: 'lost', reason, error: scrub(messageOf(error)), retryMs });
    await pause(retryMs, this.#closing.signal);
  }

  /** Connects and plays until the end of the file. @throws WorldError when the source is lost */
  async #play(isLoop: boolean): Promise<void> {
    const input = new MediaInput(this.#source, this.#options);
    this.#input = input;
    try {
      await input.open();
      const { timeBase, avgFrameRate } = input.stream;
      const frameRate = plausibleRate(avgFrameRate.num / avgFrameRate.den);
      this.#timeline.setStep(1e6 / frameRate);
      using decoder = new DecoderSlot(input.stream, this.#decoderOptions, this.#decoders);
      await decoder.open();
      const now = systemClock.monotonicMs();
      await this.#decodeAll({
        input,
        decoder,
        arrivals: new ArrivalTimes(),
        lag: new LagGuard(),
        secondsPerTick: timeBase.num / timeBase.den,
        frameRate,
        isLoop,
        frames: 0,
        firstFrameMs: now,
        lastFrameMs: now,
      });
    } finally {
      this.#input = undefined;
      await input.close();
    }
  }

  async #decodeAll(session: Session): Promise<void> {
    const onFrame = (frame: Frame): Promise<void> => this.#deliver(session, frame);
    const onError = (text: string): void => {
      this.counts.decodeErrors++;
      this.#decodeErrors.add(text);
    };
    using packet = new Packet();
    packet.alloc();
    while (await session.input.read(packet)) {
      const nowMs = systemClock.monotonicMs();
      if (this.#isLeftOut(session, packet, nowMs)) continue;
      session.arrivals.add(packet.pts, nowMs);
      await session.decoder.decode(packet, 1000 / session.frameRate, onFrame, onError);
      if (this.#closed) return;
      if (nowMs - session.lastFrameMs > NO_PICTURE_MS_MAX) {
        const text = `packets came for ${NO_PICTURE_MS_MAX / 1000} s, but no picture that ${session.decoder.codecName} can decode`;
        throw new WorldError('source-undecodable', text);
      }
    }
    await session.decoder.decode(null, 1000 / session.frameRate, onFrame, onError);
    if (session.frames === 0 && !this.#closed) throw new WorldError('source-undecodable', 'the file holds no picture');
  }

  /** Network cameras only: a file waits, and a V4L2 driver drops by itself. */
  #isLeftOut(session: Session, packet: Packet, nowMs: number): boolean {
    if (this.#source.kind !== 'rtsp') return false;
    const sourceUs = packet.pts === AV_NOPTS_VALUE ? undefined : Number(packet.pts) * session.secondsPerTick * 1e6;
    const isLeftOut = session.lag.shouldSkip(sourceUs, (nowMs - this.#startMs) * 1000, packet.isKeyframe);
    if (isLeftOut) this.counts.framesDropped++;
    return isLeftOut;
  }

  async #deliver(session: Session, frame: Frame): Promise<void> {
    const nowMs = systemClock.monotonicMs();
    this.counts.framesDecoded++;
    session.lastFrameMs = nowMs;
    if (this.#closed || frame.width * frame.height > FRAME_PIXELS_MAX) {
      frame.free();
      if (this.#closed) return;
      throw new WorldError('source-undecodable', 'a picture is larger than allowed');
    }
    if (session.frames++ === 0) this.#connected(session, frame, nowMs);
    if (nowMs - session.firstFrameMs > GOOD_MS_MIN) this.#backoff.reset();
    const { ptsUs, capturedMs } = await this.#place(session, frame, nowMs);
    await this.#queue.pushFrame({ kind: 'frame', frame: new RawFrame(frame, this.#seq++, ptsUs, capturedMs) });
  }

  /** Told with the first picture, which proves that the source can be decoded and how large it is. */
  #connected(session: Session, frame: Frame, nowMs: number): void {
    session.firstFrameMs = nowMs;
    if (session.isLoop) return;
    if (this.#connections++ > 0) this.counts.reconnects++;
    const { width: widthPx, height: heightPx } = frame;
    const info = { codec: session.decoder.codecName, widthPx, heightPx, frameRate: session.frameRate };
    this.#queue.push({ kind: 'connected', info });
  }

  /** The frame's place on the feed's timeline. A file that plays as a camera is held until its time has come. */
  async #place(session: Session, frame: Frame, nowMs: number): Promise<{ ptsUs: number; capturedMs: number }> {
    // A multipart stream has no timestamps; those that libav makes up assume 25 pictures per second.
    const hasTimes = this.#source.kind !== 'http';
    const ticks = frame.bestEffortTimestamp;
    const sourceUs = hasTimes && ticks !== AV_NOPTS_VALUE ? Number(ticks) * session.secondsPerTick * 1e6 : undefined;
    if (this.#source.kind !== 'file') {
      const arrivedMs = session.arrivals.take(frame.pts) ?? nowMs;
      return { ptsUs: this.#timeline.next(sourceUs, (arrivedMs - this.#startMs) * 1000), capturedMs: arrivedMs };
    }
    if (this.#options.pacing === 'unpaced') return { ptsUs: this.#timeline.next(sourceUs, 0), capturedMs: nowMs };
    const ptsUs = this.#timeline.next(sourceUs, (nowMs - this.#startMs) * 1000);
    const earlyMs = this.#startMs + this.#lateMs + ptsUs / 1000 - nowMs;
    if (earlyMs > 0) await pause(earlyMs, this.#closing.signal);
    else if (earlyMs < -LATE_MS_MAX) this.#lateMs -= earlyMs;
    return { ptsUs, capturedMs: systemClock.monotonicMs() };
  }
}

function lostReason(error: unknown): LostReason {
  if (!(error instanceof WorldError)) return 'source-lost';
  if (error.code === 'source-unauthorised' || error.code === 'source-undecodable') return error.code;
  return 'source-lost';
}

function plausibleRate(frameRate: number): number {
  return frameRate >= 1 && frameRate <= FRAME_RATE_MAX ? frameRate : FRAME_RATE_UNKNOWN;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
