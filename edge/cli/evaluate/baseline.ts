/** The recorded coverage that a change must not fall below. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../base/errors.ts';
import { tallyFrom } from '../../camera/evaluate/coverage.ts';
import type { SetScore } from '../../camera/evaluate/score.ts';
import { shareOf } from './part.ts';

const figures = z.strictObject({
  from24Percent: z.number(),
  from16Percent: z.number(),
  overCoverPercent: z.number(),
});
const schema = z.strictObject({
  /** Another processor rounds otherwise, so that a box at a threshold comes or goes. */
  tolerancePoints: z.number().min(0),
  /** By the last part of a set's name. */
  stills: z.record(z.string(), figures),
  live: z.record(z.string(), figures),
});

/**
 * Prints what is worse than recorded beyond the tolerance, and returns it as one sentence; undefined when nothing is.
 * @throws UserError when the file can't be used
 */
export async function compareWithBaseline(
  file: string,
  mode: 'stills' | 'live',
  scores: readonly SetScore[],
  print: (line: string) => void,
): Promise<string | undefined> {
  let baseline: z.output<typeof schema>;
  try {
    baseline = schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UserError(`the baseline ${file} can't be used: ${messageOf(error)}`, { cause: error });
  }
  const worse: string[] = [];
  const compared: string[] = [];
  for (const score of scores) {
    const name = path.basename(score.set);
    const recorded = baseline[mode][name];
    if (recorded === undefined) continue;
    compared.push(name);
    const now = figuresOf(score);
    const isWorse = {
      from24Percent: now.from24Percent < recorded.from24Percent - baseline.tolerancePoints,
      from16Percent: now.from16Percent < recorded.from16Percent - baseline.tolerancePoints,
      overCoverPercent: now.overCoverPercent > recorded.overCoverPercent + baseline.tolerancePoints,
    };
    for (const key of Object.keys(isWorse) as (keyof typeof isWorse)[]) {
      if (isWorse[key]) worse.push(`${name} ${key} ${now[key].toFixed(2)}, recorded ${recorded[key]}`);
    }
  }
  if (compared.length === 0) throw new UserError(`the baseline ${file} knows none of these sets in mode ${mode}`);
  print(`compared with ${file} (tolerance ${baseline.tolerancePoints} points): ${worse.join('; ') || 'not worse'}`);
  return worse.length === 0 ? undefined : `below the baseline: ${worse.join('; ')}`;
}

function figuresOf({ total }: SetScore): z.output<typeof figures> {
  return {
    from24Percent: 100 * shareOf(tallyFrom(total.bands, 24)),
    from16Percent: 100 * shareOf(tallyFrom(total.bands, 16)),
    overCoverPercent: 100 * total.overCover,
  };
}
