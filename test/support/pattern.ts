/**
 * A camera picture with something in it that must never be readable: a patch of black and white cells, the stand-in for a plate, which
 * travels to and fro over a striped ground. The stripes tell a picture from one that is covered whole, the cells tell whether a cover
 * holds. Both are read from luma, so that the same reading serves the detector of the fault tests and the judge of what came out.
 */
import sharp from 'sharp';

export const PATTERN_SIZE = { widthPx: 640, heightPx: 360 };
export const PATTERN_FRAME_RATE = 12;

const CELL_PX = 10;
const COLUMNS = 12;
const ROWS = 4;
const PATCH = { w: COLUMNS * CELL_PX, h: ROWS * CELL_PX, y: 160 };
const STEP_PX = 6;
const LEFT_PX = 40;
const RIGHT_PX = PATTERN_SIZE.widthPx - PATCH.w - 40;
const STEPS = (RIGHT_PX - LEFT_PX) / STEP_PX;

const STRIPE_PX = 20;
const STRIPE_LEVELS = [100, 160] as const;
const STRIPE_ROW_PX = 330;

/** Fixed bits without a regular structure: 1 is a white cell. */
const BITS = [...'101100111000', '011010010111', '110001101001', '001111000110'].join('').split('').map(Number);

/** Left edge of the patch in picture `index`. */
function leftAt(index: number): number {
  const phase = index % (2 * STEPS);
  return LEFT_PX + STEP_PX * (phase <= STEPS ? phase : 2 * STEPS - phase);
}

/** One whole journey to and fro, as JPEG. */
export async function patternPictures(): Promise<Buffer[]> {
  const { widthPx, heightPx } = PATTERN_SIZE;
  const pictures: Buffer[] = [];
  for (let index = 0; index < 2 * STEPS; index++) {
    const grey = Buffer.alloc(widthPx * heightPx);
    for (let x = 0; x < widthPx; x++) grey[x] = STRIPE_LEVELS[Math.floor(x / STRIPE_PX) % 2]!;
    for (let y = 1; y < heightPx; y++) grey.copyWithin(y * widthPx, 0, widthPx);
    const left = leftAt(index);
    for (let y = 0; y < PATCH.h; y++) {
      for (let x = 0; x < PATCH.w; x++) {
        const bit = BITS[Math.floor(y / CELL_PX) * COLUMNS + Math.floor(x / CELL_PX)];
        grey[(PATCH.y + y) * widthPx + left + x] = bit ? 240 : 16;
      }
    }
    const raw = { width: widthPx, height: heightPx, channels: 1 } as const;
    pictures.push(await sharp(grey, { raw }).jpeg({ quality: 85 }).toBuffer());
  }
  return pictures;
}

export interface Reading {
  /** Best correlation of the cells with their bits, -1 to 1, at any place along the patch's way; 0 without contrast. */
  score: number;
  /** Where that is. */
  x: number;
  y: number;
}

/** Cells whose black and white differ by less than this, of 255, are not told apart. */
const CONTRAST_MIN = 16;
/** From this correlation on the cells can be read: about one in eight is wrong. */
const READABLE_FROM = 0.75;

export const isReadable = ({ score }: Reading): boolean => score >= READABLE_FROM;
export const patchBox = ({ x, y }: Reading) => ({ x, y, w: PATCH.w, h: PATCH.h });

/** Looks for the cells. `bytesPerPixel`: 1 for a luma plane, 3 for RGB (its second byte stands for luma). */
export function readPattern(pixels: Uint8Array, strideBytes: number, bytesPerPixel: 1 | 3 = 1): Reading {
  const offset = bytesPerPixel === 3 ? 1 : 0;
  const at = (x: number, y: number): number => pixels[y * strideBytes + x * bytesPerPixel + offset]!;
  const best: Reading = { score: 0, x: 0, y: 0 };
  for (let y = PATCH.y - 4; y <= PATCH.y + 4; y += 2) {
    for (let x = 0; x <= PATTERN_SIZE.widthPx - PATCH.w; x += 2) {
      const score = correlationAt(at, x, y);
      if (score > best.score) Object.assign(best, { score, x, y });
    }
  }
  return best;
}

function correlationAt(at: (x: number, y: number) => number, left: number, top: number): number {
  let white = 0;
  let black = 0;
  let whites = 0;
  let sum = 0;
  let squares = 0;
  for (const [index, bit] of BITS.entries()) {
    const level = at(left + ((index % COLUMNS) + 0.5) * CELL_PX, top + (Math.floor(index / COLUMNS) + 0.5) * CELL_PX);
    if (bit) {
      white += level;
      whites++;
    } else {
      black += level;
    }
    sum += level;
    squares += level * level;
  }
  const n = BITS.length;
  const difference = white / whites - black / (n - whites);
  if (difference < CONTRAST_MIN) return 0;
  const deviation = Math.sqrt(squares / n - (sum / n) ** 2);
  const share = whites / n;
  return (difference * Math.sqrt(share * (1 - share))) / deviation;
}

/** What a decoded picture shows: the street (its stripes), a slate (bright words on dark ground), or a cover over all of it. */
export type Shown = 'picture' | 'slate' | 'whole';

export function shownIn(luma: Uint8Array, strideBytes: number): Shown {
  const row = luma.subarray(STRIPE_ROW_PX * strideBytes, STRIPE_ROW_PX * strideBytes + PATTERN_SIZE.widthPx);
  const stripes = PATTERN_SIZE.widthPx / STRIPE_PX;
  let seen = 0;
  for (let stripe = 0; stripe < stripes; stripe++) {
    const here = row[(stripe + 0.5) * STRIPE_PX]!;
    const next = row[(((stripe + 1) % stripes) + 0.5) * STRIPE_PX]!;
    if ((stripe % 2 === 0 ? next - here : here - next) > 25) seen++;
  }
  if (seen > stripes / 2) return 'picture';
  const brightest = luma.reduce(
    (most, level, at) => (at % strideBytes < PATTERN_SIZE.widthPx ? Math.max(most, level) : most),
    0,
  );
  return brightest > 120 ? 'slate' : 'whole';
}
