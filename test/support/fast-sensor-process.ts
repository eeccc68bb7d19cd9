/** The sensor process with the fast clock. All else is the product's own. */
import { runSensorProcess } from '../../edge/sensor/sensors.ts';
import { fastMonotonicMs, fastWallMs } from './fast-clock.ts';

runSensorProcess({ monotonicMs: fastMonotonicMs, wallMs: fastWallMs });
