/**
 * Which hardware encoders really open here. Asked in a process of its own, since a broken driver may hang or crash whoever asks.
 */
import { fileURLToPath } from 'node:url';
import { type Check, fail, ok, warn } from './check.ts';

export interface CodecFinding {
  encoder: string;
  /** Empty when it opened. */
  error: string;
}

export const checkCodecs: Check = async ({ system, loaded }) => {
  const name = 'hardware codecs';
  // Named with the extension of this very file: the compiled probe lies beside the compiled check.
  const probe = fileURLToPath(new URL('codecs-probe.js', import.meta.url));
  const answer = await system.run(process.execPath, [probe]);
  if ('error' in answer) {
    return warn(
      name,
      `the probe failed: ${answer.error}`,
      'Check the graphics driver; x264 on the CPU is used meanwhile.',
    );
  }
  const findings = JSON.parse(answer.output) as CodecFinding[];
  const usable = findings.filter(({ error }) => error === '').map(({ encoder }) => encoder);
  const others = findings.filter(({ error }) => error !== '').map(({ encoder, error }) => `${encoder}: ${error}`);
  for (const [camera, { encode }] of Object.entries(loaded.config.cameras)) {
    const finding = findings.find(({ encoder }) => encoder === encode.encoder);
    if (finding === undefined || finding.error === '') continue;
    const fix = `Set cameras.${camera}.encode.encoder to auto, or install the driver and give the user its device.`;
    return fail(name, `camera ${camera} asks for ${finding.encoder}, which does not open: ${finding.error}`, fix);
  }
  if (usable.length > 0) return ok(name, usable.join(', '));
  return ok(name, `none, x264 on the CPU is used (${others.join('; ')})`);
};
