/**
 * Messages of an MQTT broker (3.1.1 or 5, TCP or TLS), at quality of service 1.
 *
 * A message is acknowledged when it is in its window, one after the other: while the sensor is over its rate nothing is read, so that
 * the flood waits in the broker, under the broker's bound. What the broker sends again because an acknowledgement was lost is known by
 * its packet id and a keyed digest of its bytes, kept in memory for the messages that can be on their way, and is not counted twice.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { connect as connectTcp, isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { type IPublishPacket, MqttClient } from 'mqtt';
import { Backoff } from '../../base/backoff.ts';
import { messageOf } from '../../base/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { scrub } from '../../base/secrets.ts';
import type { ResolvedIntake } from '../../config/intake.ts';
import { PacketLimit } from './packet-limit.ts';
import type { Intake, IntakeSink, IntakeState } from './port.ts';

/** Beside the payload a PUBLISH has a topic of at most 65,535 bytes and, in version 5, properties. */
const REMAINING_BYTES_MAX = MESSAGE_BYTES_MAX + 96 * 1024;

/** Messages that the broker may send before the first of them is acknowledged; brokers of 3.1.1 allow themselves 10 to 1000. */
const IN_FLIGHT_MAX = 64;
const REMEMBERED_MAX = 1024;
const CONNECT_MS_MAX = 15_000;
const KEEPALIVE_S = 30;
/** The broker keeps what came while the connection was broken; what is older belongs to windows that are over. */
const SESSION_S = 300;

type MqttSettings = Extract<ResolvedIntake, { kind: 'mqtt' }>;

/** `clientId` names box and sensor: the broker keeps its session by it. */
export function openMqttIntake(settings: MqttSettings, clientId: string, sink: IntakeSink): Intake {
  const { url, topics, version, tls = {} } = settings;
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const state: IntakeState = { state: 'connecting', lastError: '' };
  const backoff = new Backoff();
  const seen = new RecentMessages();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const stream = (): Duplex => {
    const socket =
      protocol === 'mqtts:'
        ? connectTls({ ...tls, host, port: Number(port || 8883), servername: isName(host) ? host : '' })
        : connectTcp({ host, port: Number(port || 1883) });
    socket.setNoDelay();
    const limited = socket.pipe(new PacketLimit(REMAINING_BYTES_MAX));
    const both = Duplex.from({ writable: socket, readable: limited });
    socket.on('error', (error) => both.destroy(error));
    socket.on('close', () => both.destroy()); // else a broker that hangs up is missed until the keep-alive runs out
    limited.on('error', (error) => socket.destroy(error));
    both.on('close', () => socket.destroy());
    return both;
  };
  const client = new MqttClient(stream as never, {
    protocolVersion: version === '5' ? 5 : 4,
    clientId,
    clean: false,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_MS_MAX,
    reconnectPeriod: 0,
    reconnectOnConnackError: true,
    resubscribe: false,
    ...(version === '5'
      ? {
          properties: {
            receiveMaximum: IN_FLIGHT_MAX,
            maximumPacketSize: REMAINING_BYTES_MAX,
            sessionExpiryInterval: SESSION_S,
          },
        }
      : {}),
  });
  client.handleMessage = (packet, done) => {
    if (isClosed) return; // never acknowledged
    if (seen.isRepeated(packet)) return done();
    const waitMs = sink.waitMs();
    if (waitMs > 0) {
      timer = setTimeout(() => client.handleMessage(packet, done), waitMs);
      return;
    }
    sink.take(packet.payload as Buffer);
    seen.add(packet);
    done();
  };
  client.on('connect', () => {
    client.subscribe([...topics], { qos: 1 }, (error, granted) => {
      const refused = (granted ?? []).filter(({ qos }) => (qos as number) >= 128).length;
      if (error !== null || refused > 0) {
        state.lastError = refused > 0 ? `the broker refused ${refused} topics` : scrub(messageOf(error));
        state.state = 'lost';
        client.stream.destroy();
        return;
      }
      backoff.reset();
      Object.assign(state, { state: 'connected', lastError: '' });
    });
  });
  client.on('error', (error) => {
    state.lastError = scrub(messageOf(error));
  });
  client.on('close', () => {
    if (isClosed) return;
    state.state = 'lost';
    if (state.lastError === '') state.lastError = 'the connection was lost';
    clearTimeout(timer);
    timer = setTimeout(() => client.reconnect(), backoff.nextMs());
  });
  return {
    state,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await client.endAsync(true).catch(() => {});
      client.stream?.destroy();
    },
  };
}

/** Server names can't be addresses; those are looked for among the certificate's own addresses. */
function isName(host: string): boolean {
  return isIP(host) === 0;
}

/** The messages that the broker may believe unacknowledged. */
class RecentMessages {
  readonly #key = randomBytes(32);
  readonly #digests = new Map<number, string>();

  /** The broker marks what it sends again. A mark on something that was not taken here is taken. */
  isRepeated(packet: IPublishPacket): boolean {
    if (!packet.dup || packet.messageId === undefined) return false;
    return this.#digests.get(packet.messageId) === this.#digestOf(packet);
  }

  add(packet: IPublishPacket): void {
    if (packet.messageId === undefined) return;
    this.#digests.delete(packet.messageId);
    const [oldest] = this.#digests.keys();
    if (this.#digests.size >= REMEMBERED_MAX && oldest !== undefined) this.#digests.delete(oldest);
    this.#digests.set(packet.messageId, this.#digestOf(packet));
  }

  #digestOf({ topic, payload }: IPublishPacket): string {
    return createHmac('sha256', this.#key).update(topic).update('\0').update(payload).digest('base64');
  }
}
