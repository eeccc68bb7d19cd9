/**
 * Which stream of each camera is filtered. Garim takes one: the largest picture that this box can carry for all cameras together, since small
 * faces need pixels. What a size costs is measured, not looked up by the name of the box.
 */

import type { Candidate } from '../../agent/setup/streams.ts';
import type { CameraSize } from '../../camera/tune/measure.ts';
import type { Proposal } from '../../camera/tune/propose.ts';

/** Of all cores, as in `garim tune`. */
const MARGIN = 0.3;
/** Where a camera does not say. */
const FRAME_RATE_USUAL = 25;

export interface Choosing {
  name: string;
  /** Largest picture first, sizes known for the first at least. */
  candidates: readonly Candidate[];
  wanted: 'auto' | 'main' | 'sub';
}

export interface Choice {
  name: string;
  /** Index of the candidate. */
  index: number;
  proposal: Proposal | undefined;
  /** One sentence for the installer. */
  why: string;
}

/** `costOf` is undefined where the box is not measured. It is asked once per size, largest first, and only for sizes that are considered. */
export async function chooseStreams(
  cameras: readonly Choosing[],
  cores: number,
  costOf: ((size: CameraSize) => Promise<Proposal>) | undefined,
): Promise<Choice[]> {
  if (costOf === undefined) return cameras.map(unmeasured);
  const known = new Map<string, Promise<Proposal>>();
  const measured = ({ widthPx, heightPx, frameRate }: Candidate): Promise<Proposal> => {
    const size = { widthPx, heightPx, frameRate: frameRate || FRAME_RATE_USUAL };
    const key = `${widthPx}x${heightPx}@${Math.round(size.frameRate)}`;
    const proposal = known.get(key) ?? costOf(size);
    known.set(key, proposal);
    return proposal;
  };
  const taken = await Promise.all(
    cameras.map(async (camera) => {
      const index = camera.wanted === 'sub' ? smallest(camera) : 0;
      return { camera, index, proposal: await measured(camera.candidates[index]!) };
    }),
  );
  const roomCores = cores * (1 - MARGIN);
  const loadCores = (): number => taken.reduce((sum, { proposal }) => sum + proposal.coresEach, 0);
  const isTooMuch = (): boolean => loadCores() > roomCores || taken.some(({ proposal }) => proposal.cameras === 0);
  while (isTooMuch()) {
    const [heaviest] = taken
      .filter(({ camera, index }) => camera.wanted === 'auto' && nextSmaller(camera, index) !== undefined)
      .sort((a, b) => b.proposal.coresEach - a.proposal.coresEach);
    if (heaviest === undefined) break;
    heaviest.index = nextSmaller(heaviest.camera, heaviest.index)!;
    heaviest.proposal = await measured(heaviest.camera.candidates[heaviest.index]!);
  }
  const load = `${loadCores().toFixed(2)} of ${cores} cores`;
  const isOver = isTooMuch();
  return taken.map(({ camera, index, proposal }) => ({
    name: camera.name,
    index,
    proposal,
    why: whyOf(camera, index, isOver ? `too much for this box: all cameras take ${load}` : `all cameras take ${load}`),
  }));
}

function unmeasured(camera: Choosing): Choice {
  const index = camera.wanted === 'sub' ? smallest(camera) : 0;
  return { name: camera.name, index, proposal: undefined, why: whyOf(camera, index, 'this box was not measured') };
}

function whyOf({ candidates, wanted }: Choosing, index: number, load: string): string {
  if (wanted !== 'auto') return `the ${wanted} stream, as asked; ${load}`;
  if (candidates.length === 1) return `the only stream; ${load}`;
  return index === 0
    ? `the largest picture; ${load}`
    : `a smaller picture, since larger ones are too much for this box; ${load}`;
}

/** A candidate of unknown size is never taken for a smaller one. */
function nextSmaller({ candidates }: Choosing, index: number): number | undefined {
  const pixels = ({ widthPx, heightPx }: Candidate): number => widthPx * heightPx;
  const next = candidates.findIndex(
    (other, at) => at > index && pixels(other) > 0 && pixels(other) < pixels(candidates[index]!),
  );
  return next === -1 ? undefined : next;
}

function smallest(camera: Choosing): number {
  let index = 0;
  for (let next = nextSmaller(camera, 0); next !== undefined; next = nextSmaller(camera, next)) index = next;
  return index;
}
