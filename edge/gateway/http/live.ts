/**
 * One feed to viewers that play fMP4 through Media Source Extensions. A JSON text message `{type:'format', codec, widthPx,
 * heightPx, frameRate}` comes first and whenever the format changes; each is followed by an init segment and by one fragment per
 * access unit, as binary messages.
 *
 * Every viewer subscribes to the feed itself, so that it starts at a key frame of its own; the bytes of a fragment are made once
 * and shared. A viewer that falls behind skips to a key frame and is dropped in the end (`Backlog`); the others never notice.
 */
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { AccessUnit, Feed, GatewayMetrics, StreamFormat } from '../feed.ts';
import { Fmp4Writer } from '../fmp4/writer.ts';
import { Backlog } from './backlog.ts';

interface Muxed {
  announcement: string;
  writer: Fmp4Writer;
  fragments: WeakMap<AccessUnit, Uint8Array>;
}

/** Shares the muxing of a feed between its viewers. */
export class LiveMuxer {
  #format: StreamFormat | undefined;
  #muxed: Muxed | undefined;

  of(format: StreamFormat): Muxed {
    if (this.#muxed === undefined || this.#format !== format) {
      const writer = new Fmp4Writer(format);
      const { widthPx, heightPx, frameRate } = format;
      this.#format = format;
      this.#muxed = {
        announcement: JSON.stringify({ type: 'format', codec: writer.codec, widthPx, heightPx, frameRate }),
        writer,
        fragments: new WeakMap(),
      };
    }
    return this.#muxed;
  }
}

/** Serves one viewer until the returned subscription is disposed; `drop` is called when it stays behind. */
export function serveLive(options: {
  feed: Feed;
  muxer: LiveMuxer;
  socket: WebSocket;
  metrics: GatewayMetrics;
  clock: Clock;
  drop: (reason: 'slow') => void;
}): Disposable {
  const { feed, muxer, socket, metrics, clock, drop } = options;
  const backlog = new Backlog();
  let muxed: Muxed | undefined;
  return feed.subscribe({
    onFormat(format) {
      muxed = muxer.of(format);
      socket.send(muxed.announcement);
      socket.send(muxed.writer.initSegment);
    },
    onAccessUnit(unit) {
      if (muxed === undefined || socket.readyState !== socket.OPEN) return;
      const admission = backlog.admit(unit.isKey, socket.bufferedAmount, clock.monotonicMs());
      if (admission === 'drop') drop('slow');
      if (admission !== 'send') return;
      let fragment = muxed.fragments.get(unit);
      if (fragment === undefined) {
        fragment = muxed.writer.fragment([unit]);
        muxed.fragments.set(unit, fragment);
      }
      const bytes = fragment.byteLength;
      socket.send(fragment, { binary: true }, (error) => {
        if (error == null) metrics.unitSent('ws', feed.name, clock.monotonicMs() - unit.capturedMs, bytes);
      });
    },
  });
}
