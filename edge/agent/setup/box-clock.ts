/**
 * What the box has its time from. The agent may not set clocks: the name of a server is left where a service of the box, as root, finds it
 * (`garim time`, garim-time.path), and is in force when that service has written it down.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { writeDurably } from '../../base/durable-file.ts';
import { WorldError } from '../../base/errors.ts';
import { TIME_DROP_IN, TIME_SERVER, timeDropIn } from '../../base/time-source.ts';
import { askTimeServer } from './time-server.ts';

/** From the request to the box's own file: a process starts. */
const TAKEN_MS_MAX = 15_000;
const LOOK_EVERY_MS = 100;
const ANSWER_MS_MAX = 5_000;

/** Empty: the clock is only looked at. */
export const timeRequest = z.strictObject({
  server: z
    .string()
    .trim()
    .refine((text) => text === '' || TIME_SERVER.test(text), 'write a host name or an address'),
});

export interface BoxClockParts {
  clock: Clock;
  /** Where the box's service looks for the name of a server; undefined where there is none. */
  requestFile: string | undefined;
  /** Tests have a server on a port of their own, and a file of their own. */
  port?: number;
  dropIn?: string;
}

export interface BoxClock {
  /** As systemd says; undefined where it can't be asked. */
  isSynchronised: boolean | undefined;
  /** Of the server that was named. */
  offsetMs?: number;
  /** Whether the box follows that server now. */
  isTaken?: boolean;
}

/** @throws UserError when the server has no time for this box, WorldError when the box does not take it */
export async function boxClock(server: string, parts: BoxClockParts): Promise<BoxClock> {
  if (server === '') return { isSynchronised: await isSynchronised() };
  const { clock, requestFile, port, dropIn = TIME_DROP_IN } = parts;
  const offsetMs = await askTimeServer(server, clock, port);
  if (requestFile !== undefined) {
    await writeDurably(requestFile, `${server}\n`);
    const wanted = timeDropIn(server);
    for (let waitedMs = 0; (await readFile(dropIn, 'utf8').catch(() => '')) !== wanted; waitedMs += LOOK_EVERY_MS) {
      if (waitedMs >= TAKEN_MS_MAX) {
        throw new WorldError(
          'process-lost',
          `server: ${server} answers, and the box did not take it: journalctl -u garim-time`,
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
  return { isSynchronised: await isSynchronised(), offsetMs, isTaken: requestFile !== undefined };
}

async function isSynchronised(): Promise<boolean | undefined> {
  const args = ['show', '--property=NTPSynchronized', '--value'];
  const answer = await promisify(execFile)('timedatectl', args, { timeout: ANSWER_MS_MAX }).catch(() => undefined);
  const word = answer?.stdout.trim();
  return word === 'yes' ? true : word === 'no' ? false : undefined;
}
