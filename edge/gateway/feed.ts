/**
 * What the gateway pulls from: the port between the agent (which feeds it from camera processes) and everything that serves
 * viewers (RTSP, the console's WebSocket, segments, push).
 *
 * A subscriber is called in the agent's event loop and must not block: it copies nothing, keeps its own bounded queue, and
 * drops itself when it can't follow. A subscriber that throws is removed and logged; the others go on.
 */
import type { AccessUnit, CameraCounts, CameraHealth, StreamFormat } from '../camera/messages.ts';

export interface FeedSubscriber {
  /** Called at once when a format is known, and again whenever it changes. The next unit after it is a key frame. */
  onFormat(format: StreamFormat): void;
  /** The first unit that a subscriber gets is a key frame. */
  onAccessUnit(unit: AccessUnit): void;
}

export interface Feed {
  /** The camera's name in the configuration: `[a-z0-9][a-z0-9-]*`. */
  readonly name: string;
  readonly format: StreamFormat | undefined;
  readonly health: CameraHealth | undefined;
  /** Starts delivery and asks the camera for a key frame. Dispose to end it. */
  subscribe(subscriber: FeedSubscriber): Disposable;
  /** JPEG of the next filtered frame. Rejects with a WorldError after SNAPSHOT_TIMEOUT_MS. */
  snapshot(): Promise<Uint8Array>;
}

export interface FeedDirectory {
  get(name: string): Feed | undefined;
  list(): Feed[];
}

/** Told to whoever renders metrics; the agent implements it. */
export interface GatewayMetrics {
  /** A unit was handed to the network. `kind` is the way out, e.g. `rtsp`, `ws`. Latency is egress minus capture. */
  unitSent(kind: string, feed: string, latencyMs: number, bytes: number): void;
  viewers(kind: string, feed: string, count: number): void;
  viewerDropped(kind: string, feed: string, reason: string): void;
}

export type { AccessUnit, CameraCounts, CameraHealth, StreamFormat };
