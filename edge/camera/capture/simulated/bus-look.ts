/** Front, rear and side of a city bus as SVG, metres times `pxPerM`. */
import { measureText, textPaths } from '../../draw/font.ts';
import type { Rgb } from '../../draw/primitives.ts';
import { css, mix, shade } from './color.ts';

export interface BusBody {
  lengthM: number;
  widthM: number;
  roofM: number;
  wheelM: number;
  paint: Rgb;
  pxPerM: number;
}

const ROUTE = '273';
const DEFS = `<linearGradient id="pane" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="rgb(120,140,158)"/><stop offset=".5" stop-color="rgb(62,74,88)"/><stop offset="1" stop-color="rgb(34,40,48)"/></linearGradient>`;

/** Along its length, from the front: doors, and rows of panes between them. */
const DOORS_M = [
  [0.35, 1.3],
  [4.5, 5.6],
] as const;
const PANES_M = [
  [1.5, 2.9],
  [3.0, 4.35],
  [5.75, 6.95],
  [7.05, 8.25],
] as const;

export function busSideSvg({ lengthM, roofM, wheelM, paint, pxPerM: m }: BusBody): string {
  const [w, h] = [lengthM * m, roofM * m];
  const y = (heightM: number): number => h - heightM * m;
  const pale = mix(paint, [255, 255, 255], 0.82);
  const panes = PANES_M.map(
    ([from, to]) =>
      `<rect x="${from * m}" y="${y(2.5)}" width="${(to - from) * m}" height="${1.2 * m}" rx="9" fill="url(#pane)"/><path d="M${from * m + 6},${y(2.05)}H${to * m - 6}" stroke="rgb(24,26,30)" stroke-width="4"/>`,
  );
  const doors = DOORS_M.map(([from, to]) => {
    const half = ((to - from) / 2) * m - 5;
    const leaf = (x: number): string =>
      `<rect x="${x}" y="${y(2.4)}" width="${half}" height="${1.98 * m}" rx="7" fill="url(#pane)" stroke="rgb(26,28,32)" stroke-width="7"/>`;
    return leaf(from * m) + leaf(from * m + half + 8);
  });
  const wheel = (x: number): string => {
    const [cy, r] = [y(wheelM), wheelM * m];
    return `<path d="M${x - 1.25 * r},${y(0.3)}A${1.25 * r},${1.25 * r} 0 0 1 ${x + 1.25 * r},${y(0.3)}Z" fill="rgb(18,18,20)"/><circle cx="${x}" cy="${cy}" r="${r}" fill="rgb(34,34,36)"/><circle cx="${x}" cy="${cy}" r="${r * 0.58}" fill="rgb(176,180,186)"/><circle cx="${x}" cy="${cy}" r="${r * 0.22}" fill="rgb(70,72,76)"/>`;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(w)}" height="${Math.round(h)}"><defs>${DEFS}<linearGradient id="body" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${css(mix(paint, [255, 255, 255], 0.4))}"/><stop offset=".14" stop-color="${css(paint)}"/><stop offset="1" stop-color="${css(shade(paint, 0.72))}"/></linearGradient></defs>
<path d="M4,${y(0.28)}V30Q6,4 40,4H${w - 26}Q${w - 3},4 ${w - 3},26V${y(0.28)}Z" fill="url(#body)"/><rect x="4" y="${y(2.58)}" width="${w - 8}" height="${1.36 * m}" fill="rgb(30,33,38)"/>
<rect x="4" y="${y(1.0)}" width="${w - 8}" height="${0.3 * m}" fill="${css(pale)}"/><rect x="4" y="${y(0.34)}" width="${w - 8}" height="${0.08 * m}" fill="rgb(30,32,36)"/>
${panes.join('')}${doors.join('')}
<rect x="4" y="${y(0.82)}" width="22" height="30" rx="5" fill="rgb(236,238,240)"/><rect x="${w - 24}" y="${y(0.98)}" width="20" height="46" rx="5" fill="rgb(176,26,28)"/>
${wheel(2.05 * m)}${wheel(6.35 * m)}</svg>`;
}

export function busEndSvg({ widthM, roofM, paint, pxPerM: m }: BusBody, front: boolean): string {
  const [w, h] = [widthM * m, roofM * m];
  const y = (heightM: number): number => h - heightM * m;
  const wheels = [0.07, 0.8].map(
    (at) =>
      `<rect x="${at * w}" y="${y(0.42)}" width="${0.13 * w}" height="${0.42 * m}" rx="10" fill="rgb(20,20,22)"/>`,
  );
  const body = `<path d="M6,${y(0.24)}V46Q8,6 48,4H${w - 48}Q${w - 8},6 ${w - 6},46V${y(0.24)}Q${w - 6},${y(0.16)} ${w - 22},${y(0.16)}H22Q6,${y(0.16)} 6,${y(0.24)}Z" fill="url(#body)"/>`;
  const lamp = (x: number): string =>
    front
      ? `<rect x="${x}" y="${y(0.98)}" width="${0.17 * w}" height="${0.2 * m}" rx="12" fill="rgb(54,58,64)"/><circle cx="${x + 0.05 * w}" cy="${y(0.88)}" r="${0.075 * m}" fill="rgb(246,246,236)"/><circle cx="${x + 0.12 * w}" cy="${y(0.88)}" r="${0.06 * m}" fill="rgb(214,220,226)"/>`
      : `<rect x="${x}" y="${y(1.42)}" width="${0.1 * w}" height="${0.5 * m}" rx="9" fill="rgb(166,22,26)"/><rect x="${x + 5}" y="${y(1.1)}" width="${0.1 * w - 10}" height="${0.12 * m}" rx="4" fill="rgb(240,150,50)"/>`;
  const glass = front
    ? `<path d="M${0.06 * w},${y(1.14)}L${0.08 * w},${y(2.42)}H${0.92 * w}L${0.94 * w},${y(1.14)}Q${0.5 * w},${y(1.06)} ${0.06 * w},${y(1.14)}Z" fill="url(#pane)" stroke="rgb(18,20,24)" stroke-width="7"/><path d="M${0.5 * w},${y(1.1)}V${y(2.42)}" stroke="rgb(20,22,26)" stroke-width="6"/><path d="M${0.14 * w},${y(1.2)}L${0.42 * w},${y(1.28)}M${0.56 * w},${y(1.2)}L${0.84 * w},${y(1.28)}" stroke="rgb(12,12,14)" stroke-width="4"/>`
    : `<rect x="${0.12 * w}" y="${y(2.4)}" width="${0.76 * w}" height="${0.82 * m}" rx="14" fill="url(#pane)" stroke="rgb(18,20,24)" stroke-width="6"/><path d="M${0.2 * w},${y(1.3)}H${0.8 * w}M${0.2 * w},${y(1.22)}H${0.8 * w}M${0.2 * w},${y(1.14)}H${0.8 * w}" stroke="${css(shade(paint, 0.5))}" stroke-width="5"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(w)}" height="${Math.round(h)}"><defs>${DEFS}<linearGradient id="body" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${css(mix(paint, [255, 255, 255], 0.4))}"/><stop offset=".16" stop-color="${css(paint)}"/><stop offset="1" stop-color="${css(shade(paint, 0.7))}"/></linearGradient></defs>
${wheels.join('')}${body}<rect x="${0.12 * w}" y="${y(2.82)}" width="${0.76 * w}" height="${0.32 * m}" rx="8" fill="rgb(16,16,18)"/>${words(ROUTE, w / 2, y(2.79), 0.25 * m, 'rgb(255,180,40)')}
${glass}${lamp(0.05 * w)}${lamp(w * (front ? 0.78 : 0.85))}<rect x="8" y="${y(0.44)}" width="${w - 16}" height="${0.22 * m}" rx="10" fill="${front ? 'rgb(34,36,40)' : css(shade(paint, 0.5))}"/></svg>`;
}

function words(text: string, x: number, top: number, heightPx: number, color: string): string {
  const left = x - measureText(text, heightPx) / 2;
  const lines = textPaths(text, heightPx).map(
    (line) => `M${line.map(([u, v]) => `${(left + u).toFixed(1)},${(top + v).toFixed(1)}`).join('L')}`,
  );
  return `<path d="${lines.join('')}" fill="none" stroke="${color}" stroke-width="${heightPx / 7}" stroke-linecap="round"/>`;
}
