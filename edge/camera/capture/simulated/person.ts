/** People: a head of face.ts on a body of limbs that swing with the step. */
import type { Rgb } from '../../draw/primitives.ts';
import { BLACK_CELLS, tagPath } from '../../marker/tag.ts';
import { css, mix, shade } from './color.ts';
import { faceBox, HEAD_NECK_Y, HEAD_SIZE_PX, HEAD_WIDTH_PX, HEAD_YAWS, headSvg } from './face.ts';
import { type Identity, identityOf } from './identity.ts';
import type { Painter } from './painter.ts';
import { pick, randomOf } from './random.ts';
import { type Halvings, type Light, type Sprite, spriteOfSvg } from './raster.ts';
import { lightAt, project } from './view.ts';

export interface PersonLook {
  identity: Identity;
  /** By yaw, in the order of HEAD_YAWS. */
  heads: Sprite[];
  front: Sprite;
  back: Sprite;
  arm: Sprite;
  thigh: Sprite;
  shin: Sprite;
  shoe: Sprite;
}

export interface PersonPose {
  x: number;
  z: number;
  /** Radians; 0 walks away from the camera, a quarter turn to the right. */
  heading: number;
  /** Radians by which the head is turned from the heading. */
  look: number;
  /** Radians of the step; a full turn is two steps. */
  step: number;
  heightM: number;
}

const TOPS: Rgb[] = [
  [52, 78, 122],
  [140, 44, 48],
  [66, 98, 74],
  [196, 190, 178],
  [58, 58, 64],
  [214, 158, 68],
  [120, 90, 140],
  [176, 186, 196],
  [34, 44, 60],
];
const BOTTOMS: Rgb[] = [
  [44, 52, 72],
  [36, 36, 40],
  [110, 98, 80],
  [70, 84, 110],
  [84, 80, 78],
];

export async function createPersonLook(seed: number, index: number, halvings: Halvings): Promise<PersonLook> {
  const random = randomOf(seed, 303, index);
  const identity = identityOf(seed, index);
  const top = TOPS[(index * 5 + Math.abs(seed)) % TOPS.length]!;
  const bottom = pick(random, BOTTOMS);
  const open = random() < 0.5;
  const [front, back, arm, thigh, shin, shoe, ...heads] = await Promise.all([
    spriteOfSvg(torsoSvg(top, identity.skin, open, true)),
    spriteOfSvg(torsoSvg(top, identity.skin, open, false)),
    spriteOfSvg(armSvg(top, identity.skin)),
    spriteOfSvg(limbSvg(bottom, 40, 34)),
    spriteOfSvg(limbSvg(shade(bottom, 0.92), 33, 24)),
    spriteOfSvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><path d="M4,38V16Q6,2 26,4L46,14Q76,18 78,30V38Z" fill="rgb(38,34,34)"/><rect x="4" y="33" width="74" height="6" fill="rgb(200,200,196)"/></svg>`,
    ),
    ...HEAD_YAWS.map((yaw) => spriteOfSvg(headSvg(identity, yaw), halvings)),
  ]);
  return { identity, heads, front: front!, back: back!, arm: arm!, thigh: thigh!, shin: shin!, shoe: shoe! };
}

function gradient(id: string, color: Rgb): string {
  return `<linearGradient id="${id}" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="${css(shade(color, 0.72))}"/><stop offset=".3" stop-color="${css(mix(color, [255, 255, 255], 0.14))}"/><stop offset=".65" stop-color="${css(color)}"/><stop offset="1" stop-color="${css(shade(color, 0.56))}"/></linearGradient>`;
}

function torsoSvg(color: Rgb, skin: Rgb, open: boolean, front: boolean): string {
  const shirt: Rgb = [226, 226, 222];
  const opening =
    front && open
      ? `<path d="M84,6L118,70L120,296H100L102,70Z M136,6L118,80" fill="${css(shirt)}" stroke="${css(shade(color, 0.6))}" stroke-width="3"/>`
      : '';
  const collar = front
    ? `<path d="M82,10Q110,52 138,10L130,4H90Z" fill="${css(shade(skin, 0.78))}"/><path d="M80,8Q110,60 140,8" fill="none" stroke="${css(shade(color, 0.62))}" stroke-width="6"/>`
    : `<path d="M80,8Q110,22 140,8" fill="none" stroke="${css(shade(color, 0.62))}" stroke-width="6"/>`;
  const folds = `<path d="M60,120Q80,160 66,230M160,120Q146,170 158,236M96,200Q110,230 98,280" stroke="${css(shade(color, 0.6))}" stroke-width="5" fill="none" opacity=".35"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="220" height="310"><defs>${gradient('g', color)}</defs>
<path d="M86,4Q60,12 30,26Q10,38 14,80L34,130L40,300Q110,314 180,300L186,130L206,80Q210,38 190,26Q160,12 134,4Z" fill="url(#g)"/>${folds}${opening}${collar}</svg>`;
}

function armSvg(color: Rgb, skin: Rgb): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="70" height="300"><defs>${gradient('g', shade(color, 0.93))}</defs><path d="M24,246Q18,286 34,296Q52,290 46,246Z" fill="${css(shade(skin, 0.9))}"/>
<path d="M8,30Q12,2 36,2Q60,4 62,34L56,140L50,252H20L12,140Z" fill="url(#g)"/></svg>`;
}

function limbSvg(color: Rgb, top: number, bottom: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="180"><defs>${gradient('g', color)}</defs><path d="M${45 - top},10Q45,-6 ${45 + top},10L${45 + bottom},172Q45,184 ${45 - bottom},172Z" fill="url(#g)"/></svg>`;
}

/** The page of `garim marker` (marker/page.ts) as it is worn: an A4 sheet, one pixel a millimetre. */
const SHEET = { widthPx: 210, heightPx: 297, cellPx: 20, tagX: 5, tagY: 15 };
/** A sheet that is turned farther from the camera, as a cosine, is not drawn. */
const SHEET_TURN_MIN = 0.25;
const BEARERS_SHARE = 0.3;

export const isBearer = (seed: number, id: number): boolean => randomOf(seed, 404, id)() < BEARERS_SHARE;

export function markerSprite(): Promise<Sprite> {
  const { widthPx, heightPx, cellPx, tagX, tagY } = SHEET;
  return spriteOfSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}"><rect width="100%" height="100%" fill="rgb(238,238,234)"/><path d="${tagPath(cellPx, tagX, tagY)}" fill="rgb(26,26,28)"/><path d="M30,245H180M30,265H150" stroke="rgb(90,90,90)" stroke-width="6"/></svg>`,
  );
}

/** A sheet on the chest and one on the back, turned with the body. */
function drawSheet(
  { painter, light }: LimbContext,
  sheet: Sprite,
  x: number,
  top: number,
  pxPerM: number,
  turn: number,
  id: number,
): void {
  const down = pxPerM / 1000;
  const across = down * turn;
  const left = x - (sheet.widthPx * across) / 2;
  painter.sprite(sheet, [across, 0, 0, down, left, top], light);
  const side = BLACK_CELLS * SHEET.cellPx;
  painter.claim({
    id: id * 10 + 2,
    label: 'marker',
    x: left + (SHEET.tagX + SHEET.cellPx) * across,
    y: top + (SHEET.tagY + SHEET.cellPx) * down,
    w: side * across,
    h: side * down,
  });
}

/** A head turned farther is drawn, and known, as the back of a head. */
const PROFILE_YAW_MAX = 118;

export function drawPerson(
  painter: Painter,
  look: PersonLook,
  pose: PersonPose,
  id: number,
  shadow: Sprite,
  marker?: Sprite,
): void {
  const { view } = painter;
  const scale = view.focalPx / pose.z;
  const tall = pose.heightM * scale;
  const [footX, footY] = project(view, pose.x, 0, pose.z);
  const distance = Math.hypot(pose.x, pose.z);
  const facing = -(Math.sin(pose.heading) * pose.x + Math.cos(pose.heading) * pose.z) / distance;
  const across = (Math.sin(pose.heading) * pose.z - Math.cos(pose.heading) * pose.x) / distance;
  const bodyYaw = Math.atan2(across, facing);
  const light = lightAt(view, pose.x, pose.z);
  painter.begin(id);
  const shadowW = tall * 0.42;
  painter.veil(
    shadow,
    [shadowW / shadow.widthPx, 0, 0, (shadowW * 0.3) / shadow.heightPx, footX - shadowW / 2, footY - shadowW * 0.15],
    [1, 1, 1],
    view.night ? 0.5 : 0.7,
  );
  // The body sinks as the legs part, so that the feet stay on the ground.
  const sink = 0.05 * Math.sin(pose.step) ** 2 * tall;
  const at = (share: number): number => footY - share * tall + sink;
  const swing = Math.sin(bodyYaw);
  const spread = Math.cos(bodyYaw);
  const limb = { painter, light, tall, swing };
  const farSide = swing >= 0 ? 1 : -1;
  const order = [farSide, -farSide] as const;
  for (const sideOf of order) {
    leg(
      limb,
      look,
      footX + sideOf * spread * 0.052 * tall,
      at(0.49),
      pose.step + (sideOf > 0 ? 0 : Math.PI),
      footY,
      sideOf === farSide ? 0.82 : 1,
    );
  }
  const armAt = (sideOf: number): void => {
    const angle = -0.5 * Math.sin(pose.step + (sideOf > 0 ? 0 : Math.PI));
    const x = footX + sideOf * spread * 0.118 * tall;
    const length = 0.37 * tall;
    segment(
      limb,
      look.arm,
      x,
      at(0.815),
      x + Math.sin(angle) * length * swing + sideOf * spread * 0.02 * tall,
      at(0.815) + Math.cos(angle) * length,
      0.075 * tall,
      sideOf === farSide ? 0.8 : 1,
    );
  };
  armAt(farSide);
  const torsoW = 0.27 * tall * (0.62 + 0.38 * Math.abs(spread));
  const torsoH = 0.38 * tall;
  painter.sprite(
    Math.abs(bodyYaw) < Math.PI / 2 ? look.front : look.back,
    [torsoW / 220, 0, 0, torsoH / 310, footX - torsoW / 2, at(0.842)],
    light,
  );
  if (marker !== undefined && Math.abs(spread) > SHEET_TURN_MIN)
    drawSheet(limb, marker, footX, at(0.8), scale, Math.abs(spread), id);
  const near = Math.abs(spread) > 0.25 ? [] : [-farSide];
  const headYaw = wrap(bodyYaw + pose.look);
  drawHead(limb, look, footX, at(0.868), headYaw, id);
  for (const sideOf of near) armAt(sideOf);
  if (near.length === 0) armAt(-farSide);
  const bodyW = tall * (0.24 + 0.16 * Math.abs(swing));
  const body = { x: footX - bodyW / 2, y: at(1), w: bodyW, h: footY - at(1) };
  painter.claim({ id: id * 10, label: 'person', ...body, ...painter.groundAt(pose.x, pose.z) }, true);
}

export interface LimbContext {
  painter: Painter;
  light: Light;
  tall: number;
  swing: number;
}

export function drawHead(
  context: LimbContext,
  look: PersonLook,
  x: number,
  chinY: number,
  yaw: number,
  id: number,
): void {
  const { painter, light, tall } = context;
  const degrees = (yaw * 180) / Math.PI;
  const turned = Math.abs(degrees);
  const index = turned > PROFILE_YAW_MAX ? HEAD_YAWS.length - 1 : Math.min(6, Math.round(turned / 15));
  const mirror = degrees < 0 ? -1 : 1;
  const scale = (0.134 * tall) / (HEAD_SIZE_PX - 6);
  const left = x - (mirror * HEAD_WIDTH_PX * scale) / 2;
  const top = chinY - 247 * scale;
  const neckX = ((HEAD_NECK_Y - 290) * scale * mirror) / 2;
  painter.sprite(look.heads[index]!, [mirror * scale, 0, 0, scale, left + neckX, top], light);
  if (turned > PROFILE_YAW_MAX) return;
  const box = faceBox(look.identity, HEAD_YAWS[index]!);
  const w = box.w * scale;
  const boxX = left + neckX + mirror * box.x * scale - (mirror < 0 ? w : 0);
  painter.claim({
    id: id * 10 + 1,
    label: 'face',
    x: boxX,
    y: top + box.y * scale,
    w,
    h: box.h * scale,
    yawDeg: mirror * HEAD_YAWS[index]!,
  });
}

/** Draws a limb's sprite from one joint to the next. */
export function segment(
  context: LimbContext,
  sprite: Sprite,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  widthPx: number,
  dim: number,
): void {
  const length = Math.max(1, Math.hypot(x1 - x0, y1 - y0));
  const vx = (x1 - x0) / length;
  const vy = (y1 - y0) / length;
  const across = widthPx / sprite.widthPx;
  const along = length / sprite.heightPx;
  const light: Light = [context.light[0] * dim, context.light[1] * dim, context.light[2] * dim];
  context.painter.sprite(
    sprite,
    [vy * across, -vx * across, vx * along, vy * along, x0 - (vy * widthPx) / 2, y0 + (vx * widthPx) / 2],
    light,
  );
}

function leg(
  context: LimbContext,
  look: PersonLook,
  hipX: number,
  hipY: number,
  step: number,
  groundY: number,
  dim: number,
): void {
  const { tall, swing, painter, light } = context;
  const thigh = 0.48 * Math.sin(step);
  const shin = thigh - 0.75 * Math.max(0, Math.cos(step));
  const length = 0.235 * tall;
  const kneeX = hipX + Math.sin(thigh) * length * swing;
  const kneeY = hipY + Math.cos(thigh) * length;
  const ankleX = kneeX + Math.sin(shin) * length * swing;
  const ankleY = Math.min(groundY - 0.02 * tall, kneeY + Math.cos(shin) * length);
  const shoeW = tall * (0.07 + 0.09 * Math.abs(swing));
  const shoeH = 0.042 * tall;
  const direction = swing >= 0 ? 1 : -1;
  const heelX = ankleX - direction * shoeW * 0.36;
  segment(context, look.shin, kneeX, kneeY - 0.015 * tall, ankleX, ankleY, 0.09 * tall, dim);
  painter.sprite(look.shoe, [(direction * shoeW) / 80, 0, 0, shoeH / 40, heelX, ankleY - shoeH * 0.25], light);
  segment(context, look.thigh, hipX, hipY - 0.03 * tall, kneeX, kneeY + 0.015 * tall, 0.105 * tall, dim);
}

function wrap(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}
