/** What became of the labelled boxes of one set: counts by height, source and mask, over-cover, and time per stage. */
import type { Box } from '../detect/port.ts';
import type { CoverPlan, CoverRegion } from '../redact/plan.ts';
import type { CoveredLabel, LabelledBox, LabelledPicture, LabelledSet } from './annotations.ts';
import { type Bands, count, emptyBands, isHidden, overCover } from './coverage.ts';

/** Milliseconds. `look` is what finding takes beside inference: scaling, tiles, merging. */
export const STAGES = ['read', 'look', 'inference', 'cover'] as const;
type StageTimes = Record<(typeof STAGES)[number], number>;

interface Group {
  name: string;
  pictures: number;
  bands: Bands;
  /** Share of the area that covers of what is labelled in the set hide away from all labelled boxes, mean over the pictures. */
  overCover: number;
}

export interface SetScore {
  set: string;
  labels: readonly CoveredLabel[];
  total: Group;
  sources: Group[];
  /** By the sources' own mark; without one: `unmarked`. No over-cover: a picture holds faces of all kinds. */
  masks: Omit<Group, 'overCover' | 'pictures'>[];
  /** As the total's, but of all covers: what is not labelled in the set counts too. */
  overCoverOfAll: number;
  stageTimes: StageTimes[];
}

/** Covers that stand for a label: of itself, and of what it is inferred from (detect/second/zones.ts). */
const STANDS_FOR: Readonly<Record<CoverRegion['label'], CoveredLabel | undefined>> = {
  face: 'face',
  person: 'face',
  plate: 'plate',
  vehicle: 'plate',
  mask: undefined,
};

export class Scorer {
  readonly score: SetScore;

  constructor({ name, labels }: Pick<LabelledSet, 'name' | 'labels'>) {
    this.score = {
      set: name,
      labels,
      total: emptyGroup('all'),
      sources: [],
      masks: [],
      overCoverOfAll: 0,
      stageTimes: [],
    };
  }

  /** Counts one picture; says which of its boxes are not covered. */
  add(picture: LabelledPicture, plan: CoverPlan): LabelledBox[] {
    const { score } = this;
    const all: Box[] = plan.kind === 'regions' ? plan.regions : [wholeOf(picture)];
    const covers = plan.kind === 'regions' ? coversOf(plan.regions, score.labels) : all;
    const source = groupOf(score.sources, picture.source, emptyGroup);
    const over = overCover(picture, covers);
    for (const group of [score.total, source]) {
      group.overCover = (group.overCover * group.pictures + over) / (group.pictures + 1);
      group.pictures++;
    }
    score.overCoverOfAll += (overCover(picture, all) - score.overCoverOfAll) / score.total.pictures;
    const missed: LabelledBox[] = [];
    for (const box of picture.boxes) {
      if (box.ignore) continue;
      const isCovered = isHidden(box, covers);
      count(score.total.bands, box.h, isCovered);
      count(source.bands, box.h, isCovered);
      if (box.label === 'face') {
        const mask = groupOf(score.masks, box.masked ?? 'unmarked', (name) => ({ name, bands: emptyBands() }));
        count(mask.bands, box.h, isCovered);
      }
      if (!isCovered) missed.push(box);
    }
    return missed;
  }
}

function coversOf(regions: readonly CoverRegion[], labels: readonly CoveredLabel[]): CoverRegion[] {
  return regions.filter(({ label }) => labels.some((wanted) => STANDS_FOR[label] === wanted));
}

const wholeOf = ({ width, height }: LabelledPicture): Box => ({ x: 0, y: 0, w: width, h: height });

const emptyGroup = (name: string): Group => ({ name, pictures: 0, bands: emptyBands(), overCover: 0 });

function groupOf<T extends { name: string }>(groups: T[], name: string, make: (name: string) => T): T {
  const known = groups.find((group) => group.name === name);
  if (known) return known;
  const made = make(name);
  groups.push(made);
  return made;
}
