/** Looks of vehicles: shapes in metres, and SVG of their front, rear and side at 160 pixels per metre. */
import type { Rgb } from '../../draw/primitives.ts';
import { busEndSvg, busSideSvg } from './bus-look.ts';
import { css, mix, shade } from './color.ts';
import { type Halvings, type Sprite, spriteOfSvg } from './raster.ts';

export type VehicleKind = 'sedan' | 'suv' | 'taxi' | 'van' | 'bus' | 'truck';

export interface VehicleShape {
  kind: VehicleKind;
  lengthM: number;
  widthM: number;
  /** Height of bonnet, roof and boot lid; equal to the roof where there is none. */
  bonnetM: number;
  roofM: number;
  bootM: number;
  /** From the front: foot and top of the windscreen, top and foot of the rear window. */
  cuts: readonly [screenFoot: number, screenTop: number, rearTop: number, rearFoot: number];
  /** Height of the plate's centre above the ground, front and rear. */
  plateFrontM: number;
  plateRearM: number;
  wheelM: number;
}

export interface VehicleLook {
  shape: VehicleShape;
  paint: Rgb;
  front: Sprite;
  rear: Sprite;
  side: Sprite;
}

const SEDAN: Omit<VehicleShape, 'kind'> = {
  lengthM: 4.6,
  widthM: 1.8,
  bonnetM: 0.92,
  roofM: 1.44,
  bootM: 1.02,
  cuts: [1.25, 1.95, 3.35, 4.0],
  plateFrontM: 0.5,
  plateRearM: 0.78,
  wheelM: 0.33,
};

const SHAPES: Record<VehicleKind, VehicleShape> = {
  sedan: { kind: 'sedan', ...SEDAN },
  suv: {
    kind: 'suv',
    lengthM: 4.5,
    widthM: 1.86,
    bonnetM: 1.06,
    roofM: 1.68,
    bootM: 1.68,
    cuts: [1.2, 1.75, 4.3, 4.5],
    plateFrontM: 0.6,
    plateRearM: 0.92,
    wheelM: 0.37,
  },
  taxi: { kind: 'taxi', ...SEDAN },
  van: {
    kind: 'van',
    lengthM: 4.9,
    widthM: 1.9,
    bonnetM: 1.98,
    roofM: 1.98,
    bootM: 1.98,
    cuts: [0, 0, 4.9, 4.9],
    plateFrontM: 0.58,
    plateRearM: 0.85,
    wheelM: 0.35,
  },
  bus: {
    kind: 'bus',
    lengthM: 8.5,
    widthM: 2.3,
    bonnetM: 2.95,
    roofM: 2.95,
    bootM: 2.95,
    cuts: [0, 0, 8.5, 8.5],
    plateFrontM: 0.62,
    plateRearM: 0.8,
    wheelM: 0.46,
  },
  truck: {
    kind: 'truck',
    lengthM: 4.7,
    widthM: 1.74,
    bonnetM: 2.2,
    roofM: 2.2,
    bootM: 2.2,
    cuts: [0, 0, 4.7, 4.7],
    plateFrontM: 1.2,
    plateRearM: 0.7,
    wheelM: 0.34,
  },
};

const PX_PER_M = 160;

export async function createVehicleLook(kind: VehicleKind, paint: Rgb, halvings: Halvings): Promise<VehicleLook> {
  const shape = SHAPES[kind];
  const bus = kind === 'bus' ? { ...shape, paint, pxPerM: PX_PER_M } : undefined;
  const [front, rear, side] = await Promise.all([
    spriteOfSvg(bus ? busEndSvg(bus, true) : endSvg(shape, paint, true), halvings),
    spriteOfSvg(bus ? busEndSvg(bus, false) : endSvg(shape, paint, false), halvings),
    spriteOfSvg(bus ? busSideSvg(bus) : sideSvg(shape, paint), halvings),
  ]);
  return { shape, paint, front, rear, side };
}

function boxed(shape: VehicleShape): boolean {
  return shape.bonnetM === shape.roofM;
}

/** Height of the front or rear wall: the bonnet's or boot lid's, and for an upright tail the roof's. */
export function endHeightM(shape: VehicleShape, front: boolean): number {
  return front ? shape.bonnetM : shape.bootM;
}

function endSvg(shape: VehicleShape, paint: Rgb, front: boolean): string {
  const w = shape.widthM * PX_PER_M;
  const h = endHeightM(shape, front) * PX_PER_M;
  const m = PX_PER_M;
  const glassed = endHeightM(shape, front) === shape.roofM;
  const belt = glassed ? h - (shape.kind === 'truck' ? 1.42 : boxed(shape) ? 1.05 : 1.08) * m : 0.04 * m;
  const lampY = h - (glassed ? 0.92 : 0.72) * m + (boxed(shape) ? 0.12 * m : 0);
  const lampW = w * 0.2;
  const lampH = front ? 0.15 * m : boxed(shape) ? 0.3 * m : 0.18 * m;
  const lamp = (x: number): string =>
    front
      ? `<rect x="${x}" y="${lampY}" width="${lampW}" height="${lampH}" rx="12" fill="rgb(60,66,74)"/><ellipse cx="${x + lampW * 0.5}" cy="${lampY + lampH / 2}" rx="${lampW * 0.4}" ry="${lampH * 0.42}" fill="url(#lamp)"/>`
      : `<rect x="${x}" y="${lampY}" width="${lampW * 0.9}" height="${lampH}" rx="9" fill="rgb(166,22,26)"/><rect x="${x + 6}" y="${lampY + 6}" width="${lampW * 0.5}" height="${lampH * 0.35}" rx="5" fill="rgb(240,90,70)"/>`;
  const roof = glassed ? 22 : 10;
  const glass = glassed
    ? `<path d="M${w * 0.1},${belt}L${w * 0.15},${0.12 * m}Q${w * 0.5},${0.06 * m} ${w * 0.85},${0.12 * m}L${w * 0.9},${belt}Z" fill="url(#glass)" stroke="rgb(18,20,24)" stroke-width="5"/>
<path d="M${w * 0.2},${belt - 4}L${w * 0.3},${0.14 * m}L${w * 0.45},${0.12 * m}L${w * 0.34},${belt - 4}Z" fill="white" opacity=".14"/>`
    : '';
  const grille = front
    ? `<rect x="${w * 0.3}" y="${lampY + 2}" width="${w * 0.4}" height="${lampH * 0.9}" rx="8" fill="rgb(24,26,30)"/><path d="M${w * 0.31},${lampY + lampH * 0.35}H${w * 0.69}M${w * 0.31},${lampY + lampH * 0.65}H${w * 0.69}" stroke="rgb(120,124,130)" stroke-width="3"/>
<circle cx="${w / 2}" cy="${lampY + lampH * 0.45}" r="8" fill="rgb(210,214,220)"/>`
    : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(w)}" height="${Math.round(h)}">${defs(paint)}
<rect x="${w * 0.06}" y="${h - 0.36 * m}" width="${w * 0.15}" height="${0.36 * m}" rx="12" fill="rgb(20,20,22)"/><rect x="${w * 0.79}" y="${h - 0.36 * m}" width="${w * 0.15}" height="${0.36 * m}" rx="12" fill="rgb(20,20,22)"/>
<path d="M${w * 0.03},${roof + 14}Q${w * 0.05},${roof * 0.4} ${w * 0.16},${roof * 0.25}H${w * 0.84}Q${w * 0.95},${roof * 0.4} ${w * 0.97},${roof + 14}L${w},${h * 0.6}V${h - 0.22 * m}Q${w},${h - 0.12 * m} ${w * 0.95},${h - 0.12 * m}H${w * 0.05}Q0,${h - 0.12 * m} 0,${h - 0.22 * m}V${h * 0.6}Z" fill="url(#paint)"/>
${glass}${lamp(w * 0.04)}${lamp(w * (front ? 0.76 : 0.78))}${grille}
<rect x="${w * 0.03}" y="${h - 0.4 * m}" width="${w * 0.94}" height="${0.05 * m}" rx="6" fill="${css(shade(paint, 0.55))}"/>
<rect x="${w * 0.2}" y="${h - 0.3 * m}" width="${w * 0.6}" height="${0.14 * m}" rx="8" fill="rgb(26,28,32)"/></svg>`;
}

function defs(paint: Rgb): string {
  return `<defs><linearGradient id="paint" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${css(mix(paint, [255, 255, 255], 0.35))}"/><stop offset=".25" stop-color="${css(paint)}"/>
<stop offset=".7" stop-color="${css(shade(paint, 0.82))}"/><stop offset="1" stop-color="${css(shade(paint, 0.5))}"/></linearGradient>
<linearGradient id="glass" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="rgb(128,150,170)"/><stop offset=".5" stop-color="rgb(58,70,84)"/><stop offset="1" stop-color="rgb(30,36,44)"/></linearGradient>
<radialGradient id="lamp"><stop offset="0" stop-color="rgb(255,255,250)"/><stop offset=".6" stop-color="rgb(206,214,224)"/><stop offset="1" stop-color="rgb(120,130,142)"/></radialGradient></defs>`;
}

function sideSvg(shape: VehicleShape, paint: Rgb): string {
  const m = PX_PER_M;
  const w = shape.lengthM * m;
  const h = shape.roofM * m;
  const y = (heightM: number): number => h - heightM * m;
  const [foot, top, rearTop, rearFoot] = shape.cuts.map((cut) => cut * m) as [number, number, number, number];
  const bonnet = y(shape.bonnetM);
  const boot = y(shape.bootM);
  const body = boxed(shape)
    ? `M4,${y(0.25)}V${h * 0.3}Q6,6 ${0.2 * m},4H${w - 10}Q${w - 2},4 ${w - 2},14V${y(0.25)}Z`
    : `M2,${y(0.25)}V${bonnet + 20}Q4,${bonnet + 4} 24,${bonnet}L${foot},${bonnet - 4}L${top},6Q${(top + rearTop) / 2},-2 ${rearTop},6L${rearFoot},${boot}H${w - 8}Q${w - 2},${boot + 4} ${w - 2},${boot + 24}V${y(0.25)}Z`;
  const sill = y(boxed(shape) ? 1.05 : shape.bonnetM - 0.02);
  const windows: string[] = [];
  if (boxed(shape)) {
    windows.push(
      `<rect x="${0.22 * m}" y="${0.24 * m}" width="${1.03 * m - 12}" height="${sill - 0.24 * m}" rx="8" fill="url(#glass)"/>`,
    );
    if (shape.kind === 'truck')
      windows.push(
        `<rect x="${1.45 * m}" y="10" width="${w - 1.5 * m}" height="${y(0.55) - 10}" fill="rgb(226,230,226)" stroke="rgb(150,156,156)" stroke-width="5"/><rect x="${1.45 * m}" y="${h * 0.5}" width="${w - 1.5 * m}" height="${0.16 * m}" fill="rgb(46,128,84)"/>`,
      );
  } else {
    const middle = (top + rearTop) / 2;
    windows.push(
      `<path d="M${foot + 26},${sill}L${top + 14},18H${middle - 8}V${sill}Z" fill="url(#glass)"/><path d="M${middle + 8},${sill}V18H${rearTop - 10}L${rearFoot - 32},${sill}Z" fill="url(#glass)"/>`,
    );
    windows.push(
      `<path d="M${middle},${sill + 4}V${y(0.32)}M${foot + 18},${sill + 6}V${y(0.34)}" stroke="${css(shade(paint, 0.55))}" stroke-width="3" fill="none"/><rect x="${middle - 60}" y="${sill + 26}" width="40" height="9" rx="4" fill="${css(shade(paint, 0.6))}"/>`,
    );
  }
  const radius = shape.wheelM * m;
  const wheel = (x: number): string =>
    `<circle cx="${x}" cy="${h - radius}" r="${radius * 1.14}" fill="rgb(16,16,18)"/><circle cx="${x}" cy="${h - radius}" r="${radius}" fill="rgb(32,32,34)"/><circle cx="${x}" cy="${h - radius}" r="${radius * 0.62}" fill="rgb(168,172,178)"/><circle cx="${x}" cy="${h - radius}" r="${radius * 0.2}" fill="rgb(60,62,66)"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(w)}" height="${Math.round(h)}">${defs(paint)}<path d="${body}" fill="url(#paint)"/>
<rect x="6" y="${y(0.3)}" width="${w - 12}" height="${0.12 * m}" fill="rgb(30,32,36)"/>${windows.join('')}
<rect x="4" y="${y(boxed(shape) ? 0.8 : shape.bonnetM - 0.2)}" width="26" height="20" rx="6" fill="rgb(230,234,240)"/><rect x="${w - 26}" y="${y(boxed(shape) ? 0.9 : shape.bootM - 0.2)}" width="22" height="26" rx="6" fill="rgb(170,24,28)"/>
${wheel(0.19 * w)}${wheel(0.8 * w)}</svg>`;
}
