/** Coded pictures for tests of what carries them: right in form, nothing in them. */
import type { AccessUnit, CameraCounts, CameraHealth, StreamFormat } from '../../edge/camera/messages.ts';

export const testFormat = (widthPx = 320, heightPx = 180): StreamFormat => ({
  codec: 'h264',
  widthPx,
  heightPx,
  frameRate: 10,
  sps: Uint8Array.of(0x67, 0x42, 0xc0, 0x0d),
  pps: Uint8Array.of(0x68, 0xce, 0x3c, 0x80),
});

export const testUnit = (ptsUs: number, isKey: boolean, more: Partial<AccessUnit> = {}): AccessUnit => ({
  ptsUs,
  capturedMs: ptsUs / 1000,
  isKey,
  cover: 'regions',
  data: Uint8Array.of(0, 0, 0, 1, isKey ? 0x65 : 0x41, 0x88),
  ...more,
});

export const testHealth = (): CameraHealth => ({
  state: 'live',
  advice: '',
  source: { state: 'connected', description: 'h264 320x180 10 fps', lastError: '', reconnects: 0 },
  detector: { state: 'ready', models: [], digests: [], inferenceMsP50: 1, cadenceFrames: 1 },
  encoder: 'libx264',
  coveredNow: { face: 1 },
  delayLineFrames: 2,
  uncounted: [],
});

export const testCounts = (): CameraCounts => ({
  framesIn: 1,
  framesOut: 1,
  framesCoveredWhole: {},
  framesSlate: 0,
  framesDropped: {},
  verdicts: 1,
  verdictsUnavailable: 0,
  regionsCovered: { face: 1 },
  reconnects: 0,
  inferenceMs: [1.5],
});
