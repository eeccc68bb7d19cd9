/**
 * MPEG-1 preview of one feed for panels that can't play H.264 through MSE: node-rtsp-stream and JSMpeg.
 *
 * node-rtsp-stream would open an unauthenticated WebSocket server, print ffmpeg's output on ours, and put the stream's URL into
 * the argument list. Here it does none of that: its socket server is replaced by `onData`, its listeners that print are taken off,
 * and ffmpeg reads the filtered feed as fMP4 (which carries the pictures' times) from its standard input, in the environment of
 * all other children.
 *
 * ffmpeg runs while somebody watches. It is restarted with backoff when it ends, and anew when the format changes. When it falls
 * behind, units are skipped up to a key frame, so its pipe stays bounded.
 */

import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import RtspStream from 'node-rtsp-stream';
import { allowedEnvironment } from '../../base/child.ts';
import type { Clock } from '../../base/clock.ts';
import { RECONNECT_BACKOFF_MS_MAX, RECONNECT_BACKOFF_MS_MIN } from '../../base/limits.ts';
import { type Log, RepeatLog } from '../../base/log.ts';
import type { Feed, StreamFormat } from '../feed.ts';
import { Fmp4Writer } from '../fmp4/writer.ts';
import { Backlog } from '../http/backlog.ts';

/** Small enough for a weak panel and for a box that has other work; MPEG-1 knows these rates only: 24, 25, 30, 50, 60. */
const FFMPEG_OPTIONS: Record<string, string> = {
  '-hide_banner': '',
  '-nostats': '',
  '-loglevel': 'error',
  '-an': '',
  '-vf': "scale=w='min(640,iw)':h=-2",
  '-r': '25',
  '-b:v': '1200k',
  '-bf': '0',
  '-g': '25',
  '-threads': '1',
  '-flush_packets': '1',
  '-muxdelay': '0.001',
};

/** Runs long enough to count as working, so that the next failure starts with a short pause again. */
const STABLE_MS = 10_000;

/** The first `ffmpeg` on PATH. */
export function findFfmpeg(pathVariable: string | undefined): string | undefined {
  for (const dir of (pathVariable ?? '').split(path.delimiter)) {
    if (dir === '') continue;
    const candidate = path.join(dir, 'ffmpeg');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

class QuietStream extends RtspStream {
  override startMpeg1Stream(): this {
    // node-rtsp-stream lets ffmpeg inherit our environment, where passwords may stand.
    const environment = process.env;
    process.env = allowedEnvironment(environment);
    try {
      super.startMpeg1Stream();
    } finally {
      process.env = environment;
    }
    // What these listeners print is ffmpeg's raw text; our own are put in their place by `Preview`.
    this.mpeg1Muxer.removeAllListeners('ffmpegStderr');
    this.stream.removeAllListeners('exit');
    return this;
  }

  /** Nothing may listen without authentication. */
  override pipeStreamToSocketServer(): void {}
}

export class Preview {
  readonly #feed: Feed;
  readonly #ffmpegPath: string;
  readonly #clock: Clock;
  readonly #errors: RepeatLog;
  readonly #viewers = new Set<(data: Uint8Array) => void>();
  #subscription: Disposable | undefined;
  #running: { stream: QuietStream; writer: Fmp4Writer; backlog: Backlog; startedMs: number } | undefined;
  #format: StreamFormat | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pauseMs = RECONNECT_BACKOFF_MS_MIN;

  constructor(options: { feed: Feed; ffmpegPath: string; clock: Clock; log: Log }) {
    this.#feed = options.feed;
    this.#ffmpegPath = options.ffmpegPath;
    this.#clock = options.clock;
    this.#errors = new RepeatLog(options.log.child({ camera: options.feed.name }), 'preview failed');
  }

  /** Delivers MPEG-TS chunks until disposed. */
  subscribe(onData: (data: Uint8Array) => void): Disposable {
    this.#viewers.add(onData);
    if (this.#viewers.size === 1) this.#follow();
    return {
      [Symbol.dispose]: () => {
        if (this.#viewers.delete(onData) && this.#viewers.size === 0) this.#stop();
      },
    };
  }

  #follow(): void {
    this.#subscription?.[Symbol.dispose]();
    // A feed calls back while it subscribes; ffmpeg starts at the first key frame, of which a new subscription is sure.
    this.#subscription = this.#feed.subscribe({
      onFormat: (format) => {
        this.#format = format;
        this.#end();
      },
      onAccessUnit: (unit) => {
        if (this.#running === undefined) {
          if (this.#restart !== undefined || this.#format === undefined || !unit.isKey) return;
          this.#start(this.#format, unit.ptsUs);
        }
        const running = this.#running;
        if (running === undefined) return;
        const { stdin } = running.stream.stream;
        const admission = running.backlog.admit(unit.isKey, stdin.writableLength, this.#clock.monotonicMs());
        if (admission === 'send') stdin.write(running.writer.fragment([unit]));
        else if (admission === 'drop') this.#failed(running.stream, 'ffmpeg does not keep up');
      },
    });
  }

  #start(format: StreamFormat, originUs: number): void {
    const stream = new QuietStream({
      name: this.#feed.name,
      streamUrl: 'pipe:0',
      ffmpegPath: this.#ffmpegPath,
      ffmpegOptions: FFMPEG_OPTIONS,
    });
    const writer = new Fmp4Writer(format, originUs);
    this.#running = { stream, writer, backlog: new Backlog(), startedMs: this.#clock.monotonicMs() };
    let lastLine = '';
    stream.mpeg1Muxer.on('ffmpegStderr', (text: Buffer) => {
      lastLine = text.toString('utf8').trim().split('\n').at(-1)?.slice(0, 300) ?? '';
    });
    stream.on('camdata', (data: Buffer) => {
      if (this.#running?.stream === stream) for (const onData of this.#viewers) onData(data);
    });
    stream.stream.on('error', (error) => this.#failed(stream, error.message));
    stream.stream.on('exit', (code, signal) => {
      this.#failed(stream, `ffmpeg ended (${signal ?? `code ${code}`}) ${lastLine}`);
    });
    // A pipe that broke says nothing that `exit` does not say better.
    stream.stream.stdin.on('error', () => {});
    stream.stream.stdin.write(writer.initSegment);
  }

  #failed(stream: QuietStream, why: string): void {
    const running = this.#running;
    if (running?.stream !== stream) return;
    this.#end();
    this.#errors.add(why);
    if (this.#clock.monotonicMs() - running.startedMs > STABLE_MS) this.#pauseMs = RECONNECT_BACKOFF_MS_MIN;
    const pauseMs = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(RECONNECT_BACKOFF_MS_MAX, this.#pauseMs * 2);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#follow();
    }, pauseMs);
    this.#restart.unref();
  }

  #end(): void {
    const child = this.#running?.stream.stream;
    this.#running = undefined;
    child?.stdin?.destroy();
    child?.kill('SIGKILL'); // it owns nothing that a gentler end would save
  }

  #stop(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    if (this.#restart !== undefined) clearTimeout(this.#restart);
    this.#restart = undefined;
    this.#end();
  }
}
