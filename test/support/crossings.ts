/** What counting-camera-process.ts shows its counter in each hour: together fewer than the sensor process takes in a second. */
export const CROSSINGS_PER_HOUR = {
  person: { forward: 840, backward: 300 },
  bicycle: { forward: 300, backward: 840 },
  car: { forward: 840, backward: 300 },
  bus: { forward: 300, backward: 840 },
} as const;

/** Track numbers begin with it: nothing else on the box does. */
export const TRACK_PREFIX = 7_351_924_000_000;

/** Goes over the line as often as buses do, while the camera process says that it can't count it. */
export const UNCOUNTED = 'truck';
