/**
 * Goal: on a still, whoever shows the common marker is covered from head to foot. Method: the printed page pasted onto pictures, large and small,
 * with and without a person's box around it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { markerPagePng } from '../../../../edge/camera/marker/page.ts';
import { markedBodies } from '../../../../edge/camera/still/marked.ts';
import type { RawPicture } from '../../../../edge/camera/still/raw-picture.ts';

/** An A4 page so wide, its top left corner at this place. */
async function pictureWith(
  widthPx: number,
  heightPx: number,
  pagePx: number,
  x: number,
  y: number,
): Promise<RawPicture> {
  const page = await sharp(await markerPagePng())
    .resize({ width: pagePx })
    .toBuffer();
  const rgb = await sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: '#768' } })
    .composite([{ input: page, left: x, top: y }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { rgb: new Uint8Array(rgb), widthPx, heightPx };
}

test('the bearer’s body is covered, and without a box all that may be body', async () => {
  // The black square is 160 mm of the page's 210.
  const picture = await pictureWith(1200, 900, 63, 570, 300);
  const body = { x: 520, y: 200, w: 160, h: 500 };
  const [withBox, ...others] = await markedBodies(picture, [body, { x: 50, y: 200, w: 160, h: 500 }]);
  assert.deepEqual(others, []);
  assert.ok(withBox!.x <= 520 && withBox!.y <= 200 && withBox!.x + withBox!.w >= 680 && withBox!.y + withBox!.h >= 700);
  assert.ok(withBox!.x > 250, 'not the neighbour');
  const [alone] = await markedBodies(picture, []);
  assert.ok(alone!.y < 200 && alone!.y + alone!.h > 700);
});

test('a marker that a picture of 1280 px does not show is found on a large one', async () => {
  const picture = await pictureWith(4800, 3600, 52, 2000, 1500);
  const [body] = await markedBodies(picture, []);
  assert.ok(body && body.x < 2000 && body.x + body.w > 2052 && body.y < 1400 && body.y + body.h > 1700);
});

test('without a marker there is nothing to cover', async () => {
  const picture = await pictureWith(800, 600, 8, 100, 100);
  assert.deepEqual(await markedBodies(picture, [{ x: 80, y: 60, w: 60, h: 200 }]), []);
});
