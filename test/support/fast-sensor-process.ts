/** The sensor process with a clock that runs 1200 times as fast: a window of an hour takes three seconds. All else is the product's own. */
import { systemClock } from '../../edge/base/clock.ts';
import { runSensorProcess } from '../../edge/sensor/sensors.ts';

const SPEED = 1_200;
/** Of the machine's monotonic clock, so that the next process goes on where the last one was. */
const fastMs = (): number => systemClock.monotonicMs() * SPEED;

runSensorProcess({ monotonicMs: fastMs, wallMs: () => Date.UTC(2026, 0, 1) + fastMs() });
