/** What never moves: sky, houses, road, pavement, drawn once as SVG in the perspective of the camera; and the grain of the ground. */
import sharp from 'sharp';
import { measureText, textPaths } from '../../draw/font.ts';
import type { Rgb } from '../../draw/primitives.ts';
import { createSurface, type Surface } from '../../draw/surface.ts';
import { css, mix, shade } from './color.ts';
import { between, pick, type Random, randomOf } from './random.ts';
import { CAMERA_HEIGHT_M, LAMPS, project, type View } from './view.ts';

const FACADE_X = 8.4;
const FAR_M = 140;
/** The cross street, from and to. */
const CROSS = [19.6, 27] as const;
const SIGNS = ['약국', '서점', '미용실', '분식', '카페', '세탁', '꽃집', '빵집', '노래방', '치과'];
const WALLS: Rgb[] = [
  [186, 164, 146],
  [150, 118, 100],
  [198, 196, 190],
  [136, 142, 150],
  [206, 188, 150],
  [164, 174, 168],
];
const SIGN_COLORS: Rgb[] = [
  [176, 48, 50],
  [36, 96, 120],
  [52, 116, 70],
  [214, 150, 40],
  [70, 66, 120],
];

export async function drawBackground(view: View, seed: number): Promise<Surface> {
  const svg = backgroundSvg(view, seed);
  const pixels = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer();
  const surface = createSurface(view.widthPx, view.heightPx);
  surface.rgb.set(pixels.subarray(0, surface.rgb.length));
  grain(view, surface);
  return surface;
}

/** Dims a colour for the night; `lit` things keep shining. */
function tone(view: View, color: Rgb, factor = 0.26): string {
  if (view.night) return css(mix(shade(color, factor), [14, 18, 34], 0.25));
  return css(view.rain ? mix(shade(color, 0.82), [128, 136, 144], 0.16) : color);
}

function backgroundSvg(view: View, seed: number): string {
  const random = randomOf(seed, 404);
  const { widthPx: w, heightPx: h, horizonY } = view;
  const sky: [Rgb, Rgb] = view.night
    ? [
        [10, 14, 30],
        [44, 46, 66],
      ]
    : view.rain
      ? [
          [146, 154, 164],
          [190, 196, 200],
        ]
      : [
          [96, 150, 208],
          [214, 228, 238],
        ];
  const parts = [
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${css(sky[0])}"/><stop offset="1" stop-color="${css(sky[1])}"/></linearGradient>
<linearGradient id="road" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${tone(view, [146, 146, 148], 0.3)}"/><stop offset="1" stop-color="${tone(view, [84, 86, 90], 0.34)}"/></linearGradient>
<radialGradient id="pool"><stop offset="0" stop-color="rgb(255,214,150)" stop-opacity=".5"/><stop offset=".5" stop-color="rgb(255,204,140)" stop-opacity=".2"/><stop offset="1" stop-color="rgb(255,200,130)" stop-opacity="0"/></radialGradient>
<radialGradient id="cloud"><stop offset="0" stop-color="white" stop-opacity=".8"/><stop offset="1" stop-color="white" stop-opacity="0"/></radialGradient></defs>`,
    `<rect width="${w}" height="${horizonY + 2}" fill="url(#sky)"/>`,
  ];
  if (!view.night) {
    for (let i = 0; i < 9; i++)
      parts.push(
        `<ellipse cx="${random() * w}" cy="${random() * horizonY * 0.8}" rx="${w * between(random, 0.06, 0.16)}" ry="${h * between(random, 0.015, 0.04)}" fill="url(#cloud)" opacity="${view.rain ? 0.3 : 0.8}"/>`,
      );
  }
  parts.push(`<rect y="${horizonY}" width="${w}" height="${h - horizonY}" fill="url(#road)"/>`);
  skyline(view, random, parts);
  ground(view, parts);
  for (const side of [-1, 1]) houses(view, random, side, parts);
  if (view.night) {
    for (const [x, z] of LAMPS) {
      const [px, py] = project(view, x, 0, z);
      const rx = (view.focalPx / z) * 3.6;
      parts.push(
        `<ellipse cx="${px}" cy="${py}" rx="${rx}" ry="${Math.min(h, (rx * CAMERA_HEIGHT_M) / z + rx * 0.06)}" fill="url(#pool)"/>`,
      );
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}">${parts.join('')}</svg>`;
}

type Corner = readonly [x: number, y: number, z: number];

function shape(view: View, corners: readonly Corner[], fill: string, extra = ''): string {
  const points = corners.map(([x, y, z]) =>
    project(view, x, y, z)
      .map((value) => value.toFixed(1))
      .join(','),
  );
  return `<polygon points="${points.join(' ')}" fill="${fill}" ${extra}/>`;
}

function strip(view: View, x0: number, x1: number, z0: number, z1: number, color: string): string {
  return shape(
    view,
    [
      [x0, 0, z0],
      [x1, 0, z0],
      [x1, 0, z1],
      [x0, 0, z1],
    ],
    color,
  );
}

function skyline(view: View, random: Random, parts: string[]): void {
  for (let i = 0; i < 26; i++) {
    const x = between(random, -70, 70);
    const width = between(random, 6, 16);
    const height = between(random, 8, 34) * (Math.abs(x) < 12 ? 0.55 : 1);
    const z = between(random, 110, FAR_M);
    const color = mix(pick(random, WALLS), view.rain ? [170, 176, 182] : [178, 196, 214], 0.6);
    parts.push(
      shape(
        view,
        [
          [x, 0, z],
          [x + width, 0, z],
          [x + width, height, z],
          [x, height, z],
        ],
        tone(view, color, 0.2),
      ),
    );
    if (!view.night) continue;
    for (let j = 0; j < 14; j++) {
      const [px, py] = project(view, x + random() * width, random() * height, z);
      parts.push(
        `<rect x="${px}" y="${py}" width="2" height="2.4" fill="rgb(250,214,140)" opacity="${between(random, 0.3, 0.9)}"/>`,
      );
    }
  }
}

function ground(view: View, parts: string[]): void {
  const paint = tone(view, [226, 226, 220], 0.42);
  const paving = tone(view, [176, 168, 158], 0.34);
  const kerb = tone(view, [204, 202, 196], 0.36);
  const joint = tone(view, [146, 138, 130], 0.28);
  for (const side of [-1, 1]) {
    for (const [from, to] of [
      [9, CROSS[0]],
      [CROSS[1], FAR_M],
    ] as const) {
      parts.push(
        strip(view, side * 5, side * FACADE_X, from, to, paving),
        strip(view, side * 4.85, side * 5, from, to, kerb),
      );
    }
    for (let z = 9; z < 60; z += 1.2) {
      if (z < CROSS[0] || z > CROSS[1]) parts.push(strip(view, side * 5, side * FACADE_X, z, z + 0.03, joint));
    }
    for (let z = 10; z < FAR_M; z += 6) {
      if (z + 3 < CROSS[0] || z > CROSS[1]) parts.push(strip(view, side * 3, side * 3.1, z, z + 3, paint));
    }
  }
  // The promenade in the middle, its paving, and the zebra that crosses everything.
  for (const [from, to] of [
    [0.7, 2.5],
    [8.4, CROSS[0]],
    [CROSS[1], 70],
  ] as const) {
    parts.push(
      strip(view, -1.05, 1.05, from, to, kerb),
      strip(view, -0.95, 0.95, from, to, tone(view, [190, 158, 132], 0.34)),
    );
    for (let z = from; z < Math.min(to, 30); z += 0.4) parts.push(strip(view, -0.95, 0.95, z, z + 0.015, joint));
    for (const x of [-0.57, -0.19, 0.19, 0.57]) parts.push(strip(view, x, x + 0.015, from, Math.min(to, 30), joint));
  }
  for (let x = -7.8; x < 8; x += 0.9) parts.push(strip(view, x, x + 0.45, 2.8, 8, paint));
  parts.push(strip(view, -2.95, -1.1, 8.9, 9.2, paint));
  for (const z of [CROSS[0] + 3.6]) parts.push(strip(view, -60, 60, z, z + 0.12, tone(view, [222, 178, 60], 0.4)));
}

function houses(view: View, random: Random, side: number, parts: string[]): void {
  const blocks: [number, number][] = [];
  for (let z = 90; z > CROSS[1] + 1; z -= between(random, 8, 13)) blocks.push([Math.max(CROSS[1], z - 9), z]);
  blocks.push([14.2, CROSS[0]], [8.6, 14.2], [4, 8.6]);
  for (const [z0, z1] of blocks) house(view, random, side, z0, z1, parts);
}

function house(view: View, random: Random, side: number, z0: number, z1: number, parts: string[]): void {
  const x = side * FACADE_X;
  const floors = 2 + Math.floor(random() * 4);
  const top = 3.4 + floors * 2.9;
  const wall = mix(pick(random, WALLS), [128, 124, 120], random() * 0.3);
  const panel = (a: number, b: number, low: number, high: number, fill: string, extra = ''): string =>
    shape(
      view,
      [
        [x, low, a],
        [x, low, b],
        [x, high, b],
        [x, high, a],
      ],
      fill,
      extra,
    );
  // The end wall that looks down the street towards the camera, where a street opens in front of it.
  parts.push(
    shape(
      view,
      [
        [x, 0, z0],
        [x + side * 30, 0, z0],
        [x + side * 30, top, z0],
        [x, top, z0],
      ],
      tone(view, shade(wall, 0.8)),
    ),
  );
  parts.push(panel(z0, z1, 0, top, tone(view, wall)), panel(z0, z1, top - 0.35, top, tone(view, shade(wall, 0.7))));
  const bays = Math.max(2, Math.round((z1 - z0) / 1.9));
  const bay = (z1 - z0) / bays;
  for (let i = 0; i < bays; i++) {
    const a = z0 + i * bay + bay * 0.2;
    const b = z0 + (i + 1) * bay - bay * 0.2;
    for (let floor = 0; floor < floors; floor++) {
      const low = 4 + floor * 2.9;
      const lit = view.night && random() < 0.4;
      const glass: Rgb = [96 + 40 * random(), 116 + 40 * random(), 134 + 40 * random()];
      parts.push(panel(a - 0.08, b + 0.08, low - 0.12, low + 1.62, tone(view, mix(wall, [240, 238, 232], 0.5))));
      parts.push(
        panel(
          a,
          b,
          low,
          low + 1.5,
          lit ? css(mix([255, 206, 128], [214, 226, 240], random() * 0.6)) : tone(view, glass),
        ),
      );
    }
  }
  const glow = view.night ? css([236, 206, 158]) : tone(view, [82, 94, 104]);
  parts.push(
    panel(z0 + 0.3, z1 - 0.3, 0.35, 2.5, glow),
    panel(z0 + 0.3, z0 + 0.42, 0, 2.5, tone(view, [60, 60, 62])),
    panel((z0 + z1) / 2, (z0 + z1) / 2 + 0.1, 0.2, 2.5, tone(view, [60, 60, 62])),
  );
  sign(view, random, x, side, z0 + 0.4, z1 - 0.4, parts);
}

function sign(view: View, random: Random, x: number, side: number, z0: number, z1: number, parts: string[]): void {
  const color = pick(random, SIGN_COLORS);
  const out = x - side * 0.12;
  parts.push(
    shape(
      view,
      [
        [out, 2.6, z0],
        [out, 2.6, z1],
        [out, 3.4, z1],
        [out, 3.4, z0],
      ],
      view.night ? css(mix(color, [255, 255, 255], 0.15)) : tone(view, color),
    ),
  );
  const text = pick(random, SIGNS);
  const heightM = 0.52;
  const widthM = measureText(text, heightM);
  const middle = (z0 + z1) / 2;
  const lines = textPaths(text, heightM).map((line) => {
    // Read from the street: on the right side of the picture the text runs towards the camera, on the left side away from it.
    const points = line.map(([u, v]) =>
      project(view, out, 3.27 - v, middle - side * (u - widthM / 2))
        .map((value) => value.toFixed(1))
        .join(','),
    );
    return `M${points.join('L')}`;
  });
  parts.push(
    `<path d="${lines.join('')}" fill="none" stroke="${view.night ? 'rgb(255,252,236)' : 'rgb(246,244,236)'}" stroke-width="${(view.focalPx / middle) * 0.034}" stroke-linejoin="round" stroke-linecap="round"/>`,
  );
}

/** Roughness of asphalt and paving, finer with distance. */
function grain(view: View, surface: Surface): void {
  const { widthPx, heightPx, rgb } = surface;
  for (let y = Math.ceil(view.horizonY) + 1; y < heightPx; y++) {
    const z = (CAMERA_HEIGHT_M * view.focalPx) / (y - view.horizonY);
    const strength = Math.min(0.1, 0.5 / z);
    for (let x = 0; x < widthPx; x++) {
      const worldX = ((x - view.centreX) * z) / view.focalPx;
      if (Math.abs(worldX) > FACADE_X) continue;
      const fine = cell(Math.floor(worldX * 70), Math.floor(z * 50));
      const broad = cell(Math.floor(worldX * 2.1), Math.floor(z * 1.3));
      const factor = 1 + strength * (fine - 0.5) * 1.3 + 0.03 * (broad - 0.5);
      const at = (y * widthPx + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = Math.min(255, rgb[at + c]! * factor);
    }
  }
}

function cell(x: number, z: number): number {
  let mixed = Math.imul(x, 374_761_393) + Math.imul(z, 668_265_263);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 1_274_126_177);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
}
