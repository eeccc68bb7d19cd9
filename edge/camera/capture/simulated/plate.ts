/** Number plates of four kinds of country and taxi, drawn with our own font at 1 pixel per millimetre. */
import { drawText, measureText } from '../../draw/font.ts';
import { fillRect, type Rgb, strokeLines } from '../../draw/primitives.ts';
import { createSurface, type Surface } from '../../draw/surface.ts';
import { pick, type Random, randomOf } from './random.ts';
import { type Sprite, spriteOfPixels } from './raster.ts';

export type PlateKind = 'kr-white' | 'kr-green' | 'kr-taxi' | 'eu' | 'us';

export interface Plate {
  kind: PlateKind;
  text: string;
  widthM: number;
  heightM: number;
  sprite: Sprite;
}

const CARS = [...'가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주'];
const TAXIS = [...'아바사자'];
const CITIES = ['서울', '경기', '부산', '인천', '대구'];
const DARK: Rgb = [22, 24, 30];

export function createPlate(kind: PlateKind, seed: number, index: number): Plate {
  const random = randomOf(seed, 202, index);
  const long = kind === 'kr-white' || kind === 'eu';
  const [w, h] = long ? [520, 110] : kind === 'us' ? [305, 152] : [335, 170];
  const surface = createSurface(w, h);
  const text = DRAW[kind](surface, random);
  return { kind, text, widthM: w / 1000, heightM: h / 1000, sprite: spriteOfPixels(surface.rgb, w, h, 3) };
}

const DRAW: Record<PlateKind, (surface: Surface, random: Random) => string> = {
  'kr-white': (surface, random) => {
    ground(surface, [238, 240, 238], DARK);
    const text = `${digits(random, 3)}${pick(random, CARS)} ${digits(random, 4)}`;
    fit(surface, text, 22, 74, 36, 484, DARK, 11);
    return text;
  },
  'kr-green': (surface, random) => twoLines(surface, random, [20, 92, 62], [236, 240, 232], CARS),
  'kr-taxi': (surface, random) => twoLines(surface, random, [246, 196, 32], DARK, TAXIS),
  eu: (surface, random) => {
    ground(surface, [240, 240, 236], DARK);
    fillRect(surface, 4, 4, 42, 102, [16, 62, 156]);
    for (let i = 0; i < 8; i++) {
      const angle = (i / 8) * 2 * Math.PI;
      fillRect(surface, 23 + 12 * Math.cos(angle), 32 + 12 * Math.sin(angle), 4, 4, [250, 214, 40]);
    }
    drawText(surface, 'D', { x: 25, y: 66, heightPx: 28, color: [255, 255, 255], weightPx: 5, align: 'center' });
    const text = `${letters(random, 1)} ${letters(random, 2)} ${digits(random, 4)}`;
    fit(surface, text, 18, 76, 66, 500, DARK, 11);
    return text;
  },
  us: (surface, random) => {
    ground(surface, [244, 244, 246], [120, 128, 150]);
    drawText(surface, 'CALIFORNIA', {
      x: 152,
      y: 12,
      heightPx: 18,
      color: [178, 34, 44],
      weightPx: 4,
      align: 'center',
    });
    const text = `${digits(random, 1)}${letters(random, 3)}${digits(random, 3)}`;
    fit(surface, text, 46, 74, 18, 287, [28, 44, 104], 11);
    return text;
  },
};

function ground(surface: Surface, fill: Rgb, rim: Rgb): void {
  const { widthPx: w, heightPx: h } = surface;
  fillRect(surface, 0, 0, w, h, fill);
  const corners = [
    [3, 3],
    [w - 3, 3],
    [w - 3, h - 3],
    [3, h - 3],
    [3, 3],
  ] as const;
  strokeLines(surface, [corners], 4, rim);
}

function twoLines(surface: Surface, random: Random, fill: Rgb, ink: Rgb, uses: string[]): string {
  ground(surface, fill, ink);
  const city = pick(random, CITIES);
  const top = `${city} ${digits(random, 2)}`;
  const bottom = `${pick(random, uses)} ${digits(random, 4)}`;
  fit(surface, top, 14, 42, 90, 245, ink, 7);
  fit(surface, bottom, 72, 80, 18, 317, ink, 13);
  return `${top} ${bottom}`;
}

/** Text of one line, as high as told and never wider than its place, centred in it. */
function fit(
  surface: Surface,
  text: string,
  y: number,
  heightPx: number,
  left: number,
  right: number,
  color: Rgb,
  weightPx: number,
): void {
  const fitted = Math.min(heightPx, ((right - left) / measureText(text, heightPx)) * heightPx);
  drawText(surface, text, {
    x: (left + right) / 2,
    y: y + (heightPx - fitted) / 2,
    heightPx: fitted,
    color,
    weightPx,
    align: 'center',
  });
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
}

function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => pick(random, [...'ABCDEFGHJKLMNPRSTUVWXYZ'])).join('');
}
