/** A feed that a test feeds by hand, and a directory of feeds. Keeps the promises of `Feed`: format first, key frame first. */
import type {
  AccessUnit,
  CameraHealth,
  Feed,
  FeedDirectory,
  FeedSubscriber,
  StreamFormat,
} from '../../edge/gateway/feed.ts';

export class ManualFeed implements Feed {
  readonly name: string;
  readonly health: CameraHealth | undefined = undefined;
  format: StreamFormat | undefined;
  /** Called when a subscriber asks for a key frame by subscribing. */
  onKeyFrameWanted: () => void = () => {};
  readonly #subscribers = new Map<FeedSubscriber, { waitsForKey: boolean }>();

  constructor(name: string, format?: StreamFormat) {
    this.name = name;
    this.format = format;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  subscribe(subscriber: FeedSubscriber): Disposable {
    this.#subscribers.set(subscriber, { waitsForKey: true });
    if (this.format !== undefined) subscriber.onFormat(this.format);
    this.onKeyFrameWanted();
    return { [Symbol.dispose]: () => void this.#subscribers.delete(subscriber) };
  }

  snapshot(): Promise<Uint8Array> {
    return Promise.reject(new Error('this feed has no snapshots'));
  }

  pushFormat(format: StreamFormat): void {
    this.format = format;
    for (const [subscriber, state] of [...this.#subscribers]) {
      state.waitsForKey = true;
      subscriber.onFormat(format);
    }
  }

  pushUnit(unit: AccessUnit): void {
    for (const [subscriber, state] of [...this.#subscribers]) {
      if (state.waitsForKey && !unit.isKey) continue;
      state.waitsForKey = false;
      subscriber.onAccessUnit(unit);
    }
  }
}

export class ManualDirectory implements FeedDirectory {
  readonly feeds = new Map<string, Feed>();

  constructor(...feeds: Feed[]) {
    for (const feed of feeds) this.feeds.set(feed.name, feed);
  }

  get(name: string): Feed | undefined {
    return this.feeds.get(name);
  }

  list(): Feed[] {
    return [...this.feeds.values()];
  }
}
