/** `garim tune`: measures what a camera costs on this box, and proposes settings and a number of cameras. Changes nothing. */
import os from 'node:os';
import { Command } from 'commander';
import { UserError } from '../base/errors.ts';
import { rootLog } from '../base/log.ts';
import { openModelStore } from '../camera/detect/store.ts';
import { openNetwork } from '../camera/evaluate/network.ts';
import { type BoxCost, type CameraSize, measureBox, SIZES_PX, sizeOfCamera } from '../camera/tune/measure.ts';
import { type Proposal, propose } from '../camera/tune/propose.ts';
import { loadConfig } from '../config/load.ts';

/** A camera as most are, where none is named. */
const TYPICAL: CameraSize = { widthPx: 1920, heightPx: 1080, frameRate: 25 };

interface TuneOptions {
  config?: string;
  camera?: string;
  state?: string;
}

export function tuneCommand(): Command {
  const command = new Command('tune')
    .description('measure this box, and propose detection settings and a number of cameras')
    .option('--config <file>', 'configuration file; without it garim.yaml in the working directory, if there is one')
    .option(
      '--camera <name>',
      'a camera of the configuration whose picture size and rate count (default: 1920x1080, 25/s)',
    )
    .option('--state <dir>', 'folder for users, keys and models of this box (default: state)')
    .addHelpText(
      'after',
      '\nRun it while the box has nothing else to do: what else runs is not counted as load of the cameras.',
    );
  return command.action(async (options: TuneOptions) => {
    rootLog.level = 'silent'; // what matters is said below
    const print = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
    await tune(options, print);
  });
}

async function tune({ config: file, camera: name, state }: TuneOptions, print: (line: string) => void): Promise<void> {
  const loaded = await loadConfig({
    ...(file !== undefined && { file }),
    ...(state !== undefined && { state }),
    cameras: [],
    env: process.env,
  });
  const size = name === undefined ? TYPICAL : await sizeOf(name, loaded);
  const detector = await openNetwork({
    store: openModelStore({ stateDir: loaded.config.state, env: process.env }),
    log: rootLog,
    provider: 'auto', // as a camera process does
  });
  try {
    const cost = await measureBox(detector, size);
    const cores = os.availableParallelism();
    for (const line of linesOf(size, cost, detector.state.models)) print(line);
    for (const line of proposalOf(name, propose(cost, size, cores), cores)) print(line);
  } finally {
    await detector.close();
  }
}

async function sizeOf(name: string, { config, sources }: Awaited<ReturnType<typeof loadConfig>>): Promise<CameraSize> {
  const settings = config.cameras[name];
  const url = sources[name];
  if (settings === undefined || url === undefined) {
    const names = Object.keys(config.cameras).join(', ') || 'none';
    throw new UserError(`there is no camera ${name} in the configuration`, { fix: `it names: ${names}` });
  }
  return sizeOfCamera({ url, transport: settings.transport, ca: settings.tls?.ca });
}

function linesOf(
  size: CameraSize,
  { wholeMs, tileMs, decodeMs, encodeMs, restMs }: BoxCost,
  models: string[],
): string[] {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const rate = (value: number): string => `${(1000 / value).toFixed(0)} frames/s on one core`;
  return [
    `a camera of ${size.widthPx}x${size.heightPx} px, ${size.frameRate.toFixed(0)} frames/s; ${models.join(', ')}`,
    `network      ${SIZES_PX.map((px) => `${px} px ${ms(wholeMs[px])}`).join(', ')}${tileMs === undefined ? '' : `; a tile ${ms(tileMs)}`}`,
    `decoding     ${ms(decodeMs)} a frame: ${rate(decodeMs)} (H.264)`,
    `encoding     ${ms(encodeMs)} a frame: ${rate(encodeMs)} (x264)`,
    `all but the network: ${ms(restMs)} a frame`,
  ];
}

function proposalOf(name = 'NAME', proposal: Proposal, cores: number): string[] {
  const { detect, delayMs, looksPerS, coresEach, cameras, warning } = proposal;
  const count = `${cameras} camera${cameras === 1 ? '' : 's'}`;
  return [
    `each camera takes ${coresEach.toFixed(2)} of ${cores} cores, with ${looksPerS.toFixed(1)} looks a second`,
    warning ?? `this box carries ${count} like this one, with 30 % to spare`,
    '',
    'cameras:',
    `  ${name}:`,
    '    detect:',
    `      longSidePx: ${detect.longSidePx}`,
    `      intervalMs: ${detect.intervalMs}`,
    `      tiles: ${detect.tiles}`,
    `    delayMs: ${delayMs}`,
  ];
}
