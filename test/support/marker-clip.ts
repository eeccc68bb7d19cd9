/** A clip in which somebody walks by and at some frame begins to show the common marker, and a viewer of what became of it. */
import { AV_PIX_FMT_RGB24, SWS_BILINEAR } from 'node-av/constants';
import { type Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import { VideoDecoder } from '../../edge/camera/capture/decoder.ts';
import { MediaInput } from '../../edge/camera/capture/input.ts';
import { createSurface, type Surface } from '../../edge/camera/draw/surface.ts';
import { ClipWriter } from '../../edge/camera/encode/clip-writer.ts';
import { barcodeHeightPx, drawBarcode, readBarcode } from '../../edge/camera/evaluate/barcode.ts';
import { BLACK_CELLS, blackRuns, TAG_CELLS } from '../../edge/camera/marker/tag.ts';
import { Redactor } from '../../edge/camera/redact/redactor.ts';

export const MARKER_CLIP = { widthPx: 960, heightPx: 540, frameRate: 25, frames: 200, shownFrom: 100 };

const CELL_PX = 3;
const MARKER_SIDE_PX = BLACK_CELLS * CELL_PX;
/** The body is a pattern that no cover leaves: squares of two greys. An adult with the marker on A4, of 160 mm, at the chest. */
const BODY = { widthPx: 3 * MARKER_SIDE_PX, aboveMarkerPx: 3 * MARKER_SIDE_PX, belowMarkerPx: 7 * MARKER_SIDE_PX };
const SQUARE_PX = 6;
const GREYS = [60, 170] as const;
const SPEED_PX = 1;

/** Top left corner of the tag's white frame. */
const tagAt = (index: number): { x: number; y: number } => ({ x: 380 + SPEED_PX * index, y: 220 });

function bodyAt(index: number): { x: number; y: number; w: number; h: number } {
  const tag = tagAt(index);
  const middle = { x: tag.x + (TAG_CELLS * CELL_PX) / 2, y: tag.y + (TAG_CELLS * CELL_PX) / 2 };
  const { widthPx, aboveMarkerPx, belowMarkerPx } = BODY;
  return { x: middle.x - widthPx / 2, y: middle.y - aboveMarkerPx, w: widthPx, h: aboveMarkerPx + belowMarkerPx };
}

export async function writeMarkerClip(file: string): Promise<void> {
  const { widthPx, heightPx, frameRate, frames, shownFrom } = MARKER_CLIP;
  const surface = createSurface(widthPx, heightPx);
  using redactor = new Redactor('solid'); // makes frames of drawn pictures; nothing is covered here
  const clip = new ClipWriter(file, frameRate);
  for (let index = 0; index < frames; index++) {
    surface.rgb.fill(120);
    const body = bodyAt(index);
    for (let y = 0; y < body.h; y += SQUARE_PX)
      for (let x = 0; x < body.w; x += SQUARE_PX)
        fill(surface, { x: body.x + x, y: body.y + y, w: SQUARE_PX, h: SQUARE_PX }, GREYS[((x + y) / SQUARE_PX) % 2]!);
    if (index >= shownFrom) drawTag(surface, tagAt(index));
    drawBarcode(surface, index);
    await clip.write(redactor.fromSurface(surface, Math.round((index * 1e6) / frameRate), 0));
  }
  await clip.finish();
}

function drawTag(surface: Surface, { x, y }: { x: number; y: number }): void {
  const side = TAG_CELLS * CELL_PX;
  fill(surface, { x, y, w: side, h: side }, 235);
  for (const run of blackRuns())
    fill(surface, { x: x + run.x * CELL_PX, y: y + run.y * CELL_PX, w: run.w * CELL_PX, h: CELL_PX }, 20);
}

function fill({ rgb, widthPx }: Surface, box: { x: number; y: number; w: number; h: number }, grey: number): void {
  const left = Math.round(box.x);
  for (let y = Math.round(box.y); y < Math.round(box.y) + box.h; y++)
    rgb.fill(grey, (y * widthPx + left) * 3, (y * widthPx + left + box.w) * 3);
}

export interface ShownFrame {
  /** Number of the frame in the clip; undefined where it can't be read: covered whole, or a slate. */
  index: number | undefined;
  /** Share of the body whose pattern can be seen, 0 to 1. */
  shownShare: number;
}

/** Frames of a feed as a player sees them, for so long. */
export async function watchMarkerClip(url: string, seconds: number): Promise<ShownFrame[]> {
  const shown: ShownFrame[] = [];
  const input = new MediaInput({ kind: 'rtsp', url }, { transport: 'tcp' });
  await input.open();
  const decoder = await VideoDecoder.open(input.stream, { pacing: 'live', motionVectors: false });
  const untilMs = performance.now() + seconds * 1000;
  try {
    using packet = new Packet();
    packet.alloc();
    while (performance.now() < untilMs && (await input.read(packet))) {
      await decoder.decode(
        packet,
        async (frame) => {
          const { widthPx, rgb } = rgbOf(frame);
          frame.free();
          const index = readBarcode(rgb, widthPx);
          shown.push({ index, shownShare: index === undefined ? 0 : shownShare(rgb, widthPx, index) });
        },
        () => {},
      );
    }
  } finally {
    decoder[Symbol.dispose]();
    await input.close();
  }
  return shown;
}

function rgbOf(frame: Frame): { widthPx: number; rgb: Buffer } {
  const { width, height, format } = frame;
  const rgb = Buffer.alloc(width * height * 3);
  using scaler = new SoftwareScaleContext();
  scaler.getContext(width, height, format as never, width, height, AV_PIX_FMT_RGB24, SWS_BILINEAR);
  scaler.scaleSync(frame.data!, frame.linesize, 0, height, [rgb], [width * 3]);
  return { widthPx: width, rgb };
}

/** Of the squares along the body, those that differ from their right neighbour as drawn, by a third at least. */
function shownShare(rgb: Buffer, widthPx: number, index: number): number {
  const body = bodyAt(index);
  const top = Math.max(body.y, barcodeHeightPx(widthPx));
  const at = (x: number, y: number): number => rgb[(Math.round(y) * widthPx + Math.round(x)) * 3]!;
  let squares = 0;
  let seen = 0;
  for (let y = top + SQUARE_PX / 2; y < body.y + body.h; y += SQUARE_PX) {
    for (let x = body.x + SQUARE_PX / 2; x + SQUARE_PX < body.x + body.w; x += SQUARE_PX) {
      squares++;
      if (Math.abs(at(x, y) - at(x + SQUARE_PX, y)) > (GREYS[1] - GREYS[0]) / 3) seen++;
    }
  }
  return seen / squares;
}
