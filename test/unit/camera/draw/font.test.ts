/**
 * Goal: text can be read where no font is installed: every character that slates and plates need has strokes of its own.
 * Method: compare glyphs with each other and with the fallback, and look at the pixels that drawing changes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawText, measureText, textPaths } from '../../../../edge/camera/draw/font.ts';
import { createSurface } from '../../../../edge/camera/draw/surface.ts';

const LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:.,-_/()%'!?";
const HANGUL = '가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자하허호배서울경기부산인천대';

function sumOf(rgb: Uint8Array): number {
  return rgb.reduce((sum, value) => sum + value, 0);
}

describe('the stroke font', () => {
  test('draws each character differently from all others', () => {
    const characters = [...new Set(LATIN + HANGUL)];
    const drawings = new Set(characters.map((character) => JSON.stringify(textPaths(character, 60))));
    assert.equal(drawings.size, characters.length);
  });

  test('shows a question mark for what it cannot draw', () => {
    assert.deepEqual(textPaths('漢', 60), textPaths('?', 60));
  });

  test('keeps syllables inside their cell, also with a final consonant', () => {
    for (const syllable of ['가', '고', '괘', '활', '뷁', '울', '힣']) {
      for (const [x, y] of textPaths(syllable, 100).flat()) {
        assert.ok(x >= -5 && x <= measureText(syllable, 100) + 5, `${syllable} leaves its cell at x ${x}`);
        assert.ok(y >= -8 && y <= 108, `${syllable} leaves its line at y ${y}`);
      }
    }
  });

  test('draws the height that was asked for, with soft edges', () => {
    const surface = createSurface(60, 60);
    drawText(surface, 'H', { x: 10, y: 10, heightPx: 40, color: [255, 255, 255], weightPx: 4 });
    const rows = Array.from({ length: 60 }, (_, y) => sumOf(surface.rgb.subarray(y * 180, y * 180 + 180)) > 0);
    assert.ok(Math.abs(rows.indexOf(true) - 8) <= 1);
    assert.ok(Math.abs(rows.lastIndexOf(true) - 51) <= 1);
    assert.ok(surface.rgb.some((value) => value > 20 && value < 235));
  });

  test('aligns left, centre and right', () => {
    const heightPx = 20;
    const width = measureText('12:34', heightPx);
    const left = createSurface(200, 40);
    drawText(left, '12:34', { x: 20, y: 10, heightPx, color: [255, 0, 0] });
    for (const [align, x] of [
      ['center', 20 + width / 2],
      ['right', 20 + width],
    ] as const) {
      const other = createSurface(200, 40);
      drawText(other, '12:34', { x, y: 10, heightPx, color: [255, 0, 0], align });
      assert.ok(Math.abs(sumOf(left.rgb) - sumOf(other.rgb)) < 60, align);
    }
  });

  test('cuts off what lies outside the surface', () => {
    const surface = createSurface(30, 20);
    drawText(surface, 'outside', { x: -40, y: -5, heightPx: 30, color: [9, 200, 9] });
    drawText(surface, 'far away', { x: 500, y: 900, heightPx: 30, color: [9, 200, 9] });
    assert.ok(sumOf(surface.rgb) > 0);
  });
});
