/**
 * The clip to measure with: a real one where there is one, else the simulated street. Made once, in the system's folder for temporary
 * files, coded as cameras code: H.264 without B-frames, a key frame every two seconds, 6 Mbit/s.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P, AVERROR_EAGAIN, AVERROR_EOF, SWS_BILINEAR } from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
  SoftwareScaleContext,
} from 'node-av/lib';
import { createStreet } from '../../edge/camera/capture/simulated/street.ts';
import { createSurface } from '../../edge/camera/draw/surface.ts';
import { sharedData } from '../../test/support/shared.ts';

export const FRAME_RATE = 25;
const SECONDS = 12;
const BIT_RATE = 6_000_000;

export interface Clip {
  path: string;
  /** One line for a person. */
  description: string;
}

/** Finds or makes the default clip. `ffmpeg`: its path, when there is one. */
export async function defaultClip(ffmpeg: string | undefined, widthPx: number, heightPx: number): Promise<Clip> {
  const folder = path.join(tmpdir(), 'garim-bench');
  mkdirSync(folder, { recursive: true });
  const real = sharedData && path.join(sharedData, 'videos', 'tollgate_cars_720p.mp4');
  const isReal = ffmpeg !== undefined && real !== undefined && existsSync(real);
  const file = path.join(folder, `${isReal ? 'tollgate' : 'street'}-${widthPx}x${heightPx}-${FRAME_RATE}.mp4`);
  if (!existsSync(file)) {
    const unfinished = `${file}.${process.pid}.mp4`;
    if (isReal) scaleReal(ffmpeg, real, unfinished, widthPx, heightPx);
    else await drawStreet(unfinished, widthPx, heightPx);
    renameSync(unfinished, file);
  }
  const what = isReal ? 'cars at a toll gate (real)' : 'the simulated street';
  return { path: file, description: `${what}, ${widthPx}x${heightPx}, ${FRAME_RATE} frames/s` };
}

function scaleReal(ffmpeg: string, from: string, to: string, widthPx: number, heightPx: number): void {
  const scale = `scale=${widthPx}:${heightPx}:flags=bicubic`;
  const coding = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-b:v',
    `${BIT_RATE}`,
    '-bf',
    '0',
    '-g',
    `${2 * FRAME_RATE}`,
  ];
  const input = ['-v', 'error', '-nostdin', '-y', '-r', `${FRAME_RATE}`, '-i', from];
  execFileSync(ffmpeg, [...input, '-an', '-vf', scale, ...coding, to], { stdio: 'inherit' });
}

async function drawStreet(file: string, widthPx: number, heightPx: number): Promise<void> {
  const street = await createStreet({ widthPx, heightPx, frameRate: FRAME_RATE });
  const surface = createSurface(widthPx, heightPx);
  using frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = widthPx;
  frame.height = heightPx;
  check(frame.getBuffer());
  using scaler = new SoftwareScaleContext();
  scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGB24, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
  const rgb = Buffer.from(surface.rgb.buffer);
  using writer = await ClipWriter.open(file, widthPx, heightPx);
  for (let index = 0; index < SECONDS * FRAME_RATE; index++) {
    street.renderInto(index, surface);
    check(frame.makeWritable());
    scaler.scaleSync([rgb], [widthPx * 3], 0, heightPx, frame.data!, frame.linesize);
    frame.pts = BigInt(index);
    await writer.write(frame);
  }
  await writer.finish();
}

class ClipWriter implements Disposable {
  readonly #encoder = new CodecContext();
  readonly #output = new FormatContext();
  readonly #packet = new Packet();
  readonly #timeBase = new Rational(1, FRAME_RATE);

  static async open(file: string, widthPx: number, heightPx: number): Promise<ClipWriter> {
    const writer = new ClipWriter();
    const codec = Codec.findEncoderByName('libx264' as never);
    if (codec === null) throw new Error('node-av was built without libx264');
    const encoder = writer.#encoder;
    encoder.allocContext3(codec);
    encoder.width = widthPx;
    encoder.height = heightPx;
    encoder.pixelFormat = AV_PIX_FMT_YUV420P;
    encoder.timeBase = writer.#timeBase;
    encoder.framerate = new Rational(FRAME_RATE, 1);
    encoder.gopSize = 2 * FRAME_RATE;
    encoder.maxBFrames = 0;
    encoder.bitRate = BigInt(BIT_RATE);
    check(encoder.setOption('preset', 'veryfast'));
    check(encoder.open2Sync(codec));
    writer.#packet.alloc();
    check(writer.#output.allocOutputContext2(null, 'mp4', file));
    const stream = writer.#output.newStream();
    check(stream.codecpar.fromContext(encoder));
    stream.timeBase = writer.#timeBase;
    check(await writer.#output.openOutput());
    check(await writer.#output.writeHeader());
    return writer;
  }

  async write(frame: Frame | null): Promise<void> {
    check(await this.#encoder.sendFrame(frame));
    for (;;) {
      const code = await this.#encoder.receivePacket(this.#packet);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      check(code);
      this.#packet.streamIndex = 0;
      this.#packet.duration = 1n;
      this.#packet.rescaleTs(this.#timeBase, this.#output.streams[0]!.timeBase);
      check(await this.#output.interleavedWriteFrame(this.#packet));
    }
  }

  async finish(): Promise<void> {
    await this.write(null);
    check(await this.#output.writeTrailer());
    await this.#output.closeOutput();
  }

  [Symbol.dispose](): void {
    this.#packet.free();
    this.#encoder.freeContext();
    this.#output.freeContext();
  }
}

function check(code: number): void {
  FFmpegError.throwIfError(code);
}
