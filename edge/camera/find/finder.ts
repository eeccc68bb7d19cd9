/**
 * The other side of find processes: one per question, with bounds on its memory, its time and what it may say. Nothing here connects to a
 * device.
 */
import { forkChild } from '../../base/child.ts';
import { WorldError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { scrub } from '../../base/secrets.ts';
import {
  DEVICES_MAX,
  type DeviceAddress,
  type DeviceFacts,
  type FailureReason,
  type FoundDevice,
  parseFromFinder,
  type ToFinder,
} from './messages.ts';

const FIND_PROCESS = new URL('process.js', import.meta.url);

/** Of the heap of a find process: ten times what the largest honest answer takes. */
const HEAP_MB_MAX = 96;
/** A question to one device: several answers of up to 8 s each, and the start of the process. */
const QUESTION_MS_MAX = 30_000;
/** What a search leaves out is told of so many answers; the rest is counted. */
const LEFT_OUT_MAX = 8;

export interface Search {
  devices: FoundDevice[];
  /** Answers that were left out, and why; at most LEFT_OUT_MAX, then a count. */
  leftOut: string[];
}

export interface DeviceLogin {
  address: DeviceAddress;
  user: string;
  password: string;
}

export interface FinderOptions {
  log: Log;
  /** Entry of the find process; tests bring their own. */
  entry?: URL;
  /** Milliseconds; QUESTION_MS_MAX unless said. */
  msMax?: number;
}

/** Never rejects for what devices answer. The same device, found twice, is told once. */
export async function searchDevices(
  interfaces: readonly string[],
  waitMs: number,
  options: FinderOptions,
): Promise<Search> {
  const devices = new Map<string, FoundDevice>();
  const leftOut: string[] = [];
  let more = 0;
  const leave = (why: string): void => {
    if (leftOut.length < LEFT_OUT_MAX) leftOut.push(why);
    else more++;
  };
  const msMax = waitMs + (options.msMax ?? QUESTION_MS_MAX);
  const end = await question({ type: 'discover', interfaces, waitMs }, { ...options, msMax }, (message) => {
    if (message.type === 'left-out') leave(message.why);
    if (message.type !== 'found') return 'go-on';
    devices.set(keyOf(message.device), message.device);
    return devices.size < DEVICES_MAX ? 'go-on' : 'enough';
  });
  if (end === 'enough') leave(`more than ${DEVICES_MAX} devices answered: the rest is left out`);
  else if (end !== 'done') leave(`the search broke off: ${end}`);
  if (more > 0) leftOut.push(`and ${more} more`);
  return { devices: [...devices.values()], leftOut };
}

/** @throws WorldError that says what the device did; its text holds no credential */
export function askDevice(login: DeviceLogin, options: FinderOptions): Promise<DeviceFacts> {
  return factsOf({ type: 'ask', ...login }, options);
}

/** Returns the clock's offset afterwards, milliseconds, where the device tells it. @throws WorldError */
export async function setDeviceClock(
  login: DeviceLogin,
  ntp: string | undefined,
  options: FinderOptions,
): Promise<number | undefined> {
  return (await factsOf({ type: 'set-clock', ntp, ...login }, options)).clockOffsetMs;
}

async function factsOf(request: Extract<ToFinder, { address: unknown }>, options: FinderOptions): Promise<DeviceFacts> {
  const { host, port } = request.address;
  const fail = (reason: FailureReason, why: string): WorldError =>
    new WorldError(
      reason === 'unauthorised' ? 'source-unauthorised' : 'source-unreachable',
      `${host} port ${port}: ${scrub(why)}`,
    );
  let facts: DeviceFacts | undefined;
  let failure: WorldError | undefined;
  const end = await question(request, options, (message) => {
    if (message.type === 'facts') facts = message.facts;
    if (message.type === 'failed') failure = fail(message.reason, message.why);
    return 'go-on';
  });
  if (failure !== undefined) throw failure;
  if (facts === undefined) {
    const why = end === 'done' ? 'its answer is not one that an ONVIF device gives' : `asking it broke off: ${end}`;
    throw fail('not-onvif', why);
  }
  return facts;
}

/** In the place of a message that breaks a bound. */
const UNFIT = { type: 'left-out', why: 'an answer that does not fit' } as const;

type FromFinder = NonNullable<ReturnType<typeof parseFromFinder>>;

/** Resolves with how it ended; the process is gone by then. */
function question(
  request: ToFinder,
  { log, entry = FIND_PROCESS, msMax = QUESTION_MS_MAX }: FinderOptions,
  take: (message: FromFinder) => 'go-on' | 'enough',
): Promise<'done' | 'enough' | (string & {})> {
  return new Promise((resolve) => {
    let end: string | undefined;
    const stop = (why: string): void => {
      end ??= why;
      child.kill();
    };
    const timer = setTimeout(() => stop(`no end within ${msMax / 1000} s`), msMax);
    const child = forkChild({
      entry,
      nodeFlags: [`--max-old-space-size=${HEAP_MB_MAX}`],
      log,
      onMessage: (raw) => {
        if (end !== undefined) return;
        const message = parseFromFinder(raw) ?? UNFIT;
        if (message.type === 'done') stop('done');
        else if (take(message) === 'enough') stop('enough');
      },
      onExit: (why) => {
        clearTimeout(timer);
        resolve(end ?? `the process that asked ended with ${why}`);
      },
    });
    child.send(request);
  });
}

function keyOf(device: FoundDevice): string {
  return device.via === 'onvif' ? `onvif ${device.id}` : `mdns ${device.host} ${device.port} ${device.path}`;
}
