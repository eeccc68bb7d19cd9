/**
 * Goal: messages arrive whole, once and in order however the stream is cut; what is no message ends the wire with a reason and throws nothing.
 * Method: two real sockets, random messages written in random pieces, then random bytes, lengths beyond the bound, and an end in mid-message.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { WIRE_BACKLOG_BYTES_MAX, WIRE_MESSAGE_BYTES_MAX } from '../../edge/base/limits.ts';
import { Wire } from '../../edge/base/wire.ts';
import { TempDir } from '../support/temp.ts';

interface Pair extends Disposable {
  near: Socket;
  far: Socket;
}

async function socketPair(): Promise<Pair> {
  const temp = new TempDir();
  const server = createServer();
  server.listen(path.join(temp.path, 's'));
  await once(server, 'listening');
  const near = connect(path.join(temp.path, 's'));
  const [far] = (await once(server, 'connection')) as [Socket];
  for (const socket of [near, far]) socket.on('error', () => {});
  server.close();
  return {
    near,
    far,
    [Symbol.dispose]() {
      near.destroy();
      far.destroy();
      temp[Symbol.dispose]();
    },
  };
}

/** What a wire at `far` takes until it ends. */
function collect(far: Socket): { messages: unknown[]; ended: Promise<string | undefined> } {
  const messages: unknown[] = [];
  const ended = new Promise<string | undefined>((resolve) => {
    new Wire(far, { onMessage: (message) => messages.push(message), onEnd: resolve });
  });
  return { messages, ended };
}

const messageArb = fc.oneof(
  fc.record({ type: fc.string(), data: fc.uint8Array({ maxLength: 3000 }) }),
  fc.record({
    type: fc.constant('health'),
    values: fc.array(fc.double({ noNaN: true })),
    gone: fc.constant(undefined),
  }),
);

function framed(message: unknown): Buffer {
  const body = serialize(message);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

test('messages arrive whole, once and in order, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(messageArb, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 30 }),
      async (sent, cuts) => {
        using pair = await socketPair();
        const { messages, ended } = collect(pair.far);
        const all = Buffer.concat(sent.map(framed));
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = cuts[i % cuts.length]!;
          pair.near.write(all.subarray(at, at + size));
          at += size;
          if (i < 20) await turn();
        }
        pair.near.end();
        assert.equal(await ended, undefined);
        assert.deepEqual(messages.map(plain), sent.map(plain));
      },
    ),
    { numRuns: 25 },
  );
});

test('what one wire sends the other receives', async () => {
  using pair = await socketPair();
  const { messages, ended } = collect(pair.far);
  const wire = new Wire(pair.near, { onMessage: () => {}, onEnd: () => {} });
  let told = 0;
  for (let i = 0; i < 50; i++)
    assert.ok(wire.send({ type: 'unit', i, data: new Uint8Array(100_000).fill(i) }, () => told++));
  while (messages.length < 50) await turn();
  wire.close();
  await ended;
  assert.equal(told, 50);
  assert.deepEqual(
    messages.map((message) => (message as { i: number; data: Uint8Array }).data[99_999]),
    Array.from({ length: 50 }, (_, i) => i),
  );
  assert.equal(wire.send({ type: 'late' }), false);
});

test('bytes that are no message, and lengths beyond the bound, end the wire with a reason', async () => {
  const bad = [
    Buffer.from([0, 0, 0, 4, 0x41, 0x41, 0x41, 0x41]),
    Buffer.from([0x7f, 0xff, 0xff, 0xff]),
    Buffer.from([0, 0, 0, 0]),
    Buffer.from([0, 0, 0, 7, 0xff, 0x0f, 0x41, 0xff, 0xff, 0xff, 0x7f]),
  ];
  for (const bytes of bad) {
    using pair = await socketPair();
    const { messages, ended } = collect(pair.far);
    pair.near.write(framed({ type: 'good' }));
    pair.near.write(bytes);
    assert.match((await ended) ?? 'no reason', /no message|more than the bound/);
    assert.deepEqual(messages, [{ type: 'good' }]);
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (bytes) => {
      using pair = await socketPair();
      const { ended } = collect(pair.far);
      pair.near.write(Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]));
      pair.near.end();
      await ended;
    }),
    { numRuns: 50 },
  );
});

test('a message beyond the bound is our own fault; one to an end that takes nothing is refused', async () => {
  using pair = await socketPair();
  const wire = new Wire(pair.near, { onMessage: () => {}, onEnd: () => {} });
  assert.throws(() => wire.send({ data: new Uint8Array(WIRE_MESSAGE_BYTES_MAX) }), RangeError);
  const data = new Uint8Array(WIRE_MESSAGE_BYTES_MAX - 1024);
  let queued = 0;
  while (wire.send({ data })) queued++;
  assert.ok(queued >= 2 && wire.waitingBytes <= WIRE_BACKLOG_BYTES_MAX + WIRE_MESSAGE_BYTES_MAX);
  wire.close();
});

/** Buffers and arrays of bytes compare alike. */
function plain(message: unknown): unknown {
  return Object.fromEntries(
    Object.entries(message as object).map(([key, value]) => [key, value instanceof Uint8Array ? [...value] : value]),
  );
}
