import { type CameraSettings, cameraSchema } from '../../edge/config/schema.ts';

/** The settings of a camera as the product has them when nobody says otherwise: closer looks (tiles) wherever they can be afforded. */
export const DEFAULT_SETTINGS: CameraSettings = cameraSchema.parse({ source: 'simulated' });

/** One look at each whole frame whose turn it is, and no closer ones: what is left on a box that is busy. */
export const ONE_LOOK_SETTINGS: CameraSettings = {
  ...DEFAULT_SETTINGS,
  detect: { ...DEFAULT_SETTINGS.detect, tiles: 'off' },
};
