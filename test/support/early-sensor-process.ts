/**
 * The sensor process at a time of day that suits a test: two seconds before the hour, so that the first window that is counted begins soon,
 * and takes an hour of real time. All else is the product's own.
 */
import { systemClock } from '../../edge/base/clock.ts';
import { runSensorProcess } from '../../edge/sensor/sensors.ts';

const HOUR_MS = 3_600_000;
const startedMs = systemClock.wallMs();
const aheadMs = Math.ceil(startedMs / HOUR_MS) * HOUR_MS - 2_000 - startedMs;

runSensorProcess({ monotonicMs: systemClock.monotonicMs, wallMs: () => systemClock.wallMs() + aheadMs });
