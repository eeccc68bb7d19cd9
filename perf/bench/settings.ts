/** The settings of a camera as the product has them when nobody says otherwise: what the bench measures. */
import { type CameraSettings, cameraSchema } from '../../edge/config/schema.ts';

export const DEFAULT_SETTINGS: CameraSettings = cameraSchema.parse({ source: 'simulated' });
