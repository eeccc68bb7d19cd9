/** Goal: a still leaves redact/ only covered, in one piece with the run-time brand that the writer asks for. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { FilteredPicture } from '../../../../edge/camera/redact/filtered-picture.ts';
import { redactPicture } from '../../../../edge/camera/redact/picture-redactor.ts';
import type { CoverPlan } from '../../../../edge/camera/redact/plan.ts';
import { writePicture } from '../../../../edge/camera/still/write-picture.ts';
import { TempDir } from '../../../support/temp.ts';

const WIDTH = 41;
const HEIGHT = 31;

function noise(): { rgb: Uint8Array<ArrayBuffer>; widthPx: number; heightPx: number } {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3).map((_, i) => (i * 7919) % 251);
  return { rgb, widthPx: WIDTH, heightPx: HEIGHT };
}

const face: CoverPlan = {
  kind: 'regions',
  regions: [{ label: 'face', x: 10, y: 8, w: 20, h: 16, score: 0.9, track: 1 }],
};

test('regions are painted and the rest stays', () => {
  const before = noise().rgb;
  const { picture, plan } = redactPicture(noise(), face, 'solid');
  assert.equal(plan.kind, 'regions');
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = (y * WIDTH + x) * 3;
      const isInside = x >= 10 && x < 30 && y >= 8 && y < 24;
      const expected = isInside ? [48, 48, 48] : [...before.subarray(at, at + 3)];
      assert.deepEqual([...picture.rgb.subarray(at, at + 3)], expected, `${x},${y}`);
    }
  }
});

test('each picture has noise of its own', () => {
  const [a, b] = [redactPicture(noise(), face, 'blur'), redactPicture(noise(), face, 'blur')];
  assert.notDeepEqual(a.picture.rgb, b.picture.rgb);
});

test('a plan that can not be carried out covers the whole picture', () => {
  const broken = { kind: 'regions', regions: [null] } as unknown as CoverPlan;
  const { picture, plan } = redactPicture(noise(), broken, 'blur');
  assert.deepEqual(plan, { kind: 'whole-frame', reason: 'internal-error' });
  assert.ok(picture.rgb.every((value) => value === 48));
});

test('only redact/ makes filtered pictures, and nothing else is written', async () => {
  using dir = new TempDir();
  assert.throws(() => new FilteredPicture(Symbol('made by redact/'), noise().rgb, WIDTH, HEIGHT, 'regions'), TypeError);
  const fake = Object.create(FilteredPicture.prototype, {
    rgb: { value: noise().rgb },
    widthPx: { value: WIDTH },
    heightPx: { value: HEIGHT },
  }) as FilteredPicture;
  await assert.rejects(writePicture(fake, 'png', path.join(dir.path, 'x.png')), TypeError);
});
