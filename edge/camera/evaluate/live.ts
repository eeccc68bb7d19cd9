/** The camera that live measurements stand for: one with the defaults. */
import { cameraSchema } from '../../config/schema.ts';

export const LIVE = cameraSchema.parse({ source: 'simulated' });
