/** All sessions of the server, each with its viewer's place; the metric of viewers for each feed is kept true here. */
import type { Log } from '../../base/log.ts';
import type { GatewayMetrics } from '../feed.ts';
import type { ViewerSession } from './session.ts';

export class SessionTable {
  readonly #byId = new Map<string, ViewerSession>();
  readonly #metrics: GatewayMetrics;
  readonly #log: Log;

  constructor(metrics: GatewayMetrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
  }

  add(session: ViewerSession): void {
    this.#byId.set(session.id, session);
    this.#count(session.feedName);
  }

  get(id: string): ViewerSession | undefined {
    return this.#byId.get(id);
  }

  /** Ends a session and forgets it; harmless when that happened before. */
  end(session: ViewerSession): void {
    session.end();
    if (this.#byId.delete(session.id)) this.#count(session.feedName);
  }

  sweep(): void {
    for (const session of [...this.#byId.values()]) {
      try {
        session.sweep();
      } catch (error) {
        this.#log.error({ err: error }, 'RTSP session failed');
        this.end(session);
      }
    }
  }

  endAll(): void {
    for (const session of [...this.#byId.values()]) this.end(session);
  }

  #count(feedName: string): void {
    let count = 0;
    for (const session of this.#byId.values()) if (session.feedName === feedName) count++;
    this.#metrics.viewers('rtsp', feedName, count);
  }
}
