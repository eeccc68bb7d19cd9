/** Plots as inline SVG: what they show stands beside them as text too, so to a reader of the screen each is one picture with a title. */

import { type Html, html } from '../../base/html.ts';
import type { Entry } from '../catalogue.ts';
import type { Part, Result } from '../result.ts';
import { partName, percent, writeAs } from './words.ts';

type Figures = Exclude<Result, { status: 'unknown' }>;

const WIDTH = 520;
const LABEL = 168;
const VALUES = 96;
const ROW = 20;
const TOP = 8;
const AXIS = 26;
/** More rows are left out and counted. */
const ROWS_MAX = 14;
/** Left end of the logarithmic axis. */
const SHARE_MIN = 0.0001;

/** Undefined where there is nothing to draw. */
export function plotOf(entry: Entry, figures: Figures): Html | undefined {
  const parts = figures.parts ?? [];
  if (entry.method.startsWith('cp95')) return boundsPlot(entry, figures, parts);
  if (entry.method === 'bucket-range') return boundsPlot(entry, figures, parts);
  if (entry.form === 'number' && parts.length > 0) return barsPlot(entry, figures, parts);
  if (figures.den > 0 && entry.form === 'share') return sharePlot(entry, figures);
  return undefined;
}

interface Frame {
  rows: number;
  more: number;
  x: (value: number) => number;
}

/** Point, and whisker up to the bound, on a logarithmic axis. */
function boundsPlot(entry: Entry, figures: Figures, parts: readonly Part[]): Html {
  const shown = parts.slice(0, ROWS_MAX);
  const span = WIDTH - LABEL - VALUES;
  const x = (share: number): number => LABEL + (Math.log10(Math.max(share, SHARE_MIN) / SHARE_MIN) / 4) * span;
  const rows = shown.map((part, i) => {
    const y = TOP + i * ROW + ROW / 2;
    const [from, to] = [x(part.low ?? part.value), x(part.high ?? part.value)];
    const isOver = figures.line !== undefined && (part.high ?? part.value) > figures.line;
    return html`<text class="label" x="${LABEL - 8}" y="${y + 4}">${clip(partName(part.name))}</text>
<line class="whisker ${isOver ? 'over' : ''}" x1="${fixed(from)}" y1="${y}" x2="${fixed(to)}" y2="${y}"/>
<line class="whisker ${isOver ? 'over' : ''}" x1="${fixed(to)}" y1="${y - 5}" x2="${fixed(to)}" y2="${y + 5}"/>
<circle class="point ${isOver ? 'over' : ''}" cx="${fixed(from)}" cy="${y}" r="3.5"/>
<text class="value" x="${WIDTH}" y="${y + 4}">${part.den === undefined ? '' : `${part.num}/${part.den} `}≤ ${percent(part.high ?? part.value)}</text>`;
  });
  const ticks = [0.0001, 0.001, 0.01, 0.1, 1].map(
    (
      share,
    ) => html`<line class="grid" x1="${fixed(x(share))}" y1="${TOP}" x2="${fixed(x(share))}" y2="${TOP + shown.length * ROW}"/>
<text class="tick" x="${fixed(x(share))}" y="${TOP + shown.length * ROW + 14}">${share === SHARE_MIN ? '≤ ' : ''}${percent(share)}</text>`,
  );
  return frame(entry, figures, { rows: shown.length, more: parts.length - shown.length, x }, [...ticks, ...rows]);
}

function barsPlot(entry: Entry, figures: Figures, parts: readonly Part[]): Html {
  const shown = parts.slice(0, ROWS_MAX);
  const write = writeAs(entry.form);
  const largest = Math.max(figures.line ?? 0, ...shown.map(({ value }) => value), Number.MIN_VALUE) * 1.05;
  const x = (value: number): number => LABEL + (value / largest) * (WIDTH - LABEL - VALUES);
  const rows = shown.map((part, i) => {
    const y = TOP + i * ROW;
    return html`<text class="label" x="${LABEL - 8}" y="${y + ROW / 2 + 4}">${clip(partName(part.name))}</text>
<rect class="bar" x="${LABEL}" y="${y + 4}" width="${fixed(Math.max(1, x(part.value) - LABEL))}" height="${ROW - 8}"/>
<text class="value" x="${WIDTH}" y="${y + ROW / 2 + 4}">${write(part.value)}</text>`;
  });
  return frame(entry, figures, { rows: shown.length, more: parts.length - shown.length, x }, rows);
}

function sharePlot(entry: Entry, figures: Figures): Html {
  const x = (share: number): number => share * WIDTH;
  const part = Math.min(1, figures.num / figures.den);
  return html`<svg class="plot" role="img" viewBox="0 0 ${WIDTH} 42"><title>${titleOf(entry, figures)}</title>
<rect class="rest" x="0" y="6" width="${WIDTH}" height="16" rx="3"/>
<rect class="bar ${figures.status === 'fail' ? 'over' : ''}" x="0" y="6" width="${fixed(x(part))}" height="16" rx="3"/>
<text class="tick end" x="${WIDTH}" y="36">${percent(part)}</text></svg>`;
}

function frame(entry: Entry, figures: Figures, { rows, more, x }: Frame, content: readonly Html[]): Html {
  const bottom = TOP + rows * ROW;
  const line =
    figures.line === undefined
      ? ''
      : html`<line class="line" x1="${fixed(x(figures.line))}" y1="${TOP - 6}" x2="${fixed(x(figures.line))}" y2="${bottom}"/>`;
  const rest = more === 0 ? '' : html`<text class="tick end" x="${WIDTH}" y="${bottom + 14}">+ ${more}</text>`;
  return html`<svg class="plot" role="img" viewBox="0 0 ${WIDTH} ${bottom + AXIS}"><title>${titleOf(entry, figures)}</title>
${content}${line}${rest}</svg>`;
}

function titleOf(entry: Entry, figures: Figures): string {
  return `${entry.name.ko} ${entry.name.en}: ${figures.num} / ${figures.den}`;
}

const LABEL_CHARS_MAX = 27;

function clip(text: string): string {
  return text.length <= LABEL_CHARS_MAX ? text : `${text.slice(0, LABEL_CHARS_MAX - 1)}…`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
