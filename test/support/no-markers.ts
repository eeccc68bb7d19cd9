/** Nobody shows the marker: for tests of other things, which need not start its thread for each pipeline. */
import type { MarkerSeeker } from '../../edge/camera/marker/marker-thread.ts';

export const noMarkers: MarkerSeeker = {
  seek: async () => ({ markers: [], lookMs: 1 }),
  close: async () => {},
};
