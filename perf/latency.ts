/**
 * `npm run latency [-- --seconds 60 --sizes 1920x1080,1280x720]`: what the filter adds from glass to glass.
 *
 * A camera draws the time into its pictures. This process watches it twice over RTSP/TCP, straight and through a real `garim run` with the
 * default settings, decodes both and reads the time of each picture: added latency is when the picture was seen filtered minus when the
 * same picture was seen straight, so that coding, network and decoding of the measurement itself cancel out. Pictures whose time can't be
 * read on either way (covered whole, or a slate) are counted, not measured.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AV_PIX_FMT_RGB24, SWS_POINT } from 'node-av/constants';
import { Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import { systemClock } from '../edge/base/clock.ts';
import { VideoDecoder } from '../edge/camera/capture/decoder.ts';
import { MediaInput } from '../edge/camera/capture/input.ts';
import { readBarcode } from '../edge/camera/evaluate/barcode.ts';
import { PASSWORD, USER } from '../test/support/rtsp-fixture.ts';
import { machine } from './bench/report.ts';
import { startGarim, useOf } from './support/garim-run.ts';

const FRAME_RATE = 25;
const TARGET_MS = 400;
/** Left out at the start: models load, viewers wait for their first key frame. */
const WARM_UP_MS = 8_000;
/** The strip is read from a picture of this width: four pixels to a square. */
const READ_WIDTH_PX = 320;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, sizes: { type: 'string', default: '1920x1080,1280x720' } },
});

async function measure(widthPx: number, heightPx: number, durationMs: number): Promise<void> {
  const { child, url } = await startCamera(widthPx, heightPx);
  try {
    await using garim = await startGarim(url);
    const straight = new Viewer(url);
    const filtered = new Viewer(garim.feedUrl);
    await sleep(WARM_UP_MS);
    straight.reset();
    filtered.reset();
    const cpu = cameraCpuS(garim.cameraPid());
    await sleep(durationMs);
    const cpuShare = ((cameraCpuS(garim.cameraPid()) - cpu) * 1000) / durationMs;
    const peakMb = useOf(garim.cameraPid() ?? 0)?.peakMb ?? Number.NaN;
    const agentPeakMb = useOf(garim.agentPid)?.peakMb ?? Number.NaN;
    await Promise.all([straight.close(), filtered.close()]);
    report(`${widthPx}x${heightPx}`, straight, filtered);
    console.log(
      `  camera process ${(100 * cpuShare).toFixed(0)} % of a core, peak ${peakMb.toFixed(0)} MB; agent peak ${agentPeakMb.toFixed(0)} MB`,
    );
  } finally {
    child.kill('SIGKILL');
  }
}

function cameraCpuS(pid: number | undefined): number {
  return (pid === undefined ? undefined : useOf(pid)?.cpuS) ?? Number.NaN;
}

function report(size: string, straight: Viewer, filtered: Viewer): void {
  const added: number[] = [];
  for (const [drawnMs, seenMs] of filtered.seen) {
    const straightMs = straight.seen.get(drawnMs);
    if (straightMs !== undefined) added.push(seenMs - straightMs);
  }
  added.sort((a, b) => a - b);
  const at = (share: number): string =>
    (added[Math.min(added.length - 1, Math.floor(share * added.length))] ?? Number.NaN).toFixed(0);
  console.log(
    `${size} at ${FRAME_RATE} frames/s: added latency p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms over ${added.length} pictures ` +
      `(${straight.seen.size} seen straight; unreadable: ${straight.unreadable} straight, ${filtered.unreadable} filtered)`,
  );
}

/** Pulls a stream, decodes it and notes when each drawn time was first seen. */
class Viewer {
  readonly seen = new Map<number, number>();
  unreadable = 0;
  readonly #url: string;
  readonly #done: Promise<void>;
  #isStopped = false;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#run();
  }

  reset(): void {
    this.seen.clear();
    this.unreadable = 0;
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const input = new MediaInput({ kind: 'rtsp', url: this.#url }, { transport: 'tcp' });
    await input.open();
    const decoder = await VideoDecoder.open(input.stream, { pacing: 'live', motionVectors: false });
    using strip = new StripReader();
    using packet = new Packet();
    packet.alloc();
    while (!this.#isStopped && (await input.read(packet))) {
      await decoder.decode(
        packet,
        async (frame) => {
          const nowMs = systemClock.monotonicMs();
          const drawnMs = strip.read(frame);
          frame.free();
          if (drawnMs === undefined) this.unreadable++;
          else if (!this.seen.has(drawnMs)) this.seen.set(drawnMs, nowMs);
        },
        () => {},
      );
    }
    decoder[Symbol.dispose]();
    await input.close();
  }
}

/** Reads the number from a small copy of the picture, whose plane is viewed once: looking at each frame's own planes feeds the collector. */
class StripReader implements Disposable {
  #small: { frame: Frame; pixels: Buffer; strideBytes: number; scaler: SoftwareScaleContext; from: string } | undefined;

  read(frame: Frame): number | undefined {
    const { width, height, format } = frame;
    const from = `${width}x${height}/${format}`;
    if (this.#small?.from !== from) {
      this[Symbol.dispose]();
      const small = new Frame();
      small.alloc();
      small.format = AV_PIX_FMT_RGB24;
      small.width = READ_WIDTH_PX;
      small.height = Math.round((READ_WIDTH_PX * height) / width / 2) * 2;
      small.getBuffer();
      const scaler = new SoftwareScaleContext();
      scaler.getContext(width, height, format as never, small.width, small.height, AV_PIX_FMT_RGB24, SWS_POINT);
      this.#small = { frame: small, pixels: small.data![0]!, strideBytes: small.linesize[0]!, scaler, from };
    }
    if (this.#small.scaler.scaleFrameSync(this.#small.frame, frame) < 0) return undefined;
    return readBarcode(this.#small.pixels, this.#small.strideBytes / 3, READ_WIDTH_PX);
  }

  [Symbol.dispose](): void {
    this.#small?.scaler.freeContext();
    this.#small?.frame.free();
    this.#small = undefined;
  }
}

async function startCamera(widthPx: number, heightPx: number): Promise<{ child: ChildProcess; url: string }> {
  const script = path.join(import.meta.dirname, 'support', 'barcode-camera.js');
  const child = spawn(process.execPath, [script, `${widthPx}`, `${heightPx}`, `${FRAME_RATE}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, url: line.replace('rtsp://', `rtsp://${USER}:${encodeURIComponent(PASSWORD)}@`) };
}

console.log(`Machine  ${machine()}; target: p99 below ${TARGET_MS} ms`);
for (const size of values.sizes.split(',')) {
  const [widthPx = 0, heightPx = 0] = size.split('x').map(Number);
  await measure(widthPx, heightPx, Number(values.seconds) * 1000);
}
