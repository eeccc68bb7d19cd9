/** The cameras of a plan: tried, and matched with what this box can carry. */
import os from 'node:os';
import { type Trial, tryCamera } from '../../agent/camera-trial.ts';
import { type AskedCamera, cameraFault, type PlannedCamera } from '../../agent/setup/ask.ts';
import type { Candidate } from '../../agent/setup/streams.ts';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { openModelStore } from '../../camera/detect/store.ts';
import { openNetwork } from '../../camera/evaluate/network.ts';
import { type CameraSize, measureBox } from '../../camera/tune/measure.ts';
import { type Proposal, propose } from '../../camera/tune/propose.ts';
import { cameraSchema } from '../../config/schema.ts';
import { type Choice, chooseStreams } from './choose.ts';

export interface TriedCamera extends AskedCamera {
  choice: Choice;
  picture: Extract<Trial, { outcome: 'picture' }>;
}

export interface TryOptions {
  stateDir: string;
  measure: boolean;
  log: Log;
  say(line: string): void;
}

/**
 * Each camera is tried with its largest stream that can be read, then with the one that this box can carry. Rejects with one UserError for all
 * cameras that gave no picture.
 */
export async function tryCameras(asked: readonly AskedCamera[], options: TryOptions): Promise<TriedCamera[]> {
  const faults: UserError[] = [];
  const first: (AskedCamera & { picture: TriedCamera['picture'] })[] = [];
  for (const camera of asked) {
    options.say(`trying ${camera.planned.name} ...`);
    const wanted = camera.planned.stream === 'sub' ? [...camera.candidates].reverse() : camera.candidates;
    try {
      const { picture, at } = await firstPicture(camera.planned, wanted, options);
      const candidates = camera.planned.stream === 'sub' ? [wanted[at]!] : wanted.slice(at);
      const { widthPx, heightPx, frameRate } = picture;
      first.push({
        ...camera,
        picture,
        candidates: [{ ...candidates[0]!, widthPx, heightPx, frameRate }, ...candidates.slice(1)],
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(error);
    }
  }
  throwAll(faults);
  const choices = await choose(first, options);
  const tried: TriedCamera[] = [];
  for (const [at, camera] of first.entries()) {
    const choice = choices[at]!;
    let { picture } = camera;
    if (choice.index > 0) {
      options.say(`trying the smaller stream of ${camera.planned.name} ...`);
      ({ picture } = await firstPicture(camera.planned, [camera.candidates[choice.index]!], options));
    }
    tried.push({ ...camera, choice, picture });
  }
  return tried;
}

/** One error of several: messages and what to do, a line each. */
export function throwAll(faults: readonly UserError[]): void {
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new UserError(faults.map(({ message, fix }) => [message, fix].join('\n')).join('\n'));
}

async function firstPicture(
  planned: PlannedCamera,
  candidates: readonly Candidate[],
  { stateDir, log }: TryOptions,
): Promise<{ picture: TriedCamera['picture']; at: number }> {
  for (const [at, { url }] of candidates.entries()) {
    const settings = cameraSchema.parse({ source: 'simulated', transport: planned.transport });
    const trial = await tryCamera({ name: planned.name, settings, sourceUrl: url, stateDir, log });
    if (trial.outcome === 'picture') return { picture: trial, at };
    if (trial.reason === 'source-undecodable' && at + 1 < candidates.length) continue;
    throw cameraFault(planned, trial.reason === 'source-unauthorised', trial.why);
  }
  throw new Error('a camera without a stream was tried');
}

async function choose(
  cameras: readonly (AskedCamera & { picture: TriedCamera['picture'] })[],
  { stateDir, measure, log, say }: TryOptions,
): Promise<Choice[]> {
  const choosing = cameras.map(({ planned, candidates }) => ({
    name: planned.name,
    candidates,
    wanted: planned.stream,
  }));
  const cores = os.availableParallelism();
  if (!measure || cameras.length === 0) return chooseStreams(choosing, cores, undefined);
  try {
    const detector = await openNetwork({ store: openModelStore({ stateDir, env: process.env }), log });
    // One after the other: two measurements at once would each see half a box.
    let turn: Promise<unknown> = Promise.resolve();
    const costOf = (size: CameraSize): Promise<Proposal> => {
      const mine = turn.then(async () => {
        say(`measuring what ${size.widthPx}x${size.heightPx} costs on this box ...`);
        return propose(await measureBox(detector, size), size, cores);
      });
      turn = mine.catch(() => {});
      return mine;
    };
    try {
      return await chooseStreams(choosing, cores, costOf);
    } finally {
      await detector.close();
    }
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    say(`the box could not be measured: ${messageOf(error)}`);
    return chooseStreams(choosing, cores, undefined);
  }
}
