/** Everything between the agent and the city's hubs: one outbox and one courier for each. */
import path from 'node:path';
import { WorldError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { redactUrl } from '../base/secrets.ts';
import type { ResolvedHub } from '../config/hub.ts';
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
  hubs: Readonly<Record<string, ResolvedHub>>;
  /** Name of this box at the hub. */
  box: string;
  stateDir: string;
  metrics: UplinkMetrics;
  log: Log;
}

interface HubState {
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
  /** What is wrong, one line a hub, for the console and the health page. */
  notices(): string[];
  state(): HubState[];
  close(): Promise<void>;
}

/** Rejects with a WorldError when an outbox can't be opened. */
export async function startUplink(options: UplinkOptions): Promise<Uplink> {
  const lines: { hub: string; outbox: Outbox; sink: Sink; courier: Courier }[] = [];
  for (const [hub, resolved] of Object.entries(options.hubs)) {
    const onDrop = (reason: UplinkDropReason): void => options.metrics.releaseDropped(hub, reason);
    const outbox = await openOutbox({ dir: path.join(options.stateDir, 'outbox', hub), onDrop });
    const sink = sinkFor(resolved, options.box);
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
    notices: () =>
      lines.flatMap(({ hub, outbox, courier }) =>
        courier.lastError === ''
          ? []
          : [`hub ${hub}: ${outbox.waiting} releases wait; it is tried again by itself. ${courier.lastError}`],
      ),
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
export function sinkFor(hub: ResolvedHub, box: string): Sink {
  const shownUrl = redactUrl(hub.url);
  switch (hub.kind) {
    case 'mqtt':
      return mqttSink(hub, box, shownUrl);
    case 'ngsi-ld':
      return ngsiLdSink(hub, box, shownUrl);
    case 'cloudevents':
      return cloudEventsSink(hub, box, shownUrl);
  }
}
