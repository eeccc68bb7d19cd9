/** What could run the networks here: the processor, and accelerators as far as the runtime and its libraries go. */
import { providersOfRuntime } from '../../camera/detect/provider.ts';
import { type Check, ok, warn } from './check.ts';

export const checkInference: Check = async ({ loaded }) => {
  const name = 'inference';
  const found = providersOfRuntime();
  const here = found.filter(({ isHere }) => isHere).map((each) => each.name);
  const missing = found.filter(({ isHere }) => !isHere).map((each) => each.name);
  const detail = [here.join(', '), ...missing.map((each) => `${each}: its library is not here`)].join('; ');
  for (const [camera, { detect }] of Object.entries(loaded.config.cameras)) {
    if (detect.provider === 'auto' || here.includes(detect.provider)) continue;
    const fix = `Install its library, or set cameras.${camera}.detect.provider to auto; the processor runs the networks meanwhile.`;
    return warn(name, `camera ${camera} asks for ${detect.provider}, which is not here (${detail})`, fix);
  }
  return ok(name, detail);
};
