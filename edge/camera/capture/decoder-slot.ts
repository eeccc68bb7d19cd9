/**
 * The decoder of one connection, replaced where it is hardware that fails or is too slow. What is found out stays with the capture: over a
 * reconnection nothing is tried again that failed. A new decoder begins at a key frame, so that a change costs at most a GOP of pictures, and
 * never a damaged one.
 */
import type { Frame, Packet, Stream } from 'node-av/lib';
import { systemClock } from '../../base/clock.ts';
import { rootLog } from '../../base/log.ts';
import { CodecChoice } from '../codec-choice.ts';
import { HARDWARE_DECODERS, VideoDecoder } from './decoder.ts';

/** By libav's name of the codec. */
export type DecoderChoices = Map<string, CodecChoice<string>>;

export interface DecoderSlotOptions {
  pacing: 'live' | 'unpaced';
  motionVectors: boolean;
  /** `auto` tries hardware first. */
  hardware: 'off' | 'auto';
  /** Names by codec; HARDWARE_DECODERS unless a test brings its own. */
  hardwareNames?: Readonly<Record<string, readonly string[]>>;
}

export class DecoderSlot implements Disposable {
  readonly #stream: Stream;
  readonly #options: DecoderSlotOptions;
  readonly #choices: DecoderChoices;
  #decoder: VideoDecoder | undefined;
  #waitsForKey = false;

  constructor(stream: Stream, options: DecoderSlotOptions, choices: DecoderChoices) {
    this.#stream = stream;
    this.#options = options;
    this.#choices = choices;
  }

  /** Opens the best that is known. Throws WorldError `source-undecodable`. */
  async open(): Promise<void> {
    const { pacing, motionVectors, hardware } = this.#options;
    const isFirst = this.#decoder === undefined;
    this[Symbol.dispose]();
    this.#decoder = await VideoDecoder.open(this.#stream, {
      pacing,
      motionVectors,
      ...(hardware === 'auto' && {
        candidatesFor: (codec) => this.#choiceOf(codec).candidates,
        onRefused: (codec, name, error) => {
          this.#choiceOf(codec).failed(name);
          rootLog.info({ decoder: name, error }, 'a hardware decoder does not open here');
        },
      }),
    });
    this.#waitsForKey = !isFirst || this.#decoder.isHardware;
  }

  get codecName(): string {
    return this.#decoder?.codecName ?? 'unknown';
  }

  /** libav's name of what decodes now. */
  get decoderName(): string {
    return this.#decoder?.name ?? 'unknown';
  }

  /** As VideoDecoder does, `gapMs` after the picture before. */
  async decode(
    packet: Packet | null,
    gapMs: number,
    onFrame: (frame: Frame) => Promise<void>,
    onError: (text: string) => void,
  ): Promise<void> {
    const decoder = this.#decoder;
    if (decoder === undefined || (this.#waitsForKey && packet?.isKeyframe === false)) return;
    this.#waitsForKey = false;
    let frames = 0;
    let elsewhereMs = 0;
    const startMs = systemClock.monotonicMs();
    await decoder.decode(
      packet,
      async (frame) => {
        frames++;
        const handedMs = systemClock.monotonicMs();
        await onFrame(frame);
        elsewhereMs += systemClock.monotonicMs() - handedMs;
      },
      onError,
    );
    if (this.#options.hardware === 'off' || packet === null) return;
    const tookMs = systemClock.monotonicMs() - startMs - elsewhereMs;
    const choice = this.#choiceOf(decoder.codecName);
    if (decoder.hasFailed) {
      choice.failed(decoder.name);
      rootLog.warn({ decoder: decoder.name }, 'a hardware decoder fails; another one is opened');
    } else if (frames === 0 || !choice.took(decoder.name, tookMs, gapMs)) return;
    else rootLog.warn({ decoder: decoder.name }, 'another decoder is opened: this one is slower than the camera');
    await this.open();
    // There is one less to try each time.
    if (frames === 0 && packet.isKeyframe) await this.decode(packet, gapMs, onFrame, onError);
  }

  #choiceOf(codec: string): CodecChoice<string> {
    let choice = this.#choices.get(codec);
    if (choice === undefined) {
      const names = this.#options.hardwareNames ?? HARDWARE_DECODERS;
      choice = new CodecChoice(names[codec] ?? [], codec);
      this.#choices.set(codec, choice);
    }
    return choice;
  }

  [Symbol.dispose](): void {
    this.#decoder?.[Symbol.dispose]();
    this.#decoder = undefined;
  }
}
