/** Annotated street pictures for tests of what a detector finds. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { type Letterbox, letterboxSize, toFrame } from '../../edge/camera/detect/letterbox.ts';
import type { Box, Detection, DetectionLabel, Detector, DetectorPicture } from '../../edge/camera/detect/port.ts';

export interface Annotated {
  file: string;
  widthPx: number;
  heightPx: number;
  boxes: Box[];
}

/** About `count` pictures, evenly spread, with their boxes of at least `heightPxMin`. */
export function samplePictures(dir: string, count: number, heightPxMin: number): Annotated[] {
  const lines = readFileSync(path.join(dir, 'annotations.jsonl'), 'utf8').split('\n').filter(Boolean);
  const step = Math.max(1, Math.floor(lines.length / count));
  return lines
    .filter((_, i) => i % step === 0)
    .map((line) => {
      const item = JSON.parse(line) as {
        image: string;
        width: number;
        height: number;
        boxes: (Box & { ignore?: true })[];
      };
      return {
        file: path.join(dir, item.image),
        widthPx: item.width,
        heightPx: item.height,
        boxes: item.boxes.filter((box) => box.ignore !== true && box.h >= heightPxMin),
      };
    });
}

export async function pictureOf(file: string, letterbox: Letterbox): Promise<DetectorPicture> {
  const { widthPx, heightPx, contentWidthPx, contentHeightPx } = letterbox;
  const pixels = await sharp(file, { failOn: 'none' })
    .removeAlpha()
    .toColourspace('srgb')
    .resize(contentWidthPx, contentHeightPx, { fit: 'fill', kernel: 'linear' })
    .extend({ right: widthPx - contentWidthPx, bottom: heightPx - contentHeightPx, background: '#000' })
    .raw()
    .toBuffer();
  return { rgb: new Uint8Array(pixels), ...letterbox };
}

/** How many of the annotated boxes are covered to 80 % by one widened box of the label. */
export async function coverage(
  detector: Detector,
  pictures: readonly Annotated[],
  options: { label: DetectionLabel; longSidePx: number; widen: number },
): Promise<{ covered: number; total: number }> {
  let covered = 0;
  let total = 0;
  for (const { file, widthPx, heightPx, boxes } of pictures) {
    const letterbox = letterboxSize(widthPx, heightPx, options.longSidePx);
    const verdict = await detector.detect(await pictureOf(file, letterbox), 30_000);
    if (verdict.kind !== 'detected') throw new Error(`${file}: ${verdict.detail}`);
    const found = toFrame(verdict.detections, letterbox, widthPx, heightPx)
      .filter(({ label }) => label === options.label)
      .map((box) => widened(box, options.widen));
    total += boxes.length;
    covered += boxes.filter((box) => found.some((cover) => shareCovered(box, cover) >= 0.8)).length;
  }
  return { covered, total };
}

function widened(box: Detection, share: number): Box {
  const { x, y, w, h } = box;
  return { x: x - w * share, y: y - h * share, w: w * (1 + 2 * share), h: h * (1 + 2 * share) };
}

function shareCovered(box: Box, cover: Box): number {
  const w = Math.min(box.x + box.w, cover.x + cover.w) - Math.max(box.x, cover.x);
  const h = Math.min(box.y + box.h, cover.y + cover.h) - Math.max(box.y, cover.y);
  return w > 0 && h > 0 ? (w * h) / (box.w * box.h) : 0;
}
