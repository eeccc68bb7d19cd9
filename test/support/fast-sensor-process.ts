/** The sensor process with a clock that runs sixty times as fast: a window of a minute takes a second. All else is the product's own. */
import { systemClock } from '../../edge/base/clock.ts';
import { runSensorProcess } from '../../edge/sensor/sensors.ts';

const SPEED = 60;
/** Of the machine's monotonic clock, so that the next process goes on where the last one was. */
const fastMs = (): number => systemClock.monotonicMs() * SPEED;

runSensorProcess({ monotonicMs: fastMs, wallMs: () => Date.UTC(2026, 0, 1) + fastMs() });
