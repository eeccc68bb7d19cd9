/** Collects the labelled boxes that were not covered, and writes them as contact sheets. */
import path from 'node:path';
import type { CoverPlan } from '../redact/plan.ts';
import type { RawPicture } from '../still/raw-picture.ts';
import type { LabelledBox, LabelledPicture } from './annotations.ts';
import { around, type Cell, COVER, cropOf, type Outline, TRUTH, writeSheets } from './contact-sheet.ts';
import { BANDS_PX, bandOf, hiddenShare } from './coverage.ts';

/** Crops kept in memory, 120 kB each; those beyond are counted only. */
const CROPS_MAX = 1_000;
const LAYOUT = { columns: 8, rowsMax: 6 };
const NAME_CHARS_MAX = 28;
const BAND_WORDS = BANDS_PX.map((from, i) => {
  const to = BANDS_PX[i + 1];
  return from === 0 ? `under ${to} px` : to === undefined ? `${from} px and up` : `${from} to ${to} px`;
});

interface Miss {
  set: string;
  heightPx: number;
  crop: Cell;
}

export class Misses {
  readonly #all: Miss[] = [];
  #leftOut = 0;

  async add(
    set: string,
    picture: LabelledPicture,
    raw: RawPicture,
    missed: readonly LabelledBox[],
    plan: CoverPlan,
  ): Promise<void> {
    const covers = plan.kind === 'regions' ? plan.regions : [];
    for (const box of missed) {
      if (this.#all.length >= CROPS_MAX) {
        this.#leftOut++;
        continue;
      }
      const part = around(box);
      const outlines: Outline[] = [...covers.map((cover) => ({ box: cover, colour: COVER })), { box, colour: TRUTH }];
      const name = path.basename(picture.file);
      const mask = box.masked === undefined ? '' : `, mask: ${box.masked}`;
      const caption = [
        `${BAND_WORDS[bandOf(box.h)]}: ${Math.round(box.w)} x ${Math.round(box.h)}`,
        `${Math.round(100 * hiddenShare(box, covers))} % hidden${mask}`,
        name.length > NAME_CHARS_MAX ? `...${name.slice(-NAME_CHARS_MAX)}` : name,
      ];
      this.#all.push({ set, heightPx: box.h, crop: { surface: await cropOf(raw, part, outlines), caption } });
    }
  }

  get leftOut(): number {
    return this.#leftOut;
  }

  /** One series of sheets for each set, the largest boxes first. Returns the files. */
  async write(dir: string): Promise<string[]> {
    const files: string[] = [];
    for (const set of new Set(this.#all.map((miss) => miss.set))) {
      const misses = this.#all.filter((miss) => miss.set === set).sort((a, b) => b.heightPx - a.heightPx);
      const name = `misses-${set.replaceAll(/[^\w-]+/g, '-')}`;
      files.push(
        ...(await writeSheets(
          dir,
          name,
          misses.map(({ crop }) => crop),
          LAYOUT,
        )),
      );
    }
    return files;
  }
}
