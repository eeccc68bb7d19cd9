/** What the checks ask of the machine. Injected, so that each finding can be tested without a machine that has it. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import os from 'node:os';

export interface System {
  nodeVersion: string;
  platform: NodeJS.Platform;
  arch: string;
  cpus: { model: string }[];
  /** Of the machine or of this container, whichever is less. */
  memoryTotalBytes: number;
  wallMs(): number;
  /** Text of a file, or undefined when it can't be read. */
  readText(file: string): Promise<string | undefined>;
  /** Permission bits of a file, or undefined when there is none. */
  modeOf(file: string): Promise<number | undefined>;
  /** `MAJOR:MINOR` of the device that holds a file, or undefined when there is none. */
  deviceOf(file: string): Promise<string | undefined>;
  canAccess(file: string, want: 'read' | 'write'): Promise<boolean>;
  /** Bytes free for this user on the file system of a path that exists. */
  freeBytes(path: string): Promise<number>;
  /** Output of a program, or why there is none. Ended after 5 s. */
  run(program: string, args: readonly string[]): Promise<{ output: string } | { error: string }>;
  /** Undefined once a TCP connection stands, else the error code. */
  connect(host: string, port: number, timeoutMs: number): Promise<string | undefined>;
  /** Undefined when a TCP port can be listened on, else the error code. */
  listen(host: string, port: number): Promise<string | undefined>;
}

export const realSystem: System = {
  nodeVersion: process.versions.node,
  platform: process.platform,
  arch: process.arch,
  cpus: os.cpus(),
  memoryTotalBytes: Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  wallMs: () => Date.now(),
  readText: (file) => readFile(file, 'utf8').catch(() => undefined),
  modeOf: (file) =>
    stat(file).then(
      ({ mode }) => mode & 0o7777,
      () => undefined,
    ),
  deviceOf: (file) =>
    stat(file).then(
      // As the kernel splits a 64-bit number for user space.
      ({ dev }) => `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`,
      () => undefined,
    ),
  canAccess: (file, want) =>
    access(file, want === 'read' ? constants.R_OK : constants.W_OK).then(
      () => true,
      () => false,
    ),
  freeBytes: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
  run: (program, args) =>
    new Promise((resolve) => {
      execFile(program, [...args], { timeout: 5000, killSignal: 'SIGKILL', encoding: 'utf8' }, (error, stdout) => {
        if (error === null) resolve({ output: stdout });
        else resolve({ error: error.killed ? 'no answer within 5 s' : `${error.signal ?? error.code ?? 'failed'}` });
      });
    }),
  connect: (host, port, timeoutMs) =>
    new Promise((resolve) => {
      const socket = connect({ host, port });
      const done = (error?: string): void => {
        socket.destroy();
        resolve(error);
      };
      socket.setTimeout(timeoutMs, () => done('ETIMEDOUT'));
      socket.once('connect', () => done());
      socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'failed'));
    }),
  listen: (host, port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'));
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
    }),
};
