/** `garim evaluate --clip FILE...`: the tracks of clips, as contact sheets to look at. */
import path from 'node:path';
import { UserError } from '../../base/errors.ts';
import { LIVE_THRESHOLD_OFFSET } from '../../camera/detect/thresholds.ts';
import { evaluateClip, TRACK_COLUMNS } from '../../camera/evaluate/clip-tracks.ts';
import { writeSheets } from '../../camera/evaluate/contact-sheet.ts';
import { openNetwork } from '../../camera/evaluate/network.ts';
import { type Part, percent } from './part.ts';

const TRACKS_PER_SHEET = 10;

export const clipPart: Part = {
  option: 'clip',
  async run({ options: { clip: files = [], misses: dir }, store, log, print }) {
    if (dir === undefined) throw new UserError('--clip writes contact sheets', { fix: 'name a folder: --misses DIR' });
    const detector = await openNetwork({ store, log, thresholdOffset: LIVE_THRESHOLD_OFFSET });
    try {
      const data = [];
      for (const file of files) {
        const { trackCells, overviewCells, ...evaluation } = await evaluateClip(file, detector);
        const { name } = path.parse(file);
        const sheets = [
          ...(await writeSheets(dir, `${name}-tracks`, trackCells, {
            columns: TRACK_COLUMNS,
            rowsMax: TRACKS_PER_SHEET,
          })),
          ...(await writeSheets(dir, `${name}-frames`, overviewCells, { columns: 4, rowsMax: 4 })),
        ];
        const { frames, wholeFrames, tracks, coveredShare } = evaluation;
        print(
          `${file}: ${frames} frames, ${wholeFrames} covered whole, ${tracks.length} tracks, ${percent(coveredShare, 2)} of the picture covered`,
        );
        print(`sheets: ${sheets.join(', ')}`);
        data.push({ file, ...evaluation, sheets });
      }
      return { data };
    } finally {
      await detector.close();
    }
  },
};
