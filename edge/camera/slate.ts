/**
 * What a viewer sees instead of the camera's picture: what happened, what to do, and a running clock with a moving bar, so that it can
 * never be taken for a live street or for a frozen player. Drawing only; whoever draws owns the surface and the pace.
 */
import { drawText, measureText } from './draw/font.ts';
import { fillRect, type Rgb } from './draw/primitives.ts';
import type { Surface } from './draw/surface.ts';
import type { SlateReason } from './messages.ts';

export interface SlateText {
  cameraName: string;
  reason: SlateReason;
  /** Wall clock, milliseconds since 1970; shown in the box's time zone. */
  wallMs: number;
  /** Wall clock when the slate began. */
  sinceMs: number;
}

/** Headline, what happened, what to do. */
const WORDS: Record<SlateReason, readonly [headline: string, what: string, advice: string]> = {
  'source-connecting': ['CONNECTING', 'The camera is being connected.', 'This takes a few seconds.'],
  'source-lost': [
    'CAMERA LOST',
    'The camera does not answer.',
    'Check its power, its network cable and its address. It is tried again by itself.',
  ],
  'source-unauthorised': [
    'CAMERA LOST',
    'The camera refuses the user or the password.',
    'Correct the source of this camera in the configuration.',
  ],
  'source-undecodable': [
    'CAMERA LOST',
    'The camera sends a picture that can not be decoded.',
    'Set the camera to H.264 or H.265, or restart it.',
  ],
  'camera-process-lost': [
    'PICTURE COVERED',
    'The filter of this camera stopped, so nothing of it is shown.',
    'It is being started again. If this goes on, read the log of the agent.',
  ],
};

const GROUND: Rgb = [16, 20, 27];
const RAIL: Rgb = [38, 46, 58];
const MOVING: Rgb = [104, 162, 214];
const BRIGHT: Rgb = [236, 240, 245];
const CALM: Rgb = [158, 170, 184];
const WARNING: Rgb = [240, 190, 96];

/** The bar goes there and back in this time. */
const SWEEP_MS = 4_000;
/** Share of the width that text may take. */
const TEXT_WIDTH = 0.9;

export function drawSlate(surface: Surface, { cameraName, reason, wallMs, sinceMs }: SlateText): void {
  const { widthPx, heightPx } = surface;
  const unit = Math.min(widthPx / 1280, heightPx / 720);
  const [headline, what, advice] = WORDS[reason];
  clear(surface);

  const margin = 40 * unit;
  line(surface, cameraName, { x: margin, y: margin, heightPx: 26 * unit, color: BRIGHT, widthShare: 0.4 });
  line(surface, clockText(wallMs), {
    x: widthPx - margin,
    y: margin,
    heightPx: 26 * unit,
    color: BRIGHT,
    align: 'right',
    widthShare: 0.5,
  });

  const middle = heightPx / 2;
  const centred = { x: widthPx / 2, align: 'center' as const };
  line(surface, headline, { ...centred, y: middle - 110 * unit, heightPx: 56 * unit, color: WARNING });
  line(surface, what, { ...centred, y: middle - 10 * unit, heightPx: 24 * unit, color: BRIGHT });
  line(surface, advice, { ...centred, y: middle + 40 * unit, heightPx: 20 * unit, color: CALM });
  const since = `for ${durationText(wallMs - sinceMs)}`;
  line(surface, since, { ...centred, y: middle + 100 * unit, heightPx: 18 * unit, color: CALM });

  const railWidth = widthPx - 2 * margin;
  const barWidth = railWidth / 8;
  const phase = ((wallMs % SWEEP_MS) + SWEEP_MS) % SWEEP_MS;
  const place = 1 - Math.abs((2 * phase) / SWEEP_MS - 1); // 0 .. 1 .. 0
  const y = heightPx - margin;
  fillRect(surface, margin, y, railWidth, 6 * unit, RAIL);
  fillRect(surface, margin + place * (railWidth - barWidth), y, barWidth, 6 * unit, MOVING);
}

interface Line {
  x: number;
  y: number;
  heightPx: number;
  color: Rgb;
  align?: 'left' | 'center' | 'right';
  widthShare?: number;
}

/** One line of text, made smaller where it would not fit. */
function line(surface: Surface, text: string, { widthShare = TEXT_WIDTH, ...style }: Line): void {
  const room = surface.widthPx * widthShare;
  const width = measureText(text, style.heightPx);
  drawText(surface, text, width <= room ? style : { ...style, heightPx: (style.heightPx * room) / width });
}

function clear(surface: Surface): void {
  const row = surface.widthPx * 3;
  for (let x = 0; x < row; x += 3) surface.rgb.set(GROUND, x);
  for (let filled = 1; filled < surface.heightPx; filled *= 2) {
    surface.rgb.copyWithin(filled * row, 0, Math.min(filled, surface.heightPx - filled) * row);
  }
}

function clockText(wallMs: number): string {
  const at = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The wall clock may jump: never negative. */
function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
