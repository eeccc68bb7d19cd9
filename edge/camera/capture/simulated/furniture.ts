/** Things that stand on the street and hide what walks behind them: lamps, trees, an advertising pillar. */
import { measureText, textPaths } from '../../draw/font.ts';
import type { Painter } from './painter.ts';
import { type Sprite, spriteOfPixels, spriteOfSvg } from './raster.ts';
import { LAMP_HEIGHT_M, LAMPS, lightAt, project } from './view.ts';

export interface Furniture {
  x: number;
  z: number;
  kind: 'lamp' | 'tree' | 'trunk' | 'pillar';
}

export interface FurnitureSprites {
  lamp: Sprite;
  tree: Sprite;
  trunk: Sprite;
  pillar: Sprite;
  glow: Sprite;
}

/** Width and height of each kind, metres. */
const SIZES = { lamp: [0.9, LAMP_HEIGHT_M + 0.2], tree: [3.4, 5.6], trunk: [0.6, 2.1], pillar: [0.72, 2.35] } as const;

const TREES = [
  [-5.7, 42],
  [5.7, 40],
  [5.7, 30],
  [-5.7, 29],
  [5.6, 17.5],
  [-5.6, 16.5],
] as const;

/** Part of the background: the crowns of the trees stand above everything that passes behind them. */
export const BACKDROP: readonly Furniture[] = TREES.map(([x, z]) => ({ x, z, kind: 'tree' }));

/** Drawn in order of depth with all that moves. */
export const FURNITURE: readonly Furniture[] = [
  ...LAMPS.map(([x, z]) => ({ x, z, kind: 'lamp' as const })),
  { x: 0.5, z: 8.8, kind: 'pillar' },
  ...TREES.map(([x, z]) => ({ x, z, kind: 'trunk' as const })),
];

export async function createFurniture(): Promise<FurnitureSprites> {
  const leaves = Array.from({ length: 90 }, (_, i) => {
    const angle = i * 2.4;
    const radius = Math.sqrt(i / 90) * 150;
    const tone = 60 + ((i * 37) % 50) - (Math.sin(angle) > 0 ? 22 : 0);
    return `<circle cx="${170 + Math.cos(angle) * radius}" cy="${180 + Math.sin(angle) * radius * 0.95}" r="${26 + ((i * 13) % 14)}" fill="rgb(${tone * 0.62},${tone + 34},${tone * 0.5})" opacity=".9"/>`;
  }).reverse();
  const posters = ['서울 거리 축제', '11월 23일', 'GARIM'].map((line, i) => {
    const heightPx = i === 1 ? 14 : 19;
    const d = textPaths(line, heightPx).map(
      (path) =>
        `M${path.map(([x, y]) => `${(x + 72 - measureText(line, heightPx) / 2).toFixed(1)},${(y + 110 + i * 46).toFixed(1)}`).join('L')}`,
    );
    return `<path d="${d.join('')}" fill="none" stroke="rgb(250,246,230)" stroke-width="2.6" stroke-linecap="round"/>`;
  });
  const [lamp, tree, trunk, pillar] = await Promise.all([
    spriteOfSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="108" height="576"><defs><linearGradient id="g" x1="0" x2="1" y1="0" y2="0"><stop offset="0" stop-color="rgb(50,54,60)"/><stop offset=".4" stop-color="rgb(128,134,140)"/><stop offset="1" stop-color="rgb(36,38,44)"/></linearGradient></defs>
<path d="M49,576L51,40H57L60,576Z" fill="url(#g)"/><path d="M54,44Q54,14 88,16" fill="none" stroke="rgb(70,74,80)" stroke-width="6"/><ellipse cx="88" cy="20" rx="17" ry="7" fill="rgb(250,240,210)"/><rect x="44" y="520" width="21" height="56" rx="4" fill="rgb(54,58,64)"/></svg>`),
    spriteOfSvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="340" height="560"><path d="M156,560L162,330L130,250L140,246L168,300L190,240L202,246L180,330L188,560Z" fill="rgb(86,66,50)"/>${leaves.join('')}</svg>`,
    ),
    spriteOfSvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="210" viewBox="140 350 60 210"><path d="M156,560L162,330H180L188,560Z" fill="rgb(86,66,50)"/></svg>`,
    ),
    spriteOfSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="144" height="470"><defs><linearGradient id="g" x1="0" x2="1" y1="0" y2="0"><stop offset="0" stop-color="black" stop-opacity=".45"/><stop offset=".35" stop-color="white" stop-opacity=".16"/><stop offset="1" stop-color="black" stop-opacity=".5"/></linearGradient></defs>
<rect x="6" y="34" width="132" height="430" fill="rgb(40,86,98)"/><rect x="6" y="84" width="132" height="160" fill="rgb(178,66,52)"/><rect x="6" y="262" width="132" height="150" fill="rgb(222,196,130)"/><circle cx="72" cy="336" r="44" fill="rgb(70,110,84)"/>
<path d="M0,38Q72,-30 144,38Z" fill="rgb(52,60,58)"/><rect x="0" y="440" width="144" height="30" fill="rgb(52,60,58)"/>${posters.join('')}<rect x="6" y="34" width="132" height="430" fill="url(#g)"/></svg>`),
  ]);
  return { lamp: lamp!, tree: tree!, trunk: trunk!, pillar: pillar!, glow: glowSprite([255, 214, 150], 0.75) };
}

/** A round glow of light that is added to the picture. */
export function glowSprite(color: readonly [number, number, number], strength: number): Sprite {
  return spriteOfPixels(disc(color, strength), 64, 64, 4, true);
}

/** A soft round shadow. */
export function shadowSprite(): Sprite {
  return spriteOfPixels(disc([8, 9, 12], 0.75), 64, 64, 4);
}

function disc(color: readonly [number, number, number], strength: number): Uint8Array {
  const pixels = new Uint8Array(64 * 64 * 4);
  for (let i = 0; i < 64 * 64; i++) {
    const radius = Math.hypot((i % 64) - 31.5, Math.floor(i / 64) - 31.5) / 32;
    const fall = Math.max(0, 1 - radius) ** 2;
    pixels.set([...color, Math.min(255, 255 * strength * fall)], i * 4);
  }
  return pixels;
}

export function drawFurniture(painter: Painter, item: Furniture, sprites: FurnitureSprites): void {
  const { view } = painter;
  const [widthM, heightM] = SIZES[item.kind];
  const scale = view.focalPx / item.z;
  const [x, y] = project(view, item.x, 0, item.z);
  const sprite = sprites[item.kind];
  painter.begin(0);
  const mirror = item.kind === 'lamp' && item.x > 0 ? -1 : 1;
  const w = (widthM * scale * mirror) / sprite.widthPx;
  painter.sprite(
    sprite,
    [w, 0, 0, (heightM * scale) / sprite.heightPx, x - (w * sprite.widthPx) / 2, y - heightM * scale],
    lightAt(view, item.x, item.z),
  );
  if (item.kind !== 'lamp' || !view.night) return;
  const size = 2.6 * scale;
  painter.veil(
    sprites.glow,
    [size / 64, 0, 0, size / 64, x + mirror * 0.28 * scale - size / 2, y - LAMP_HEIGHT_M * scale - size / 2],
    [1, 1, 1],
  );
}
