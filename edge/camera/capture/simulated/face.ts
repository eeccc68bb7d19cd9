/**
 * Heads as SVG: a stack of horizontal ellipses seen from any yaw, with features placed on it. One picture per identity and yaw is drawn
 * at start-up; per frame they are only scaled.
 */
import { smoothed } from '../../draw/glyphs.ts';
import type { Rgb } from '../../draw/primitives.ts';
import { css, mix, shade } from './color.ts';
import type { Identity } from './identity.ts';

export const HEAD_WIDTH_PX = 260;
const HEAD_HEIGHT_PX = 320;
/** Where the neck goes into the shoulders, and the height from chin to crown, in pixels of the head sprite. */
export const HEAD_NECK_Y = 292;
export const HEAD_SIZE_PX = 216;
const CX = 130;

/** Yaws that are drawn, degrees; 180 is the back of the head. */
export const HEAD_YAWS = [0, 15, 30, 45, 60, 75, 90, 180] as const;

/** Slices of the head: y, half width, half depth, shift of the centre to the front. */
const SLICES: readonly (readonly [y: number, a: number, b: number, c: number])[] = [
  [38, 6, 8, -10],
  [42, 30, 40, -10],
  [54, 50, 62, -9],
  [74, 65, 80, -7],
  [104, 71, 88, -5],
  [132, 72, 88, -4],
  [156, 70, 83, -2],
  [178, 67, 74, 3],
  [200, 61, 60, 13],
  [220, 50, 45, 24],
  [236, 35, 29, 37],
  [246, 17, 15, 48],
];
const CHIN_Y = 247;
const HAIRLINE_Y = 78;

/** Where the face itself is on the head sprite: forehead to chin, between its visible sides. */
export function faceBox(identity: Identity, yawDeg: number): { x: number; y: number; w: number; h: number } {
  const head = headAt(identity, yawDeg);
  const left = Math.min(...FACE_ROWS.map((y) => head.faceEdge(y, -1)));
  const right = Math.max(...FACE_ROWS.map((y) => head.faceEdge(y, 1)), head.at(0, 100, 0));
  return { x: left, y: HAIRLINE_Y - 4, w: right - left, h: CHIN_Y - HAIRLINE_Y + 6 };
}
const FACE_ROWS = [100, 125, 150, 175, 200];

function headAt(identity: Identity, yawDeg: number) {
  const yaw = (yawDeg * Math.PI) / 180;
  const sin = Math.sin(yaw);
  const cos = Math.cos(yaw);
  const slice = (y: number): readonly [a: number, b: number, c: number] => {
    let i = 0;
    while (i + 2 < SLICES.length && SLICES[i + 1]![0] < y) i++;
    const [y0, a0, b0, c0] = SLICES[i]!;
    const [y1, a1, b1, c1] = SLICES[i + 1]!;
    const t = Math.max(0, Math.min(1, (y - y0) / (y1 - y0)));
    return [(a0 + (a1 - a0) * t) * (1 + identity.broad), b0 + (b1 - b0) * t, c0 + (c1 - c0) * t];
  };
  /** Screen x of the silhouette at height y; `side` -1 is left. */
  const edge = (y: number, side: -1 | 1, grow = 0): number => {
    const [a, b, c] = slice(y);
    return CX + c * sin + side * (Math.hypot(a * cos, b * sin) + grow);
  };
  /** Screen x of a point: lateral, forward. */
  const at = (lateral: number, forward: number, _y: number): number => CX + lateral * cos + forward * sin;
  /** A point on the surface at a longitude: screen x, and how much it faces the viewer (-1 to 1). */
  const surface = (longitudeDeg: number, y: number): { x: number; facing: number } => {
    const [a, b, c] = slice(y);
    const phi = (longitudeDeg * Math.PI) / 180;
    const lateral = a * Math.sin(phi);
    const forward = b * Math.cos(phi);
    return { x: CX + lateral * cos + (forward + c) * sin, facing: (forward * cos - lateral * sin) / Math.max(a, b) };
  };
  /** Screen x of the edge of the face (where hair begins) at height y. */
  const faceEdge = (y: number, side: -1 | 1): number => {
    const open = y > 182 ? 89 : y < 96 ? 40 + ((y - HAIRLINE_Y) / 18) * 24 : 70;
    const point = surface(side * open, y);
    return point.facing > 0.02 ? point.x : edge(y, side);
  };
  return { sin, cos, edge, at, surface, faceEdge };
}

type Head = ReturnType<typeof headAt>;

function outline(head: Head, fromY: number, toY: number, grow: number): string {
  const ys: number[] = [];
  for (let y = fromY; y <= toY; y += 6) ys.push(y);
  const left = ys.map((y) => [head.edge(y, -1, grow), y] as const);
  const right = ys.map((y) => [head.edge(y, 1, grow), y] as const).reverse();
  return path([...left, ...right]);
}

function path(points: readonly (readonly [number, number])[]): string {
  const closed = smoothed([...points, points[0]!]);
  return `M${closed.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join('L')}Z`;
}

/** SVG of one head. */
export function headSvg(identity: Identity, yawDeg: number): string {
  const head = headAt(identity, yawDeg);
  const { skin, hair } = identity;
  const back = yawDeg === 180;
  const parts: string[] = [];
  const lightX = CX - 26;
  parts.push(`<defs>
<radialGradient id="s" gradientUnits="userSpaceOnUse" cx="${lightX + head.sin * 40}" cy="118" r="150"><stop offset="0" stop-color="${css(shade(skin, 1.07))}"/>
<stop offset=".5" stop-color="${css(skin)}"/><stop offset=".85" stop-color="${css(shade(skin, 0.76))}"/><stop offset="1" stop-color="${css(shade(skin, 0.6))}"/></radialGradient>
<radialGradient id="h" gradientUnits="userSpaceOnUse" cx="${lightX}" cy="60" r="170"><stop offset="0" stop-color="${css(mix(hair, [255, 255, 255], 0.22))}"/>
<stop offset=".35" stop-color="${css(hair)}"/><stop offset="1" stop-color="${css(shade(hair, 0.55))}"/></radialGradient>
<filter id="b2" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="2"/></filter>
<filter id="b5" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="5"/></filter>
<clipPath id="f"><path d="${outline(head, 60, 246, 1)}"/></clipPath></defs>`);
  // Neck, and long hair behind it.
  const neckX = CX - 8 * head.sin;
  if (identity.style === 'long') {
    const hang = CX - 46 * head.sin;
    parts.push(
      `<path d="${path([
        [hang - 80, 110],
        [hang - 84, 220],
        [hang - 70, 296],
        [hang, 300],
        [hang + 70, 296],
        [hang + 84, 220],
        [hang + 80, 110],
      ])}" fill="url(#h)"/>`,
    );
  }
  parts.push(
    `<path d="M${neckX - 36},200L${neckX - 40},300Q${neckX},314 ${neckX + 40},300L${neckX + 36},200Z" fill="${css(shade(skin, 0.74))}"/>`,
  );
  parts.push(
    `<ellipse cx="${neckX + 20 * head.sin}" cy="244" rx="44" ry="22" fill="${css(shade(skin, 0.5))}" opacity=".65" filter="url(#b5)"/>`,
  );
  const hairGrow = identity.style === 'bald' ? 0 : 6;
  if (back) {
    parts.push(`<path d="${outline(head, 38, 236, 0)}" fill="url(#s)"/>`);
    parts.push(ears(identity, head, true));
    if (identity.style !== 'bald')
      parts.push(`<path d="${outline(head, 38, identity.style === 'short' ? 206 : 244, 7)}" fill="url(#h)"/>`);
    if (identity.style === 'long')
      parts.push(
        `<path d="${path([
          [54, 110],
          [50, 220],
          [64, 300],
          [130, 304],
          [196, 300],
          [210, 220],
          [206, 110],
        ])}" fill="url(#h)"/>`,
      );
    parts.push(hat(identity, head, yawDeg));
    return svg(parts);
  }
  const hairTo = identity.style === 'bald' ? 0 : identity.style === 'short' ? 186 : 232;
  parts.push(`<path d="${outline(head, 38, 246, 0)}" fill="url(#s)"/>`);
  if (hairTo > 0) parts.push(`<path d="${outline(head, 38, hairTo, hairGrow)}" fill="url(#h)"/>`);
  parts.push(`<path d="${faceShape(head, identity.style === 'bald' ? 60 : HAIRLINE_Y)}" fill="url(#s)"/>`);
  parts.push(ears(identity, head, false));
  parts.push(`<g clip-path="url(#f)">`, shadows(identity, head), `</g>`, features(identity, head, yawDeg));
  if (identity.glasses) parts.push(glasses(head));
  if (identity.mask) parts.push(mask(head));
  parts.push(hat(identity, head, yawDeg));
  return svg(parts);
}

function svg(parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${HEAD_WIDTH_PX}" height="${HEAD_HEIGHT_PX}">${parts.join('')}</svg>`;
}

function faceShape(head: Head, top: number): string {
  const left: [number, number][] = [];
  const right: [number, number][] = [];
  for (let y = top; y <= 246; y += 6) {
    left.push([head.faceEdge(y, -1), y]);
    right.unshift([head.faceEdge(y, 1), y]);
  }
  return path([...left, ...right]);
}

function ears(identity: Identity, head: Head, back: boolean): string {
  if (identity.style === 'long' || identity.style === 'bob') return '';
  return [-1, 1]
    .map((side) => {
      const point = head.surface(side * 98, 158);
      if (!back && point.facing < -0.35) return '';
      const width = 7 + 10 * Math.max(0, point.facing);
      return `<ellipse cx="${point.x + side * 3 * head.cos}" cy="160" rx="${width}" ry="21" fill="${css(shade(identity.skin, 0.86))}"/>
<ellipse cx="${point.x + side * 3 * head.cos}" cy="160" rx="${width * 0.5}" ry="13" fill="${css(shade(identity.skin, 0.62))}" opacity=".7" filter="url(#b2)"/>`;
    })
    .join('');
}

/** A feature on the surface: screen x, and the horizontal share it has left by turning away. */
function place(head: Head, longitudeDeg: number, y: number): { x: number; squeeze: number } {
  const point = head.surface(longitudeDeg, y);
  return { x: point.x, squeeze: Math.max(0, Math.min(1, point.facing * 1.12)) };
}

function shadows(identity: Identity, head: Head): string {
  const dark = css(shade(identity.skin, 0.5));
  const blot = (longitude: number, y: number, rx: number, ry: number, opacity: number, fill = dark): string => {
    const { x, squeeze } = place(head, longitude, y);
    return squeeze < 0.05
      ? ''
      : `<ellipse cx="${x}" cy="${y}" rx="${rx * squeeze}" ry="${ry}" fill="${fill}" opacity="${opacity}" filter="url(#b5)"/>`;
  };
  const blush = css(mix(identity.skin, [214, 84, 74], 0.5));
  const parts = [
    blot(-27, 144, 25, 15, 0.46),
    blot(27, 144, 25, 15, 0.46),
    blot(-38, 186, 20, 16, 0.3, blush),
    blot(38, 186, 20, 16, 0.3, blush),
    blot(0, 228, 22, 6, 0.38),
    blot(0, 196, 22, 7, 0.36),
    blot(-64, 196, 16, 46, 0.3),
    blot(64, 196, 16, 46, 0.46),
    blot(0, 90, 60, 12, 0.2),
    blot(-4, 116, 26, 14, 0.4, css(mix(identity.skin, [255, 255, 255], 0.5))),
  ];
  if (identity.beard)
    parts.push(
      blot(-36, 216, 30, 24, 0.7, css(identity.hair)),
      blot(36, 216, 30, 24, 0.7, css(identity.hair)),
      blot(0, 236, 40, 14, 0.8, css(identity.hair)),
      blot(0, 200, 28, 5, 0.6, css(identity.hair)),
    );
  return parts.join('');
}

function features(identity: Identity, head: Head, yawDeg: number): string {
  const parts: string[] = [];
  const brow = css(shade(mix(identity.hair, identity.skin, 0.12), 0.8));
  for (const side of [-1, 1]) {
    const eye = place(head, side * 26, 150);
    if (eye.squeeze > 0.12) {
      const w = 18 * eye.squeeze;
      const gaze = eye.x + 2 * head.sin;
      parts.push(`<path d="M${eye.x - w},151Q${eye.x},136 ${eye.x + w},151Q${eye.x},163 ${eye.x - w},151Z" fill="rgb(240,236,230)"/>
<ellipse cx="${gaze}" cy="150" rx="${8 * eye.squeeze}" ry="8" fill="${css(identity.eye)}"/><ellipse cx="${gaze}" cy="150" rx="${4.4 * eye.squeeze}" ry="4.6" fill="rgb(12,10,10)"/>
<circle cx="${gaze - 2.5}" cy="147" r="1.9" fill="white" opacity=".9"/>
<path d="M${eye.x - w - 2},152Q${eye.x},133 ${eye.x + w + 2},151" fill="none" stroke="rgb(34,22,20)" stroke-width="3.6"/>
<path d="M${eye.x - w},153Q${eye.x},166 ${eye.x + w},152" fill="none" stroke="${css(shade(identity.skin, 0.55))}" stroke-width="1.6"/>
<path d="M${eye.x - w - 1},141Q${eye.x},128 ${eye.x + w},140" fill="none" stroke="${css(shade(identity.skin, 0.6))}" stroke-width="1.6" opacity=".7"/>`);
    }
    const inner = place(head, side * 12, 130);
    const middle = place(head, side * 27, 124);
    const outer = place(head, side * 44, 131);
    if (middle.squeeze > 0.12) {
      parts.push(
        `<path d="M${inner.x},131Q${middle.x},117 ${outer.x},131Q${middle.x},124 ${inner.x},136Z" fill="${brow}" stroke="${brow}" stroke-width="3" stroke-linejoin="round" opacity=".92"/>`,
      );
    }
  }
  parts.push(nose(identity, head, yawDeg), mouth(identity, head));
  return parts.join('');
}

function nose(identity: Identity, head: Head, yawDeg: number): string {
  const tip = head.at(0, 101, 0);
  const root = head.at(0, 80, 0);
  const base = head.at(0, 82, 0);
  const wingL = head.at(-17, 82, 0);
  const wingR = head.at(17, 82, 0);
  const far = Math.max(wingR, tip);
  const bridge =
    yawDeg > 40
      ? `<path d="M${root - 10},150Q${root + 1},150 ${head.at(0, 84, 0)},158Q${(root + tip) / 2 + 3},172 ${tip},187Q${tip + 1},195 ${base},199L${wingL},196Z" fill="${css(identity.skin)}"/>`
      : '';
  return `${bridge}<path d="M${head.at(9, 80, 0)},146Q${head.at(10, 90, 0)},172 ${far},190Q${tip + 6},199 ${base},199L${tip},182Z" fill="${css(shade(identity.skin, 0.62))}" opacity=".55" filter="url(#b2)"/>
<path d="M${root - 2},142L${tip - 3},184" stroke="${css(mix(identity.skin, [255, 255, 255], 0.5))}" stroke-width="6" opacity=".45" filter="url(#b2)"/>
<path d="M${wingL},190Q${wingL - 2},200 ${(wingL + base) / 2},198Q${tip - 2},204 ${(wingR + base) / 2},198Q${wingR + 2},200 ${wingR},190" fill="none" stroke="${css(shade(identity.skin, 0.5))}" stroke-width="3" opacity=".85" stroke-linejoin="round"/>
<ellipse cx="${(wingL * 2 + base) / 3}" cy="197" rx="${5 * Math.max(0.25, head.cos)}" ry="3" fill="rgb(50,26,22)" opacity=".8"/>
${yawDeg > 55 ? '' : `<ellipse cx="${(wingR * 2 + base) / 3}" cy="197" rx="${5 * head.cos}" ry="3" fill="rgb(50,26,22)" opacity=".8"/>`}`;
}

function mouth(identity: Identity, head: Head): string {
  const left = place(head, -30, 216).x;
  const right = Math.min(place(head, 30, 216).x, head.edge(216, 1) + 3);
  const middle = head.at(0, 78, 0);
  return `<path d="M${left},215Q${(left + middle) / 2},206 ${middle - 4},208Q${middle},210 ${middle + 4},208Q${(right + middle) / 2},206 ${Math.max(right, middle)},215Q${middle},219 ${left},215Z" fill="${css(shade(identity.lips, 0.86))}"/>
<path d="M${left},215Q${middle},219 ${Math.max(right, middle)},215Q${(right + middle) / 2},228 ${middle},228Q${(left + middle) / 2},228 ${left},215Z" fill="${css(identity.lips)}"/>
<path d="M${left - 1},215Q${middle},219 ${Math.max(right, middle) + 1},215" fill="none" stroke="rgb(84,28,30)" stroke-width="2.4"/>
<ellipse cx="${middle - 3}" cy="222" rx="${9 * Math.max(0.3, head.cos)}" ry="2.4" fill="white" opacity=".3" filter="url(#b2)"/>`;
}

function glasses(head: Head): string {
  const lens = [-1, 1].map((side) => {
    const { x, squeeze } = place(head, side * 27, 152);
    if (squeeze < 0.1) return '';
    return `<rect x="${x - 25 * squeeze}" y="134" width="${50 * squeeze}" height="35" rx="${13 * squeeze}" fill="rgb(220,235,245)" fill-opacity=".13" stroke="rgb(26,26,30)" stroke-width="4"/>`;
  });
  const bridgeL = place(head, -8, 150);
  const bridgeR = place(head, 8, 150);
  const temple = place(head, -86, 150);
  const rim = place(head, -44, 148);
  const arm =
    temple.squeeze > 0.1 ? `<path d="M${rim.x},146L${temple.x},150" stroke="rgb(26,26,30)" stroke-width="4"/>` : '';
  return `${lens.join('')}<path d="M${bridgeL.x},150Q${(bridgeL.x + bridgeR.x) / 2},145 ${bridgeR.x},150" fill="none" stroke="rgb(26,26,30)" stroke-width="4"/>${arm}`;
}

function mask(head: Head): string {
  const points: [number, number][] = [];
  for (const y of [182, 198, 214, 230, 244])
    points.push([head.surface(-74, y).facing > 0 ? head.surface(-74, y).x : head.edge(y, -1), y]);
  points.push([head.at(0, 72, 0), 254]);
  for (const y of [244, 230, 214, 198, 182])
    points.push([head.surface(74, y).facing > 0 ? head.surface(74, y).x : head.edge(y, 1), y]);
  points.push([Math.max(head.at(6, 96, 0), CX + 4), 170], [head.at(-6, 96, 0), 170]);
  const left = points[0]!;
  return `<path d="${path(points)}" fill="rgb(232,238,244)"/><path d="${path(points)}" fill="url(#s)" opacity=".18"/>
<path d="M${points[1]![0]},202Q${head.at(0, 98, 0)},210 ${points[9]![0]},202M${points[2]![0]},222Q${head.at(0, 94, 0)},228 ${points[8]![0]},222" stroke="rgb(176,186,198)" fill="none" stroke-width="2.4"/>
<path d="M${left[0]},184L${head.surface(-92, 160).x},158" stroke="rgb(226,230,236)" stroke-width="3"/>`;
}

function hat(identity: Identity, head: Head, yawDeg: number): string {
  if (identity.hat === 'none') return '';
  const color: Rgb = identity.hat === 'cap' ? [38, 58, 112] : [122, 40, 48];
  const crown = `<path d="${outline(head, 38, 100, 11)}" fill="${css(color)}"/><path d="${outline(head, 38, 100, 11)}" fill="url(#h)" opacity=".25"/>`;
  if (identity.hat === 'beanie') {
    return `${crown}<path d="M${head.edge(98, -1, 13)},86Q${CX},100 ${head.edge(98, 1, 13)},86L${head.edge(98, 1, 13)},108Q${CX},122 ${head.edge(98, -1, 13)},108Z" fill="${css(shade(color, 1.25))}"/>`;
  }
  if (yawDeg === 180) return crown;
  const front = head.at(0, 130, 0);
  const left = Math.max(head.edge(100, -1, 4), head.at(-86, 34, 0));
  const right = Math.max(head.edge(100, 1, 4), front);
  return `${crown}<path d="M${left},99Q${(left + right) / 2},88 ${right},101Q${(left + right) / 2 + 6},116 ${left},106Z" fill="${css(shade(color, 0.62))}"/>`;
}
