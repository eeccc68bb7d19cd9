/** Whether verified models find all that must be covered. Without them every frame is covered whole. */
import { messageOf } from '../../base/errors.ts';
import { openModelStore } from '../../camera/detect/store.ts';
import { type Check, fail, ok } from './check.ts';

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
    return fail('models', `${messageOf(error)}; ${without}`, 'Run garim models pull to fetch the file again.');
  }
};
