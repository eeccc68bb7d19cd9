import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame } from 'node-av/lib';
import { EventQueue } from '../../../../edge/camera/capture/event-queue.ts';
import type { CaptureEvent } from '../../../../edge/camera/capture/port.ts';
import { RawFrame } from '../../../../edge/camera/frame.ts';

function frame(seq: number): Extract<CaptureEvent, { kind: 'frame' }> {
  const av = new Frame();
  av.alloc();
  av.width = 16;
  return { kind: 'frame', frame: new RawFrame(av, seq, seq * 40_000, seq) };
}

const lost = (error: string): CaptureEvent & { kind: 'lost' } => ({
  kind: 'lost',
  reason: 'source-lost',
  error,
  retryMs: 1,
});

async function seqOf(queue: EventQueue): Promise<number | string> {
  const event = await queue.next();
  return event.kind === 'frame' ? event.frame.seq : event.kind;
}

test('live: the oldest frame goes first, and each drop is told; other events stay', async () => {
  let drops = 0;
  const queue = new EventQueue('live', 2, () => drops++);
  queue.push(lost('one'));
  for (const seq of [0, 1, 2, 3]) await queue.pushFrame(frame(seq));
  queue.push({ kind: 'ended' });
  assert.deepEqual([drops, await seqOf(queue), await seqOf(queue), await seqOf(queue)], [2, 'lost', 2, 3]);
  assert.deepEqual([await seqOf(queue), await seqOf(queue)], ['ended', 'ended']);
});

test('unpaced: the pusher waits for room', async () => {
  const queue = new EventQueue('unpaced', 2, () => assert.fail('dropped'));
  await queue.pushFrame(frame(0));
  let isThrough = false;
  const pushed = queue.pushFrame(frame(1)).then(() => {
    isThrough = true;
  });
  await new Promise(setImmediate);
  assert.equal(isThrough, false);
  assert.equal(await seqOf(queue), 0);
  await pushed;
  assert.equal(await seqOf(queue), 1);
});

test('a newer loss replaces one that nobody has read', async () => {
  const queue = new EventQueue('live', 2, () => undefined);
  for (const error of ['one', 'two', 'three']) queue.push(lost(error));
  assert.deepEqual(await queue.next(), lost('three'));
  queue.close();
  assert.equal(await seqOf(queue), 'ended');
});

test('close() disposes what waits and what is pushed later, lets a waiting pusher go and ends a pending next()', async () => {
  const queue = new EventQueue('unpaced', 1, () => undefined);
  const waiting = frame(0);
  const pushed = queue.pushFrame(waiting);
  queue.close();
  await pushed;
  const late = frame(1);
  await queue.pushFrame(late);
  for (const { frame: closed } of [waiting, late]) assert.notEqual(closed.widthPx, 16);
  assert.equal(await seqOf(queue), 'ended');

  const other = new EventQueue('live', 1, () => undefined);
  const pending = other.next();
  other.close();
  assert.deepEqual(await pending, { kind: 'ended' });
});
