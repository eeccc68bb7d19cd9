/** A time server on a port of its own (SNTP): right, unless it is told otherwise. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const FROM_1900_S = 2_208_988_800;

export interface TimeServerOptions {
  /** What it is ahead, milliseconds. */
  aheadMs?: number;
  /** Of its own time; 0 says that it has none. */
  stratum?: number;
  /** Answers to a request that nobody sent. */
  isForged?: boolean;
}

export async function startTimeServer({ aheadMs = 0, stratum = 2, isForged = false }: TimeServerOptions = {}) {
  const socket = createSocket('udp4');
  socket.on('message', (request, { port, address }) => {
    const answer = Buffer.alloc(48);
    answer.writeUInt8(0b00_100_100, 0);
    answer.writeUInt8(stratum, 1);
    if (!isForged) request.copy(answer, 24, 40, 48);
    const nowMs = Date.now() + aheadMs;
    for (const offset of [32, 40]) {
      answer.writeUInt32BE((Math.floor(nowMs / 1000) + FROM_1900_S) % 2 ** 32, offset);
      answer.writeUInt32BE(Math.floor(((nowMs % 1000) / 1000) * 2 ** 32), offset + 4);
    }
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
