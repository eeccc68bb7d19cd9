/** Who really goes over a line of the simulated street, by class and direction, from its truth alone. */
import type { StreetTruth } from '../../edge/camera/capture/simulated/street.ts';
import type { CountedCrossing, CrossingDirection } from '../../edge/camera/messages.ts';
import type { CountLine } from '../../edge/config/schema.ts';

/** Cars, buses and lorries are one group here: which of them it is, is a vote. */
export type Group = 'person' | 'bicycle' | 'motor';

export interface TrueCrossing {
  line: string;
  group: Group;
  direction: CrossingDirection;
  /** Of the street's own time. */
  ms: number;
  /** Half of it and more was to be seen at that moment, and it was of a size that networks find. */
  isVisible: boolean;
}

const VISIBLE_MIN = 0.5;
const HEIGHT_PX_MIN = 30;
/** What was out of sight for longer was not seen going over the line. */
const GAP_MS_MAX = 600;

const groupOf = (kind: CountedCrossing['class']): Group => (kind === 'person' || kind === 'bicycle' ? kind : 'motor');

/** By the middle of the lower edge of each box, as it is counted. */
export function trueCrossings(
  truths: readonly StreetTruth[],
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  lines: readonly CountLine[],
): TrueCrossing[] {
  return lines.flatMap((line) => {
    const [ax, ay] = [line.from[0] * widthPx, line.from[1] * heightPx];
    const [dx, dy] = [line.to[0] * widthPx - ax, line.to[1] * heightPx - ay];
    const before = new Map<number, { x: number; y: number; side: number; ms: number }>();
    const crossings: TrueCrossing[] = [];
    const startMs = truths[0]?.ptsMs ?? 0;
    for (const { ptsMs, objects } of truths) {
      const ms = ptsMs - startMs;
      for (const { id, label, kind, x: left, y: top, w, h, visible } of objects) {
        // A rider is counted as the bicycle.
        if ((label !== 'person' && label !== 'vehicle') || kind === 'rider') continue;
        const [x, y] = [left + w / 2, top + h];
        const side = dx * (y - ay) - dy * (x - ax);
        const known = before.get(id);
        before.set(id, { x, y, side, ms });
        if (known === undefined || ms - known.ms > GAP_MS_MAX || known.side * side >= 0) continue;
        const share = known.side / (known.side - side);
        const [mx, my] = [known.x + share * (x - known.x), known.y + share * (y - known.y)];
        const along = ((mx - ax) * dx + (my - ay) * dy) / (dx * dx + dy * dy);
        if (along < 0 || along > 1) continue;
        const group = label === 'person' ? 'person' : kind === 'bicycle' ? 'bicycle' : 'motor';
        const isVisible = visible >= VISIBLE_MIN && h >= HEIGHT_PX_MIN;
        crossings.push({ line: line.name, group, direction: side > 0 ? 'forward' : 'backward', ms, isVisible });
      }
    }
    return crossings;
  });
}

export interface Score {
  visible: number;
  counted: number;
  /** Counted, and there was such a crossing within `WITHIN_MS`. */
  right: number;
}

const WITHIN_MS = 1_500;

/** By group and direction. `atMs` of what was counted is of the street's own time. */
export function scoreOf(truth: readonly TrueCrossing[], counted: readonly CountedCrossing[]): Record<string, Score> {
  const scores: Record<string, Score> = {};
  const free = new Set(truth);
  const scoreFor = (group: Group, direction: CrossingDirection): Score =>
    (scores[`${group} ${direction}`] ??= { visible: 0, counted: 0, right: 0 });
  for (const { group, direction, isVisible } of truth) if (isVisible) scoreFor(group, direction).visible++;
  for (const { line, class: kind, direction, atMs } of counted) {
    const group = groupOf(kind);
    const score = scoreFor(group, direction);
    score.counted++;
    const match = [...free]
      .filter((each) => each.line === line && each.group === group && each.direction === direction)
      .filter((each) => Math.abs(each.ms - atMs) <= WITHIN_MS)
      .sort((a, b) => Number(b.isVisible) - Number(a.isVisible) || Math.abs(a.ms - atMs) - Math.abs(b.ms - atMs))[0];
    if (match === undefined) continue;
    free.delete(match);
    score.right++;
  }
  return scores;
}
