/** `garim evaluate --data DIR`: labelled pictures through the still path, or as single frames of a camera. */
import { type LabelledSet, readLabelledSets } from '../../camera/evaluate/annotations.ts';
import { BAND_NAMES, type Bands, tallyFrom } from '../../camera/evaluate/coverage.ts';
import { openLiveLook, openStillLook } from '../../camera/evaluate/looks.ts';
import { Misses } from '../../camera/evaluate/misses.ts';
import { CURVE_OFFSETS, type CurvePoint, evaluateSets } from '../../camera/evaluate/pictures.ts';
import { type SetScore, STAGES } from '../../camera/evaluate/score.ts';
import { compareWithBaseline } from './baseline.ts';
import { type Part, percent, percentOf, progress, shareOf, table } from './part.ts';

export const dataPart: Part = {
  option: 'data',
  async run({ options, store, log, print }) {
    const mode = options.live ? 'live' : 'stills';
    const sets: LabelledSet[] = await readLabelledSets(options.data!);
    const open = options.live ? openLiveLook : openStillLook;
    await using look = await open({ store, log, lowestOffset: options.curve ? Math.min(...CURVE_OFFSETS) : 0 });
    const misses = options.misses === undefined ? undefined : new Misses();
    const bar = progress('pictures');
    const evaluations = await evaluateSets(sets, {
      look,
      every: options.every,
      withCurve: options.curve,
      onPicture: bar.show,
      ...(misses && { onMiss: misses.add.bind(misses) }),
    });
    bar.end();
    for (const { score, curve } of evaluations) {
      const one = score.labels.join('s and ');
      print(`${score.set}: ${score.total.pictures} pictures labelled for ${one}s; ${mode}, ${look.models.join(', ')}`);
      for (const line of [...coverageTable(score), ...timesOf(score)]) print(line);
      if (curve.length > 0) for (const line of curveTable(curve)) print(line);
      print('');
    }
    if (misses) {
      const files = await misses.write(options.misses!);
      const leftOut = misses.leftOut > 0 ? `; ${misses.leftOut} more misses were left out` : '';
      print(`misses: ${files.join(', ') || 'none'}${leftOut}`);
    }
    const data = {
      mode,
      models: look.models,
      sets: evaluations.map(({ score: { stageTimes, ...score }, curve }) => ({
        ...score,
        medianMs: Object.fromEntries(
          STAGES.map((stage) => [
            stage,
            quantile(
              stageTimes.map((t) => t[stage]),
              0.5,
            ),
          ]),
        ),
        curve,
      })),
    };
    if (options.baseline === undefined) return { data };
    const scores = evaluations.map(({ score }) => score);
    const fault = await compareWithBaseline(options.baseline, mode, scores, print);
    return fault === undefined ? { data } : { data, fault };
  },
};

const CUMULATIVE_PX = [16, 24] as const;

function coverageTable({ total, sources, masks, overCoverOfAll }: SetScore): string[] {
  const head = ['covered, by height in px', ...BAND_NAMES, ...CUMULATIVE_PX.map((px) => `>=${px}`), 'over-cover'];
  const rowOf = (name: string, bands: Bands, over: string): string[] => [
    name,
    ...bands.map(percentOfShort),
    ...CUMULATIVE_PX.map((px) => percentOf(tallyFrom(bands, px))),
    over,
  ];
  const lines = table([
    head,
    rowOf('all', total.bands, percent(total.overCover, 2)),
    ['', ...total.bands.map(counted), ...CUMULATIVE_PX.map((px) => counted(tallyFrom(total.bands, px))), ''],
    ...sources.map((group) => rowOf(group.name, group.bands, percent(group.overCover, 2))),
    ...masks.map((group) => rowOf(`mask: ${group.name}`, group.bands, '')),
  ]);
  return [...lines, `over-cover of all covers, whatever they stand for: ${percent(overCoverOfAll, 2)}`];
}

const counted = ({ covered, total }: { covered: number; total: number }): string => `${covered}/${total}`;
const percentOfShort = (tally: { covered: number; total: number }): string => percentOf(tally);

function timesOf({ stageTimes }: SetScore): string[] {
  const stages = STAGES.map((stage) => {
    const all = stageTimes.map((times) => times[stage]);
    return `${stage} ${quantile(all, 0.5).toFixed(1)} (${quantile(all, 0.9).toFixed(1)})`;
  });
  return [`ms per picture, median (90th percentile): ${stages.join(', ')}`];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function curveTable(curve: readonly CurvePoint[]): string[] {
  return table([
    ['thresholds against the manifest', '>=24', '>=16', 'all', 'over-cover'],
    ...curve.map(({ offset, from24, from16, all, overCover }) => [
      `${offset > 0 ? '+' : ''}${offset.toFixed(2)}${offset === 0 ? ' (in use)' : ''}`,
      ...[from24, from16, all].map((tally) => percent(shareOf(tally))),
      percent(overCover, 2),
    ]),
  ]);
}
