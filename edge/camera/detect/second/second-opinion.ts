/** Chooses the second opinion of a camera: coco-ssd where its weights are, else another network for persons and vehicles, else none. */
import { messageOf } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { CameraSettings } from '../../../config/schema.ts';
import { createOnnxDetector } from '../detector.ts';
import type { DetectionLabel, Detector } from '../port.ts';
import type { ModelStore } from '../store.ts';
import { createCocoSsdDetector } from './coco-ssd-detector.ts';
import { readCocoSsd } from './weights.ts';

const HINTS: readonly DetectionLabel[] = ['person', 'vehicle'];

export interface SecondOpinionOptions {
  store: ModelStore;
  stateDir: string;
  /** Whether anything would use it. */
  isWanted: boolean;
  log: Log;
}

/** A camera that counts needs it for persons and for kinds of vehicles, whatever it covers. */
export function wantsSecond({ secondOpinion, count }: Pick<CameraSettings, 'secondOpinion' | 'count'>): boolean {
  return secondOpinion.people !== 'off' || secondOpinion.vehicles !== 'off' || count !== undefined;
}

/**
 * A started detector of persons and vehicles; undefined when nothing would use it or no weights are here, which the log says once.
 * Never rejects: without it a camera runs as well.
 */
export async function createSecondOpinion({
  store,
  stateDir,
  isWanted,
  log,
}: SecondOpinionOptions): Promise<Detector | undefined> {
  if (!isWanted) return undefined;
  try {
    const weights = await readCocoSsd(stateDir);
    if (weights !== undefined) {
      const { digests } = weights;
      return createCocoSsdDetector({ digests, readWeights: () => present(readCocoSsd(stateDir)), log });
    }
  } catch (error) {
    log.warn(messageOf(error));
  }
  try {
    const name = await otherFinder(store);
    if (name !== undefined) {
      const selectModels = async () => ({ models: [await store.resolve(name)], missing: [] });
      return createOnnxDetector({ store: { selectModels }, categories: HINTS, log });
    }
  } catch (error) {
    log.warn(messageOf(error));
  }
  log.info('no second opinion on persons and vehicles; it is optional: garim models pull coco-ssd');
  return undefined;
}

/** The most preferred network here that finds persons and vehicles and nothing else: the first detector's own are no second opinion. */
export async function otherFinder(store: ModelStore): Promise<string | undefined> {
  for (const { name, labels } of store.entries) {
    const isFinder = HINTS.every((label) => labels.includes(label)) && labels.length === HINTS.length;
    if (isFinder && (await store.locate(name)) !== undefined) return name;
  }
  return undefined;
}

async function present<T>(weights: Promise<T | undefined>): Promise<T> {
  const found = await weights;
  if (found === undefined) throw new Error('the weights of coco-ssd are gone; run: garim models pull coco-ssd');
  return found;
}
