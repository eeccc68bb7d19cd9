/** Goal: the largest pictures that the box carries together are chosen, by measured costs. Method: the choice with given costs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraSize } from '../../../../edge/camera/tune/measure.ts';
import type { Proposal } from '../../../../edge/camera/tune/propose.ts';
import { chooseStreams } from '../../../../edge/cli/setup/choose.ts';

const stream = (widthPx: number, heightPx: number, frameRate = 25) => ({
  url: 'u',
  shown: 's',
  widthPx,
  heightPx,
  frameRate,
});
const STREAMS = [stream(3840, 2160), stream(1920, 1080), stream(640, 360)];

/** A core per 4 million pixels 25 times a second. */
const asked: string[] = [];
function costOf({ widthPx, heightPx, frameRate }: CameraSize): Promise<Proposal> {
  asked.push(`${widthPx}x${heightPx}`);
  const coresEach = (widthPx * heightPx * frameRate) / 1e8;
  const detect = { longSidePx: 640, intervalMs: 120, tiles: 'off' as const };
  return Promise.resolve({
    detect,
    delayMs: 300,
    looksPerS: 8,
    coresEach,
    cameras: coresEach > 5 ? 0 : 1,
    warning: undefined,
  });
}
const choose = async (wanted: ('auto' | 'main' | 'sub')[], cores: number) =>
  chooseStreams(
    wanted.map((word, index) => ({ name: `c${index}`, candidates: STREAMS, wanted: word })),
    cores,
    costOf,
  );

test('a large box takes the largest pictures, and each size is measured once', async () => {
  asked.length = 0;
  const choices = await choose(['auto', 'auto'], 8);
  assert.deepEqual(
    choices.map(({ index }) => index),
    [0, 0],
  );
  assert.deepEqual(asked, ['3840x2160']);
  assert.equal(choices[0]?.why, 'the largest picture; all cameras take 4.15 of 8 cores');
});

test('a small box takes smaller ones, the heaviest camera first', async () => {
  const indexes = async (wanted: ('auto' | 'main' | 'sub')[], cores: number) =>
    (await choose(wanted, cores)).map(({ index }) => index);
  assert.deepEqual(await indexes(['auto', 'auto'], 4), [1, 0]);
  assert.deepEqual(await indexes(['auto', 'auto'], 2), [1, 1]);
  assert.deepEqual(await indexes(['auto', 'auto'], 1), [2, 1]);
  assert.deepEqual(await indexes(['main', 'auto'], 4), [0, 1], 'what was asked for stays');
  assert.deepEqual(await indexes(['sub', 'auto'], 4), [2, 0]);
  const [only] = await choose(['main'], 1);
  assert.equal(only?.why, 'the main stream, as asked; too much for this box: all cameras take 2.07 of 1 cores');
});

test('without measurements the largest is taken, and the reason says so', async () => {
  const [auto] = await chooseStreams([{ name: 'a', candidates: STREAMS, wanted: 'auto' }], 1, undefined);
  assert.deepEqual([auto?.index, auto?.why], [0, 'the largest picture; this box was not measured']);
});

test('a stream of unknown size is never taken for a smaller one', async () => {
  const candidates = [stream(3840, 2160), stream(0, 0)];
  const [choice] = await chooseStreams([{ name: 'a', candidates, wanted: 'auto' }], 1, costOf);
  assert.equal(choice?.index, 0);
});
