/** `garim simulate`: writes a clip of the simulated street, and the truth about it, for tests, demos and measurements. */
import { type FileHandle, open } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, UserError } from '../base/errors.ts';
import { discard, partialNameFor, publish } from '../base/whole-file.ts';
import { createStreet } from '../camera/capture/simulated/street.ts';
import { createSurface } from '../camera/draw/surface.ts';
import { ClipWriter } from '../camera/encode/clip-writer.ts';
import { Redactor } from '../camera/redact/redactor.ts';
import { parseSimulated, STREET_DEFAULTS } from '../config/simulated.ts';

interface SimulateOptions {
  out: string;
  truth?: string;
  seconds: number;
  seed: number;
  night: boolean;
  rain: boolean;
  markers: boolean;
  width: number;
  height: number;
  fps: number;
}

/** The subcommand. Throws UserError for impossible options, WorldError when the clip can't be written; leaves no partial file. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('write a clip of a simulated street, and the truth about it')
    .requiredOption('--out <file>', 'clip to write, MP4 with H.264')
    .option('--truth <file>', 'one JSON line per frame: all faces, plates, persons and vehicles on it')
    .option('--seconds <n>', 'length of the clip', number, 20)
    .option('--seed <n>', 'which street: the same seed is the same clip', number, STREET_DEFAULTS.seed)
    .option('--night', 'at night', false)
    .option('--rain', 'in the rain', false)
    .option('--markers', 'some persons show the common marker', false)
    .option('--width <px>', 'width of the picture', number, STREET_DEFAULTS.widthPx)
    .option('--height <px>', 'height of the picture', number, STREET_DEFAULTS.heightPx)
    .option('--fps <n>', 'pictures per second', number, STREET_DEFAULTS.frameRate)
    .addHelpText('after', '\nExample:\n  garim simulate --out street.mp4 --truth street.ndjson --seconds 60 --night');
  return command.action(async () => simulate(command.opts<SimulateOptions>()));
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('write a number');
  return value;
}

async function simulate(options: SimulateOptions): Promise<void> {
  const { seed, seconds, night, rain, markers, width, height, fps } = options;
  const query = new URLSearchParams({ width: `${width}`, height: `${height}`, fps: `${fps}`, seconds: `${seconds}` });
  // One place knows what a street may be like: the camera URL's.
  const weather = `night=${Number(night)}&rain=${Number(rain)}&markers=${Number(markers)}`;
  const { street } = parseSimulated(`simulated:${seed}?${query}&${weather}`);
  if (options.truth === options.out)
    throw new UserError('--out and --truth name the same file', { fix: 'name two files' });
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    await writeAll(options, await createStreet(street), stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function writeAll(
  options: SimulateOptions,
  street: Awaited<ReturnType<typeof createStreet>>,
  stop: AbortSignal,
): Promise<void> {
  const { frameRate, widthPx, heightPx } = street.options;
  const frames = Math.max(1, Math.round(options.seconds * frameRate));
  const surface = createSurface(widthPx, heightPx);
  using redactor = new Redactor('solid'); // makes frames of drawn pictures; nothing is covered here
  const truth = options.truth === undefined ? undefined : await TruthWriter.open(options.truth);
  const clip = new ClipWriter(options.out, frameRate);
  try {
    let encoding: Promise<void> = Promise.resolve();
    for (let index = 0; index < frames; index++) {
      const line = street.renderInto(index, surface);
      const frame = redactor.fromSurface(surface, Math.round((index * 1e6) / frameRate), 0);
      await encoding;
      // Encodes while the next frame is drawn.
      encoding = clip.write(frame);
      encoding.catch(() => undefined);
      await truth?.write(`${JSON.stringify(line)}\n`);
      showProgress(index + 1, frames);
      if (stop.aborted) throw new UserError('interrupted; nothing was written');
    }
    await encoding;
    await clip.finish();
    await truth?.finish();
  } catch (error) {
    await clip.abandon();
    await truth?.abandon();
    throw error;
  }
}

/** The truth goes to a file of its own name only when it is whole, as the clip does. */
class TruthWriter {
  readonly #file: string;
  readonly #partial: string;
  readonly #handle: FileHandle;

  private constructor(file: string, partial: string, handle: FileHandle) {
    this.#file = file;
    this.#partial = partial;
    this.#handle = handle;
  }

  static async open(file: string): Promise<TruthWriter> {
    const partial = partialNameFor(file);
    try {
      return new TruthWriter(file, partial, await open(partial, 'w'));
    } catch (error) {
      throw new UserError(`can't write ${file}: ${messageOf(error)}`, {
        fix: 'name a file in a folder that exists',
        cause: error,
      });
    }
  }

  async write(text: string): Promise<void> {
    await this.#handle.write(text);
  }

  async finish(): Promise<void> {
    await this.#handle.close();
    await publish(this.#partial, this.#file);
  }

  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await discard(this.#partial);
  }
}

function showProgress(done: number, all: number): void {
  if (!process.stderr.isTTY) return;
  if (done % 10 === 0 || done === all) process.stderr.write(`\r${done} of ${all} frames${done === all ? '\n' : ''}`);
}
