/** Whole bodies to cover on a still, of those who show the common marker. */
import sharp from 'sharp';
import type { Box } from '../detect/port.ts';
import { bearersOf, bearingOfSighting, coverOf } from '../marker/body.ts';
import { type FoundMarker, MarkerFinder } from '../marker/find.ts';
import type { GreyPicture } from '../marker/outlines.ts';
import type { RawPicture } from './raw-picture.ts';

/** Long sides at which it is looked for, none of them enlarged: the smaller finds large markers that are blurred, the larger far ones. */
const PASSES_PX = [1_280, 3_840] as const;

/** In pixels of the picture. `persons`: everybody who was found on it. */
export async function markedBodies(picture: RawPicture, persons: readonly Box[]): Promise<Box[]> {
  const longSidePx = Math.max(picture.widthPx, picture.heightPx);
  const sidesPx = new Set(PASSES_PX.map((passPx) => Math.min(passPx, longSidePx)));
  const finder = new MarkerFinder();
  const bodies: Box[] = [];
  for (const sidePx of sidesPx) {
    const scaled = await greyOf(picture, sidePx / longSidePx);
    for (const found of finder.find(scaled)) {
      const marker = enlarge(found, picture, scaled);
      const bearing = bearingOfSighting(marker);
      bodies.push(coverOf(bearing, bearersOf(bearing, persons)));
    }
  }
  return bodies;
}

async function greyOf({ rgb, widthPx, heightPx }: RawPicture, scale: number): Promise<GreyPicture> {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  const { data, info } = await sharp(rgb, { raw, limitInputPixels: false })
    .resize(Math.max(1, Math.round(widthPx * scale)), Math.max(1, Math.round(heightPx * scale)), { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { luma: new Uint8Array(data), widthPx: info.width, heightPx: info.height };
}

function enlarge({ x, y, w, h, sidePx, wrongBits }: FoundMarker, to: RawPicture, from: GreyPicture): FoundMarker {
  const scaleX = to.widthPx / from.widthPx;
  const scaleY = to.heightPx / from.heightPx;
  const side = sidePx * Math.max(scaleX, scaleY);
  return { x: x * scaleX, y: y * scaleY, w: w * scaleX, h: h * scaleY, sidePx: side, wrongBits };
}
