/** What cameras with counting lines can't count with the networks that are here, for `garim doctor` and `garim config check`. */
import { NEEDS_SECOND } from '../camera/count/counts.ts';
import { otherFinder } from '../camera/detect/second/second-opinion.ts';
import { COCO_SSD_NAME, readCocoSsd } from '../camera/detect/second/weights.ts';
import { openModelStore } from '../camera/detect/store.ts';
import type { LoadedConfig } from '../config/load.ts';

/** Undefined where all can be counted, or nothing is to be. Never rejects: weights that can't be read count nothing. */
export async function uncountedIn(
  { config }: Pick<LoadedConfig, 'config'>,
  env: NodeJS.ProcessEnv,
): Promise<{ detail: string; fix: string } | undefined> {
  const cameras = Object.entries(config.cameras).flatMap(([name, { count }]) => (count === undefined ? [] : [name]));
  if (cameras.length === 0 || (await hasSecond(config.state, env))) return undefined;
  const of = `camera${cameras.length === 1 ? '' : 's'} ${cameras.join(', ')}`;
  return {
    detail: `no network here counts ${NEEDS_SECOND.join(', ')} for ${of}: no figure of them will leave`,
    fix: `Get one: garim models pull ${COCO_SSD_NAME}`,
  };
}

async function hasSecond(stateDir: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    if ((await readCocoSsd(stateDir)) !== undefined) return true;
  } catch {
    // Its fault is the second opinion's to tell; another network may be here.
  }
  return (await otherFinder(openModelStore({ stateDir, env })).catch(() => undefined)) !== undefined;
}
