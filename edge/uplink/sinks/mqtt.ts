/**
 * MQTT 5 (or 3.1.1 where the broker has no 5) with QoS 1: delivered means that the broker has acknowledged. Topic: `PREFIX/BOX/SENSOR`.
 *
 * A connection that failed is thrown away with what it still held: what was not acknowledged is still in the outbox, and a second queue
 * inside the library would send it twice and grow without bound.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import { messageOf, WorldError } from '../../base/errors.ts';
import { HUB_ANSWER_MS_MAX } from '../../base/limits.ts';
import type { ClientTls } from '../../config/client-tls.ts';
import type { Sink } from '../sink.ts';

export interface MqttTarget {
  /** mqtt:// or mqtts://, with its credentials. */
  url: string;
  topicPrefix: string;
  tls?: ClientTls;
}

/** Reason codes of PUBACK that the same message would get again: payload format invalid, packet too large, topic name invalid. */
const REFUSALS = new Set([0x99, 0x95, 0x90]);

export function mqttSink({ url, topicPrefix, tls }: MqttTarget, box: string, shownUrl: string): Sink {
  let client: MqttClient | undefined;

  const drop = (): void => {
    client?.on('error', () => {}).end(true);
    client = undefined;
  };
  const connected = async (): Promise<MqttClient> => {
    if (client?.connected) return client;
    drop();
    client = await connectAsync(
      url,
      {
        protocolVersion: 5,
        reconnectPeriod: 0,
        connectTimeout: HUB_ANSWER_MS_MAX,
        clientId: `garim-${box}`,
        keepalive: 30,
        ...tls,
      },
      false,
    );
    client.on('error', drop).on('close', drop);
    return client;
  };

  return {
    target: shownUrl,
    async deliver(release, signal) {
      try {
        await orAborted(
          (async () => {
            const open = await connected();
            await open.publishAsync(`${topicPrefix}/${box}/${release.sensor}`, JSON.stringify(release), {
              qos: 1,
              properties: { contentType: 'application/json', correlationData: Buffer.from(release.id, 'hex') },
            });
          })(),
          signal,
        );
      } catch (error) {
        drop();
        const code = (error as { code?: unknown }).code;
        const isRefused = typeof code === 'number' && REFUSALS.has(code);
        const said = `${shownUrl} ${isRefused ? 'refused a release' : 'does not take releases'}: ${messageOf(error)}`;
        throw new WorldError(isRefused ? 'hub-refused' : 'hub-unreachable', said, { cause: error });
      }
    },
    async close() {
      await client?.endAsync().catch(() => {});
      drop();
    },
  };
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  work.catch(() => {});
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error('no answer in time'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
