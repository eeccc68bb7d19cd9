/** Runs the real command. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../edge/base/paths.ts';

const main = path.join(packageRoot, 'dist', 'edge', 'main.js');

/** Only bounds hanging. */
const RUN_MS_MAX = 400_000;

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface GarimOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Called once the process is started. */
  onStart?: (child: ChildProcess) => void;
}

export function garim(args: readonly string[], { cwd, env = {}, onStart }: GarimOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_MS_MAX,
      killSignal: 'SIGKILL',
    });
    const outcome = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      outcome.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      outcome.stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...outcome }));
    onStart?.(child);
  });
}
