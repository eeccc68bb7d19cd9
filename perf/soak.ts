/**
 * `npm run soak -- [--minutes 20] [--reconnect-s 60] [--clip FILE] [--csv soak.csv]`: `garim run` against a camera that is killed and
 * comes back every minute, with a viewer that pulls all the time. Samples memory, file descriptors, threads and handles of both processes
 * every five seconds. Exit code 1 when memory grows by more than 1 MB a minute after the warm-up, when descriptors, threads or handles
 * grow, or when the camera process had to be restarted.
 *
 * Needs GStreamer's RTSP server (test/support/rtsp-server.ts). Under 20 minutes the trend of memory is a hint only: V8 and malloc take
 * several minutes to find their size.
 */
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Packet } from 'node-av/lib';
import { MediaInput } from '../edge/camera/capture/input.ts';
import { rtspServerMissing, startRtspServer } from '../test/support/rtsp-server.ts';
import { defaultClip } from './bench/clip.ts';
import { findFfmpeg } from './bench/sides.ts';
import { median } from './bench/usage.ts';
import { type GarimRun, startGarim, useOf } from './support/garim-run.ts';

const SAMPLE_MS = 5_000;
const WARM_UP_MIN = 3;
const GROWTH_MB_PER_MIN_MAX = 1;
/** Descriptors, threads and handles may differ by this between the first and the last third: a viewer or a reconnect is under way. */
const COUNT_GROWTH_MAX = 3;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    'reconnect-s': { type: 'string', default: '60' },
    clip: { type: 'string' },
    csv: { type: 'string', default: 'soak.csv' },
  },
});

const COLUMNS = [
  ...['minute', 'agentRssMb', 'agentFds', 'agentThreads', 'agentHandles'],
  ...['cameraPid', 'cameraRssMb', 'cameraFds', 'cameraThreads', 'packets'],
] as const;
type Row = Record<(typeof COLUMNS)[number], number>;

const missing = rtspServerMissing();
if (missing) throw new Error(missing);
const clip = values.clip ?? (await defaultClip(findFfmpeg(), 1920, 1080)).path;
const minutes = Number(values.minutes);
await using camera = await startRtspServer({ mounts: { cam: { file: clip, codec: 'copy' } } });
await using garim = await startGarim(camera.url('cam'));
const viewer = { packets: 0, connects: 0, isStopped: false };
const watching = watch(garim.feedUrl);
const rows = await sampleFor(minutes, garim);
viewer.isStopped = true;
await watching;
process.exitCode = judge(rows) ? 0 : 1;

/** Pulls the filtered feed until it is told to stop; a viewer that is cut off comes back. */
async function watch(url: string): Promise<void> {
  using packet = new Packet();
  packet.alloc();
  while (!viewer.isStopped) {
    const input = new MediaInput({ kind: 'rtsp', url }, { transport: 'tcp' });
    try {
      await input.open();
      viewer.connects++;
      while (!viewer.isStopped && (await input.read(packet))) viewer.packets++;
    } catch {
      await sleep(500);
    } finally {
      await input.close();
    }
  }
}

async function sampleFor(minutes: number, garim: GarimRun): Promise<Row[]> {
  const rows: Row[] = [];
  const csv = createWriteStream(values.csv);
  csv.write(`${COLUMNS.join(',')}\n`);
  const startedMs = performance.now();
  let cutMs = startedMs + Number(values['reconnect-s']) * 1000;
  for (let nowMs = startedMs; nowMs - startedMs < minutes * 60_000; nowMs = performance.now()) {
    if (nowMs >= cutMs) {
      cutMs += Number(values['reconnect-s']) * 1000;
      await camera.kill('SIGKILL');
      await sleep(2_000);
      await camera.restart();
    }
    const row = await sample(garim, (nowMs - startedMs) / 60_000);
    rows.push(row);
    csv.write(`${COLUMNS.map((name) => Math.round(row[name] * 100) / 100).join(',')}\n`);
    await sleep(SAMPLE_MS);
  }
  csv.end();
  return rows;
}

async function sample(garim: GarimRun, minute: number): Promise<Row> {
  const agent = useOf(garim.agentPid);
  const cameraPid = garim.cameraPid();
  const camera = cameraPid === undefined ? undefined : useOf(cameraPid);
  const handles = /^nodejs_active_resources_total (\d+)/m.exec(await garim.metrics())?.[1];
  return {
    minute,
    agentRssMb: agent?.rssMb ?? Number.NaN,
    agentFds: agent?.fds ?? Number.NaN,
    agentThreads: agent?.threads ?? Number.NaN,
    agentHandles: Number(handles),
    cameraPid: cameraPid ?? Number.NaN,
    cameraRssMb: camera?.rssMb ?? Number.NaN,
    cameraFds: camera?.fds ?? Number.NaN,
    cameraThreads: camera?.threads ?? Number.NaN,
    packets: viewer.packets,
  };
}

function judge(all: readonly Row[]): boolean {
  const rows = all.filter((row) => row.minute >= WARM_UP_MIN);
  if (rows.length < 12) throw new Error(`too short: give it more than ${WARM_UP_MIN + 1} minutes`);
  let isGood = true;
  const say = (isFine: boolean, text: string): void => {
    console.log(`${isFine ? 'ok  ' : 'FAIL'} ${text}`);
    isGood &&= isFine;
  };
  for (const name of ['agentRssMb', 'cameraRssMb'] as const) {
    const known = rows.filter((row) => Number.isFinite(row[name]));
    const growth = slope(known.map((row) => [row.minute, row[name]]));
    const values = known.map((row) => row[name]);
    const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} MB`;
    say(growth <= GROWTH_MB_PER_MIN_MAX, `${name}: ${range}, ${growth.toFixed(2)} MB/min after ${WARM_UP_MIN} min`);
  }
  const third = Math.floor(rows.length / 3);
  for (const name of ['agentFds', 'agentThreads', 'agentHandles', 'cameraFds', 'cameraThreads'] as const) {
    const of = (part: Row[]): number => median(part.map((row) => row[name]).filter(Number.isFinite));
    const [first, last] = [of(rows.slice(0, third)), of(rows.slice(-third))];
    say(last - first <= COUNT_GROWTH_MAX, `${name}: ${first} in the first third, ${last} in the last`);
  }
  const pids = new Set(all.map((row) => row.cameraPid).filter(Number.isFinite));
  say(pids.size === 1, `${pids.size - 1} restarts of the camera process`);
  const perMinute = viewer.packets / all.at(-1)!.minute;
  say(
    viewer.connects === 1,
    `the viewer connected ${viewer.connects} times and got ${perMinute.toFixed(0)} packets a minute`,
  );
  return isGood;
}

/** Median of the slopes of all pairs (Theil and Sen): single collections don't bend it. */
function slope(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = [];
  for (const [i, [x, y]] of points.entries()) {
    for (const [x0, y0] of points.slice(0, i)) slopes.push((y - y0) / (x - x0));
  }
  return median(slopes);
}
