/** Whether verified models find all that must be covered (without them every frame is covered whole), and the optional second opinion. */
import { messageOf } from '../../base/errors.ts';
import { otherFinder } from '../../camera/detect/second/second-opinion.ts';
import { COCO_SSD_NAME, readCocoSsd } from '../../camera/detect/second/weights.ts';
import { openModelStore } from '../../camera/detect/store.ts';
import { uncountedIn } from '../uncounted.ts';
import { type Check, fail, ok, warn } from './check.ts';

export const checkModels: Check = async ({ loaded, env }) => {
  const without = 'until then every frame is covered whole';
  try {
    const { models, missing } = await openModelStore({ stateDir: loaded.config.state, env }).selectModels();
    if (missing.length > 0) {
      const categories = missing.map(({ category }) => category).join(' and ');
      return fail('models', `none for ${categories}; ${without}`, missing.map(({ advice }) => advice).join('; '));
    }
    return ok('models', models.map(({ entry }) => `${entry.name} (${entry.labels.join(', ')})`).join(', '));
  } catch (error) {
    return fail('models', `${messageOf(error)}; ${without}`, 'Then check it: garim models verify.');
  }
};

/** Optional: without it a person whose face was not found stays as found by the first detector. */
export const checkSecondOpinion: Check = async ({ loaded, env }) => {
  const { state } = loaded.config;
  const name = 'second opinion';
  try {
    if ((await readCocoSsd(state)) !== undefined) return ok(name, `${COCO_SSD_NAME}, as recorded at first use`);
  } catch (error) {
    return warn(name, messageOf(error), 'Until then cameras run without it.');
  }
  const other = await otherFinder(openModelStore({ stateDir: state, env }));
  return ok(name, other ?? `none; it is optional: garim models pull ${COCO_SSD_NAME}`);
};

/** Fails closed without it: figures of these classes do not leave. */
export const checkCounts: Check = async ({ loaded, env }) => {
  const uncounted = await uncountedIn(loaded, env);
  return uncounted === undefined ? [] : warn('counts', uncounted.detail, uncounted.fix);
};
