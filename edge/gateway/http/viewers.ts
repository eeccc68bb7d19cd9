/**
 * What a WebSocket of the gateway serves, by its path: a live feed, its MPEG-1 preview, or the status of all cameras. Owns the
 * viewers' counts for each feed and the previews' ffmpeg processes.
 */
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { findFfmpeg, Preview } from '../console/preview.ts';
import type { Feed, FeedDirectory, GatewayMetrics } from '../feed.ts';
import type { ViewerSlots } from '../viewer-slots.ts';
import { Backlog } from './backlog.ts';
import { LiveMuxer, serveLive } from './live.ts';
import type { PreviewAvailability, Status } from './status.ts';

const STATUS_EVERY_MS = 1000;
/** A page that has not taken this much status is stuck; it gets no more until it has. */
const STATUS_BACKLOG_BYTES_MAX = 256 * 1024;

type Way = 'ws' | 'jsmpeg';

/** What one WebSocket shows: a feed, with the use to be recorded, or the status. */
interface Served {
  use?: { feed: string; way: 'live' | 'preview' };
  serve(socket: WebSocket): Disposable;
}

export class Viewers {
  readonly preview: PreviewAvailability;
  readonly #ffmpegPath: string | undefined;
  readonly #feeds: FeedDirectory;
  readonly #slots: ViewerSlots;
  readonly #metrics: GatewayMetrics;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #muxers = new WeakMap<Feed, LiveMuxer>();
  readonly #previews = new WeakMap<Feed, Preview>();
  readonly #counts = new Map<string, number>();
  readonly #watchers = new Set<WebSocket>();
  #statusTimer: NodeJS.Timeout | undefined;
  readonly #status: () => Status;

  constructor(options: {
    feeds: FeedDirectory;
    slots: ViewerSlots;
    metrics: GatewayMetrics;
    clock: Clock;
    log: Log;
    status: () => Status;
  }) {
    this.#feeds = options.feeds;
    this.#slots = options.slots;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#status = options.status;
    this.#ffmpegPath = findFfmpeg(process.env['PATH']);
    this.preview =
      this.#ffmpegPath === undefined
        ? { available: false, advice: 'The preview for panels without H.264 is off: install ffmpeg and restart Garim.' }
        : { available: true };
  }

  /** What the path serves, or why it can't. Of a feed nothing may be served before its use is admitted. */
  find(pathname: string): Served | 'not-found' | 'unavailable' {
    if (pathname === '/api/events') return { serve: (socket) => this.#serveStatus(socket) };
    const match = /^\/cameras\/([a-z0-9][a-z0-9-]{0,62})\/(live|jsmpeg)$/.exec(pathname);
    const feed = match?.[1] === undefined ? undefined : this.#feeds.get(match[1]);
    if (feed === undefined) return 'not-found';
    if (this.#slots.isFull) return 'unavailable';
    if (match?.[2] === 'live') {
      return {
        use: { feed: feed.name, way: 'live' },
        serve: (socket) => this.#counted('ws', feed, socket, (drop) => this.#live(feed, socket, drop)),
      };
    }
    const preview = this.#previewOf(feed);
    if (preview === undefined) return 'unavailable';
    return {
      use: { feed: feed.name, way: 'preview' },
      serve: (socket) => this.#counted('jsmpeg', feed, socket, (drop) => this.#jsmpeg(preview, socket, drop)),
    };
  }

  /** Undefined without ffmpeg. */
  #previewOf(feed: Feed): Preview | undefined {
    let preview = this.#previews.get(feed);
    if (preview === undefined && this.#ffmpegPath !== undefined) {
      preview = new Preview({ feed, ffmpegPath: this.#ffmpegPath, clock: this.#clock, log: this.#log });
      this.#previews.set(feed, preview);
    }
    return preview;
  }

  #live(feed: Feed, socket: WebSocket, drop: () => void): Disposable {
    let muxer = this.#muxers.get(feed);
    if (muxer === undefined) {
      muxer = new LiveMuxer();
      this.#muxers.set(feed, muxer);
    }
    return serveLive({ feed, muxer, socket, metrics: this.#metrics, clock: this.#clock, drop });
  }

  #jsmpeg(preview: Preview, socket: WebSocket, drop: () => void): Disposable {
    const backlog = new Backlog();
    return preview.subscribe((data) => {
      // Any chunk will do to start again: MPEG-TS finds its packets by itself.
      const admission = backlog.admit(true, socket.bufferedAmount, this.#clock.monotonicMs());
      if (admission === 'drop') drop();
      else if (admission === 'send') socket.send(data, { binary: true });
    });
  }

  #counted(way: Way, feed: Feed, socket: WebSocket, serve: (drop: () => void) => Disposable): Disposable {
    const drop = (): void => {
      if (socket.readyState !== socket.OPEN) return;
      this.#log.info({ camera: feed.name, kind: way }, 'a viewer stayed too far behind and was dropped');
      this.#metrics.viewerDropped(way, feed.name, 'slow');
      socket.terminate();
    };
    const slot = this.#slots.take();
    if (slot === undefined) {
      socket.close(1013, 'no place is free');
      return { [Symbol.dispose]: () => {} };
    }
    this.#changeCount(way, feed, 1);
    const served = serve(drop);
    return {
      [Symbol.dispose]: () => {
        served[Symbol.dispose]();
        this.#changeCount(way, feed, -1);
        slot[Symbol.dispose]();
      },
    };
  }

  #changeCount(way: Way, feed: Feed, by: 1 | -1): void {
    const key = `${way} ${feed.name}`;
    const count = (this.#counts.get(key) ?? 0) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
    this.#metrics.viewers(way, feed.name, count);
  }

  /** One timer and one text for all pages; it stops with the last. */
  #serveStatus(socket: WebSocket): Disposable {
    socket.send(JSON.stringify(this.#status()));
    this.#watchers.add(socket);
    this.#statusTimer ??= setInterval(() => {
      const text = JSON.stringify(this.#status());
      for (const watcher of this.#watchers) {
        if (watcher.bufferedAmount < STATUS_BACKLOG_BYTES_MAX) watcher.send(text);
      }
    }, STATUS_EVERY_MS);
    return {
      [Symbol.dispose]: () => {
        this.#watchers.delete(socket);
        if (this.#watchers.size > 0 || this.#statusTimer === undefined) return;
        clearInterval(this.#statusTimer);
        this.#statusTimer = undefined;
      },
    };
  }
}
