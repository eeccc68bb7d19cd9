/** Asks a time server what time it is (SNTP, RFC 4330), so that an installer knows on site whether the network lets its answers through. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Clock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';

const PORT = 123;
const PACKET_BYTES = 48;
const ANSWER_MS_MAX = 3_000;
const CLIENT = 0b00_100_011; // version 4, mode client
const MODE_SERVER = 4;
const LEAP_UNKNOWN = 3;
const STRATUM_MAX = 15;
/** From 1900, where its seconds begin, to 1970; and how many there are before they begin anew, in 2036. */
const EPOCH_S = 2_208_988_800;
const ERA_S = 2 ** 32;

const OTHER = 'Let UDP port 123 through, or name another one: often the router is one.';

/** How far this box is ahead of the server, milliseconds; behind is negative. @throws UserError when it has no time for this box */
export async function askTimeServer(host: string, clock: Clock, port = PORT): Promise<number> {
  const found = await lookup(host).catch(() => undefined);
  if (found === undefined) {
    throw new UserError(`server: ${host} can't be resolved`, { fix: 'Check the name and the DNS of this network.' });
  }
  const { address, family } = found;
  // A server sends it back: it is no time, so that nobody else can answer, and nobody learns this clock.
  const nonce = randomBytes(8);
  const request = Buffer.alloc(PACKET_BYTES);
  request[0] = CLIENT;
  nonce.copy(request, 40);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    const { answer, sentMs, receivedMs } = await new Promise<{ answer: Buffer; sentMs: number; receivedMs: number }>(
      (resolve, reject) => {
        const none = (why: string): void => reject(new UserError(`server: ${host} ${why}`, { fix: OTHER }));
        const timer = setTimeout(none, ANSWER_MS_MAX, `does not answer within ${ANSWER_MS_MAX / 1000} s`);
        let sentAtMs = 0;
        socket.once('close', () => clearTimeout(timer));
        socket.on('error', (error: NodeJS.ErrnoException) => none(`can't be asked (${error.code ?? 'unknown'})`));
        socket.on('message', (message) => {
          if (message.length < PACKET_BYTES || !message.subarray(24, 32).equals(nonce)) return;
          resolve({ answer: message, sentMs: sentAtMs, receivedMs: clock.wallMs() });
        });
        // From this address alone is anything taken.
        socket.connect(port, address, () => {
          sentAtMs = clock.wallMs();
          socket.send(request);
        });
      },
    );
    const leap = answer.readUInt8(0) >> 6;
    const mode = answer.readUInt8(0) & 0b111;
    const stratum = answer.readUInt8(1);
    if (mode !== MODE_SERVER || leap === LEAP_UNKNOWN || stratum === 0 || stratum > STRATUM_MAX) {
      throw new UserError(`server: ${host} answers, and does not know the time itself`, { fix: OTHER });
    }
    const midMs = (wallMsAt(answer, 32) + wallMsAt(answer, 40)) / 2;
    return Math.round((sentMs + receivedMs) / 2 - midMs);
  } finally {
    socket.close();
  }
}

function wallMsAt(packet: Buffer, offset: number): number {
  const seconds = packet.readUInt32BE(offset);
  const fraction = packet.readUInt32BE(offset + 4) / ERA_S;
  return (seconds + fraction - EPOCH_S + (seconds < ERA_S / 2 ? ERA_S : 0)) * 1000;
}
