/**
 * One message per line from a file that grows. It begins at the file's end: older lines belong to windows that nobody watched. A file that
 * was rotated (another one has its name) is read to its end, then the new one from its beginning; so is one that was cut short.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { linesInto } from './lines.ts';
import type { Intake, IntakeSink, IntakeState } from './port.ts';

const POLL_MS = 250;
const CHUNK_BYTES = 64 * 1024;

export function openFileIntake(file: string, sink: IntakeSink): Intake {
  const tail = new Tail(file, sink);
  return { state: tail.state, close: () => tail.close() };
}

class Tail {
  readonly state: IntakeState = { state: 'connecting', lastError: '' };
  readonly #file: string;
  readonly #sink: IntakeSink;
  readonly #lines;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #handle: FileHandle | undefined;
  #inode = 0;
  #position = 0;
  #isFirstLook = true;

  constructor(file: string, sink: IntakeSink) {
    this.#file = file;
    this.#sink = sink;
    this.#lines = linesInto(sink, MESSAGE_BYTES_MAX);
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#handle?.close();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#look();
        Object.assign(this.state, { state: 'connected', lastError: '' });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const lastError = `${this.#file}: ${(error as NodeJS.ErrnoException).code ?? 'not readable'}`;
        Object.assign(this.state, { state: 'lost', lastError });
      }
      this.#isFirstLook = false;
      await sleep(POLL_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    if (this.#handle === undefined) await this.#open();
    await this.#readOn();
    const named = await stat(this.#file);
    if (named.ino !== this.#inode) {
      await this.#readOn(); // what was written between reading and looking
      this.#lines.end();
      await this.#handle?.close();
      this.#handle = undefined;
      await this.#open();
      await this.#readOn();
    } else if (named.size < this.#position) {
      this.#position = 0;
      this.#lines.reset();
      await this.#readOn();
    }
  }

  async #open(): Promise<void> {
    const handle = await open(this.#file, 'r');
    const { ino, size } = await handle.stat();
    this.#handle = handle;
    this.#inode = ino;
    this.#position = this.#isFirstLook ? size : 0;
    this.#lines.reset();
    if (this.#position === 0) return;
    const { bytesRead } = await handle.read(this.#chunk, 0, 1, this.#position - 1);
    if (bytesRead === 1 && this.#chunk[0] !== 10) this.#lines.skipLine();
  }

  async #readOn(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { bytesRead } = await this.#handle!.read(this.#chunk, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      this.#lines.push(this.#chunk.subarray(0, bytesRead));
      const waitMs = this.#sink.waitMs();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#stop.signal });
    }
  }
}
