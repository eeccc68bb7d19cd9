/** What counting-camera-process.ts tells of. */
export const CROSSINGS_PER_HOUR = { person: 4_000, vehicle: 2_500 };

/** Track numbers begin with it: nothing else on the box does. */
export const TRACK_PREFIX = 7_351_924_000_000;
