/**
 * Goal: what is printed, worn and looked for is one and the same AprilTag. Method: our cells against those of a package that knows the whole
 * family, the family's distance to our code, and the printed page read back by the finder.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { MarkerFinder } from '../../../../edge/camera/marker/find.ts';
import { markerPagePng } from '../../../../edge/camera/marker/page.ts';
import { blackRuns, MARKER_ID, MARKER_ROWS, TAG_CELLS } from '../../../../edge/camera/marker/tag.ts';

interface Family {
  codes: number[];
  render(id: number): string[][];
}
const require = createRequire(import.meta.url);
const { AprilTagFamily } = require('apriltag') as { AprilTagFamily: new (config: unknown) => Family };
const family = new AprilTagFamily(require('apriltag/families/36h11.json'));

const bitsOf = (id: number): string =>
  family
    .render(id)
    .slice(2, 8)
    .flatMap((row) => row.slice(2, 8))
    .map((cell) => (cell === 'w' ? '1' : '0'))
    .join('');

const turned = (bits: string): string =>
  Array.from(bits, (_, i) => bits[(5 - (i % 6)) * 6 + Math.floor(i / 6)]).join('');

const distance = (a: string, b: string): number => Array.from(a).filter((bit, i) => bit !== b[i]).length;

test('the cells are those of the family', () => {
  const cells = Array.from({ length: TAG_CELLS }, () => Array.from({ length: TAG_CELLS }, () => 'w'));
  for (const { x, y, w } of blackRuns()) for (let i = 0; i < w; i++) cells[y]![x + i] = 'b';
  assert.deepEqual(cells, family.render(MARKER_ID));
});

test('three wrong bits make neither another tag of ours nor ours of another', () => {
  const own = MARKER_ROWS.join('');
  for (let id = 0; id < family.codes.length; id++) {
    let bits = bitsOf(id);
    for (let quarter = 0; quarter < 4; quarter++) {
      if (id !== MARKER_ID) assert.ok(distance(own, bits) >= 11, `${id} turned ${quarter} times`);
      bits = turned(bits);
    }
  }
});

describe('the printed page is read', async () => {
  const page = await markerPagePng();
  for (const [what, width, degrees] of [
    ['near', 600, 0],
    ['far, black square of 19 px', 25, 0],
    ['tilted', 300, 17],
    ['upside down', 200, 180],
  ] as const) {
    test(what, async () => {
      const sheet = await sharp(page).resize({ width }).rotate(degrees, { background: '#777' }).png().toBuffer();
      const { data, info } = await sharp({ create: { width: 900, height: 1100, channels: 3, background: '#777' } })
        .composite([{ input: sheet, left: 40, top: 30 }])
        .grayscale()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const luma = new Uint8Array(info.width * info.height);
      for (let i = 0; i < luma.length; i++) luma[i] = data[i * info.channels]!;
      const found = new MarkerFinder().find({ luma, widthPx: info.width, heightPx: info.height });
      assert.equal(found.length, 1);
      const side = (width * 160) / 210;
      assert.ok(Math.abs(found[0]!.sidePx - side) < 0.08 * side + 2, `side ${found[0]!.sidePx}, printed ${side}`);
    });
  }
});

test('other tags of the family, and the marker in negative, are not read', async () => {
  const finder = new MarkerFinder();
  for (const [id, ink, paper] of [
    [0, 'black', 'white'],
    [585, 'black', 'white'],
    [MARKER_ID, 'white', 'black'],
  ] as const) {
    const rects = family
      .render(id)
      .flatMap((row, y) =>
        row.map((cell, x) => `<rect x="${x}" y="${y}" width="1" height="1" fill="${cell === 'w' ? paper : ink}"/>`),
      );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" viewBox="-2 -2 14 14"><rect x="-2" y="-2" width="14" height="14" fill="#999"/>${rects.join('')}</svg>`;
    const luma = new Uint8Array(await sharp(Buffer.from(svg)).grayscale().extractChannel(0).raw().toBuffer());
    assert.deepEqual(finder.find({ luma, widthPx: 200, heightPx: 200 }), [], `${id} ${ink} on ${paper}`);
  }
});
