/** The ONVIF library: a CommonJS module whose names an `import` does not see. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const { Cam, Discovery } = require('onvif') as typeof import('onvif');
