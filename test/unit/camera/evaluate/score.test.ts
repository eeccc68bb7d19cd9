/** Goal: the counts of `garim evaluate` mean what the help says. Method: labelled boxes and plans whose shares are known by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelledBox, LabelledPicture } from '../../../../edge/camera/evaluate/annotations.ts';
import { hiddenShare, overCover, tallyFrom } from '../../../../edge/camera/evaluate/coverage.ts';
import { Scorer } from '../../../../edge/camera/evaluate/score.ts';
import type { CoverPlan, CoverRegion } from '../../../../edge/camera/redact/plan.ts';

const box = (x: number, y: number, w: number, h: number, more: Partial<LabelledBox> = {}): LabelledBox => ({
  label: 'face',
  ignore: false,
  x,
  y,
  w,
  h,
  ...more,
});
const pictureOf = (...boxes: LabelledBox[]): LabelledPicture => ({
  file: 'a.jpg',
  width: 512,
  height: 512,
  source: 'one',
  boxes,
});
const cover = (x: number, y: number, w: number, h: number, label: CoverRegion['label'] = 'face'): CoverRegion => ({
  label,
  score: 1,
  track: 1,
  x,
  y,
  w,
  h,
});
const planOf = (...regions: CoverRegion[]): CoverPlan => ({ kind: 'regions', regions });

test('covers count together, and overlaps count once', () => {
  const target = box(100, 100, 40, 40);
  assert.equal(hiddenShare(target, []), 0);
  assert.equal(hiddenShare(target, [target]), 1);
  assert.equal(hiddenShare(target, [cover(100, 100, 20, 40)]), 0.5);
  assert.equal(hiddenShare(target, [cover(100, 100, 20, 40), cover(120, 100, 20, 40)]), 1);
  assert.equal(hiddenShare(target, [cover(100, 100, 20, 40), cover(90, 90, 30, 60)]), 0.5);
});

test('what is hidden near a labelled box is no over-cover; a quarter of an empty picture is', () => {
  assert.equal(overCover(pictureOf(box(100, 100, 40, 40)), [cover(80, 80, 80, 80)]), 0);
  assert.equal(overCover(pictureOf(), [cover(0, 0, 256, 256)]), 0.25);
});

test('80 % is covered and 79 % is not; ignored boxes are not scored', () => {
  const scorer = new Scorer({ name: 'a', labels: ['face'] });
  const boxes = [box(0, 0, 100, 100), box(200, 0, 100, 100), box(400, 400, 10, 10, { ignore: true })];
  const missed = scorer.add(pictureOf(...boxes), planOf(cover(0, 0, 80, 100), cover(200, 0, 79, 100)));
  assert.deepEqual(missed, [boxes[1]]);
  assert.deepEqual(tallyFrom(scorer.score.total.bands, 0), { covered: 1, total: 2 });
});

test('boxes are counted by height, source and mask', () => {
  const scorer = new Scorer({ name: 'a', labels: ['face'] });
  const heights = [11, 12, 16, 24, 48];
  const boxes = heights.map((h, i) => box(60 * i, 0, 40, h, { masked: i < 2 ? 'yes' : 'no' }));
  scorer.add(pictureOf(...boxes), planOf(cover(0, 0, 512, 15)));
  scorer.add({ ...pictureOf(box(0, 0, 10, 30)), source: 'two' }, planOf());
  const { total, sources, masks } = scorer.score;
  assert.deepEqual(
    total.bands.map(({ covered, total: all }) => `${covered}/${all}`),
    ['1/1', '1/1', '1/1', '0/2', '0/1'],
  );
  assert.deepEqual(tallyFrom(total.bands, 16), { covered: 1, total: 4 });
  assert.deepEqual(
    sources.map(({ name, pictures, bands }) => [name, pictures, tallyFrom(bands, 0)]),
    [
      ['one', 1, { covered: 3, total: 5 }],
      ['two', 1, { covered: 0, total: 1 }],
    ],
  );
  assert.deepEqual(
    masks.map(({ name, bands }) => [name, tallyFrom(bands, 0)]),
    [
      ['yes', { covered: 2, total: 2 }],
      ['no', { covered: 1, total: 3 }],
      ['unmarked', { covered: 0, total: 1 }],
    ],
  );
});

test('a cover of another kind neither covers a face nor counts as its over-cover, but counts among all', () => {
  const scorer = new Scorer({ name: 'a', labels: ['face'] });
  scorer.add(pictureOf(box(0, 0, 40, 40)), planOf(cover(0, 0, 256, 256, 'plate')));
  assert.deepEqual(tallyFrom(scorer.score.total.bands, 0), { covered: 0, total: 1 });
  assert.equal(scorer.score.total.overCover, 0);
  assert.ok(scorer.score.overCoverOfAll > 0.2);
});

test('a head zone stands for a face; a picture that is covered whole costs its area', () => {
  const scorer = new Scorer({ name: 'a', labels: ['face'] });
  assert.deepEqual(scorer.add(pictureOf(box(0, 0, 40, 40)), planOf(cover(0, 0, 40, 40, 'person'))), []);
  assert.equal(scorer.score.total.overCover, 0);
  scorer.add(pictureOf(), { kind: 'whole-frame', reason: 'verdict-late' });
  assert.equal(scorer.score.total.overCover, 0.5);
});
