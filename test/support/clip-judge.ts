/**
 * Compares what a player decoded with the clip that the camera showed. The clip carries the number of each frame in its own picture
 * (`barcode.ts`), so that a pulled picture is compared with the very frame that it was made from; faces and plates are looked for in that
 * original, at its full size. A place is hidden when the fine structure of the original is not found again in what was pulled.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { createOnnxDetector } from '../../edge/camera/detect/detector.ts';
import type { Box, Detection } from '../../edge/camera/detect/port.ts';
import { openModelStore } from '../../edge/camera/detect/store.ts';
import { readBarcode } from '../../edge/camera/evaluate/barcode.ts';

export interface Size {
  widthPx: number;
  heightPx: number;
}

/** Writes the begin of a clip as H.264 with the number of each frame drawn in as `readBarcode` reads it. */
export async function numberClip(
  source: string,
  target: string,
  { seconds, frameRate, ...size }: Size & { seconds: number; frameRate: number },
): Promise<void> {
  const side = size.widthPx / 80;
  const box = (x: number, level: string, enable = ''): string =>
    `drawbox=x=${x}:y=0:w=${enable === '' ? 28 * side : side}:h=${side}:color=${level}:t=fill${enable}`;
  const bit = (k: number): string => `mod(floor(n/${2 ** k})\\,2)`;
  const parity = (k: number): string => `mod(${[0, 4, 8, 12, 16, 20].map((step) => bit(k + step)).join('+')}\\,2)`;
  const bits = [
    ...Array.from({ length: 24 }, (_, i) => bit(23 - i)),
    ...Array.from({ length: 4 }, (_, i) => parity(3 - i)),
  ];
  const filters = [
    `fps=${frameRate}`,
    box(0, '0x141414'),
    ...bits.map((is, i) => box(i * side, '0xebebeb', `:enable=${is}`)),
  ].join(',');
  const coding = [
    '-an',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '18',
    '-bf',
    '0',
    '-g',
    '25',
    '-pix_fmt',
    'yuv420p',
  ];
  await run(['-y', '-i', source, '-t', String(seconds), '-vf', filters, ...coding, target], () => {});
}

/** Runs ffmpeg and hands over what it writes to its standard output. Rejects with what it said when it fails. */
async function run(args: string[], onData: (data: Buffer) => void): Promise<void> {
  const child = spawn('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (data: Buffer) => {
    complaint += data.toString();
  });
  child.stdout.on('data', onData);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${complaint.slice(-1000)}`);
}

/** Decodes with ffmpeg to RGB, one picture at a time; the picture's memory is reused. */
export async function decodeRgb(
  input: string[],
  { widthPx, heightPx }: Size,
  onPicture: (rgb: Buffer, index: number) => void,
): Promise<void> {
  const picture = Buffer.alloc(widthPx * heightPx * 3);
  let filled = 0;
  let index = 0;
  await run([...input, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], (data) => {
    for (let at = 0; at < data.length; ) {
      const taken = data.copy(picture, filled, at);
      at += taken;
      filled += taken;
      if (filled < picture.length) continue;
      filled = 0;
      onPicture(picture, index++);
    }
  });
}

const KEPT_MAX = 40;

export interface Pulled {
  /** Green samples of the pictures that are kept, by number of the frame that they were made from. */
  kept: Map<number, Uint8Array>;
  pictures: number;
  /** Pictures whose number could not be read: covered whole, a slate, or the strip lay under a cover. */
  unread: number;
}

/** Decodes what ffmpeg reads from `input` and keeps the green samples of every `every`th picture whose number can be read, KEPT_MAX at most. */
export async function pullNumbered(input: string[], size: Size, every: number): Promise<Pulled> {
  const pulled: Pulled = { kept: new Map(), pictures: 0, unread: 0 };
  await decodeRgb(input, size, (rgb) => {
    const number = readBarcode(rgb, size.widthPx);
    pulled.pictures++;
    if (number === undefined) pulled.unread++;
    else if (pulled.pictures % every === 0 && pulled.kept.size < KEPT_MAX) pulled.kept.set(number, greenOf(rgb));
  });
  return pulled;
}

function greenOf(rgb: Uint8Array): Uint8Array {
  const green = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < green.length; i++) green[i] = rgb[3 * i + 1]!;
  return green;
}

export interface Judgement {
  /** Faces and plates that are surely there, in the frames that were pulled. */
  objects: number;
  hidden: number;
  shown: { frame: number; label: string; box: Box; score: number; likeness: number }[];
  /** How much of the picture's fine structure came through where it is not covered: 0 to 1, of the best tenth of all places. */
  likenessElsewhere: number;
}

/** From this likeness on a place counts as shown. What is coded and not covered has about 0.9, a cover about 0.1. */
const SHOWN_FROM = 0.5;

/** What is lower than this can't be read by anybody, and is as likely to be something else. */
const HEIGHT_PX_MIN = 12;

/** `clip` as made by `numberClip`; objects from `scoreMin` on count. */
export async function judgeCovers(clip: string, size: Size, { kept }: Pulled, scoreMin: number): Promise<Judgement> {
  const log = pino({ level: 'silent' });
  const detector = createOnnxDetector({ store: openModelStore({ stateDir: '/nonexistent', env: process.env }), log });
  await detector.settled();
  const originals = new Map<number, Buffer>();
  await decodeRgb(['-i', clip], size, (rgb, frame) => {
    if ([frame - 1, frame, frame + 1].some((near) => kept.has(near))) originals.set(frame, Buffer.from(rgb));
  });
  const judgement: Judgement = { objects: 0, hidden: 0, shown: [], likenessElsewhere: 0 };
  const elsewhere: number[] = [];
  try {
    for (const [frame, pulled] of kept) {
      const original = greenOf(originals.get(frame)!);
      for (const { label, score, ...box } of await sureObjects(frame)) {
        judgement.objects++;
        const likeness = likenessIn(original, pulled, size, box);
        if (likeness < SHOWN_FROM) judgement.hidden++;
        else judgement.shown.push({ frame, label, box, score, likeness });
      }
      elsewhere.push(...likenessesElsewhere(original, pulled, size));
    }
  } finally {
    await detector.close();
  }
  elsewhere.sort((a, b) => a - b);
  judgement.likenessElsewhere = elsewhere[Math.floor(elsewhere.length * 0.9)] ?? 0;
  return judgement;

  /** Faces and plates of legible size that are found in this frame, and a little less surely at the same place in its neighbours. */
  async function sureObjects(frame: number): Promise<Detection[]> {
    const isLegible = ({ label, score, h }: Detection): boolean =>
      (label === 'face' || label === 'plate') && score >= scoreMin && h >= HEIGHT_PX_MIN;
    let sure = (await detect(originals.get(frame)!, size)).filter(isLegible);
    for (const near of [frame - 1, frame + 1].map((number) => originals.get(number))) {
      if (near === undefined || sure.length === 0) continue;
      const found = await detect(near, size);
      sure = sure.filter((a) => found.some((b) => a.label === b.label && b.score >= scoreMin - 0.1 && overlap(a, b)));
    }
    return sure;
  }

  async function detect(rgb: Buffer, { widthPx, heightPx }: Size): Promise<Detection[]> {
    const paddedWidthPx = Math.ceil(widthPx / 32) * 32;
    const paddedHeightPx = Math.ceil(heightPx / 32) * 32;
    const padded = new Uint8Array(paddedWidthPx * paddedHeightPx * 3);
    for (let y = 0; y < heightPx; y++) {
      padded.set(rgb.subarray(y * widthPx * 3, (y + 1) * widthPx * 3), y * paddedWidthPx * 3);
    }
    const content = { contentWidthPx: widthPx, contentHeightPx: heightPx };
    const picture = { rgb: padded, widthPx: paddedWidthPx, heightPx: paddedHeightPx, ...content };
    const verdict = await detector.detect(picture, 60_000);
    if (verdict.kind !== 'detected') throw new Error(`the detector does not answer: ${verdict.detail}`);
    return verdict.detections;
  }
}

const overlap = (a: Box, b: Box): boolean =>
  Math.abs(a.x + a.w / 2 - b.x - b.w / 2) < a.w / 2 && Math.abs(a.y + a.h / 2 - b.y - b.h / 2) < a.h / 2;

/** Correlation of the horizontal differences of neighbouring samples: what is left of edges and letters, whatever the brightness. */
function likenessIn(a: Uint8Array, b: Uint8Array, { widthPx, heightPx }: Size, box: Box): number {
  const x0 = Math.max(0, Math.floor(box.x));
  const y0 = Math.max(0, Math.floor(box.y));
  const x1 = Math.min(widthPx - 1, Math.ceil(box.x + box.w));
  const y1 = Math.min(heightPx, Math.ceil(box.y + box.h));
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (let y = y0; y < y1; y++) {
    for (let at = y * widthPx + x0; at < y * widthPx + x1; at++) {
      const stepA = a[at + 1]! - a[at]!;
      const stepB = b[at + 1]! - b[at]!;
      both += stepA * stepB;
      ofA += stepA * stepA;
      ofB += stepB * stepB;
    }
  }
  return ofA === 0 || ofB === 0 ? 0 : both / Math.sqrt(ofA * ofB);
}

/** Likeness of the places with much structure, on a grid of 64 px. */
function likenessesElsewhere(a: Uint8Array, b: Uint8Array, size: Size): number[] {
  const likenesses: number[] = [];
  for (let y = 64; y + 64 <= size.heightPx; y += 64) {
    for (let x = 0; x + 64 <= size.widthPx; x += 64) {
      let structure = 0;
      for (let row = y; row < y + 64; row++) {
        for (let at = row * size.widthPx + x; at < row * size.widthPx + x + 63; at++)
          structure += Math.abs(a[at + 1]! - a[at]!);
      }
      if (structure / (64 * 63) > 6) likenesses.push(likenessIn(a, b, size, { x, y, w: 64, h: 64 }));
    }
  }
  return likenesses;
}
