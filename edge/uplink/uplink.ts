/** Everything between the agent and the city's hubs: one outbox and one courier for each. */
import path from 'node:path';
import { WorldError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { redactUrl } from '../base/secrets.ts';
import type { HubSettings } from '../config/hub.ts';
import type { Release } from '../sensor/messages.ts';
import { Courier } from './courier.ts';
import { type Outbox, openOutbox, type UplinkDropReason } from './outbox.ts';
import type { Sink } from './sink.ts';
import { cloudEventsSink } from './sinks/cloudevents.ts';
import { mqttSink } from './sinks/mqtt.ts';
import { ngsiLdSink } from './sinks/ngsi-ld.ts';

export interface UplinkMetrics {
  releaseDelivered(hub: string): void;
  releaseDropped(hub: string, reason: UplinkDropReason): void;
}

export interface UplinkOptions {
  hubs: Readonly<Record<string, HubSettings>>;
  /** Resolved secrets by hub: the URL with its credentials, the token. */
  secrets: Readonly<Record<string, { url: string; token: string | undefined }>>;
  /** Name of this box at the hub. */
  box: string;
  stateDir: string;
  metrics: UplinkMetrics;
  log: Log;
}

export interface HubState {
  hub: string;
  target: string;
  waiting: number;
  waitingBytes: number;
  lastError: string;
}

export interface Uplink {
  /**
   * Resolves when the release is durable for every hub: then it may be forgotten. Rejects with a WorldError when a disk takes none; the
   * same release may be given again.
   */
  accept(release: Release): Promise<void>;
  state(): HubState[];
  close(): Promise<void>;
}

/** Rejects with a WorldError when an outbox can't be opened. */
export async function startUplink(options: UplinkOptions): Promise<Uplink> {
  const lines: { hub: string; outbox: Outbox; sink: Sink; courier: Courier }[] = [];
  for (const [hub, settings] of Object.entries(options.hubs)) {
    const onDrop = (reason: UplinkDropReason): void => options.metrics.releaseDropped(hub, reason);
    const outbox = await openOutbox({ dir: path.join(options.stateDir, 'outbox', hub), onDrop });
    const sink = sinkFor(settings, options.secrets[hub]!, options.box);
    const onDelivered = (): void => options.metrics.releaseDelivered(hub);
    const log = options.log.child({ hub });
    lines.push({ hub, outbox, sink, courier: new Courier({ outbox, sink, log, onDelivered, onDrop }) });
  }
  return {
    async accept(release) {
      const results = await Promise.allSettled(lines.map(({ outbox }) => outbox.add(release)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined)
        throw failed.reason instanceof WorldError ? failed.reason : new Error(String(failed.reason));
    },
    state: () =>
      lines.map(({ hub, outbox, sink, courier }) => ({
        hub,
        target: sink.target,
        waiting: outbox.waiting,
        waitingBytes: outbox.waitingBytes,
        lastError: courier.lastError,
      })),
    async close() {
      await Promise.all(lines.map(({ courier }) => courier.close()));
    },
  };
}

/** The sink for a hub. `box` names this box there. */
export function sinkFor(
  settings: HubSettings,
  { url, token }: { url: string; token: string | undefined },
  box: string,
): Sink {
  const shownUrl = redactUrl(url);
  if ('mqtt' in settings) return mqttSink({ url, topicPrefix: settings.mqtt.topicPrefix }, box, shownUrl);
  return 'ngsiLd' in settings
    ? ngsiLdSink({ url, token }, box, shownUrl)
    : cloudEventsSink({ url, token }, box, shownUrl);
}
