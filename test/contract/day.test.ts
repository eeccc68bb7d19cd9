/**
 * Goal: a day of schedules, retention, key epochs and certificates passes as it should: nothing is kept beyond its time, nothing is released or
 * recorded twice, no window is left out, and nothing piles up. A legal order begins and ends in it, and changes what it names for its time only.
 * And clocks that are set, by hours or by decades, change none of it. Method: the real parts of a box on simulated time, over midnights and an
 * hour that comes twice where the box stands.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { boxCertificate, ownFilesIn } from '../../edge/agent/certificate/own.ts';
import type { TlsSettings } from '../../edge/config/tls.ts';
import { bucketOf } from '../../edge/ledger/bucket.ts';
import { msOf } from '../../edge/ledger/window.ts';
import type { Release } from '../../edge/sensor/messages.ts';
import {
  DAY_MS,
  DEVICES_PER_STEP,
  DEVICES_PER_WINDOW,
  HOUR_MS,
  MINUTE_MS,
  REFUSING_PER_STEP,
  SEGMENT_BYTES,
  SEGMENTS_MB_MAX,
  SimulatedBox,
  STEP_MS,
  WINDOW_MS,
} from '../support/simulated-box.ts';
import { TempDir } from '../support/temp.ts';

process.env['TZ'] = 'Europe/Berlin';
/** That night the clocks of Berlin go back, at 01:00 UTC. */
const START_MS = Date.UTC(2026, 9, 24, 20);
const HOURS = 27;
/** Of addresses at the corner; it ends in the middle of a window. */
const ORDER = {
  reference: '2026-117',
  sensors: ['corner'],
  categories: ['mac-address' as const],
  from: new Date(START_MS + 7 * HOUR_MS).toISOString(),
  until: new Date(START_MS + 8 * HOUR_MS + 20 * MINUTE_MS).toISOString(),
};

/** A certificate as an authority gives it to somebody, beside the box's own. */
async function given(dir: string, name: string): Promise<TlsSettings> {
  const { cert, key } = await boxCertificate(path.join(dir, name), [], {
    wallMs: () => START_MS,
    monotonicMs: () => 0,
  });
  return { cert, key };
}

const fingerprintOf = (file: string): string => new X509Certificate(readFileSync(file)).fingerprint256;
const startsOf = (leaves: readonly { window?: readonly [start: string, duration: string] | undefined }[]): number[] =>
  leaves.map(({ window }) => msOf(window?.[0] ?? ''));

test('a day and a night', async () => {
  using dir = new TempDir();
  const rtspTls = await given(dir.path, 'old');
  const nextTls = await given(dir.path, 'new');
  // Two hours into the day 60 days are left of the box's own certificate.
  const madeMsAgo = (820 - 60) * DAY_MS - 2 * HOUR_MS;
  await using box = await SimulatedBox.open({ wallStartMs: START_MS, madeMsAgo, rtspTls, legalOrders: [ORDER] });
  const { time } = box;
  const own = ownFilesIn(box.dir);
  const firstOwn = fingerprintOf(own.cert);
  const firstKey = readFileSync(own.key, 'utf8');
  assert.equal(await box.shown('http'), firstOwn);

  await box.watch();
  const [busy, idle] = [box.login(), box.login()];
  await box.optIn();
  const { code: firstCode } = box.presence.current();
  const codes = new Set<string>([firstCode]);
  const epochsSeen = new Set<number>();
  let timersAfterAnHour = 0;

  for (let hour = 1; hour <= HOURS; hour++) {
    await box.pass(HOUR_MS);
    codes.add(box.presence.current().code);
    if (hour % 2 === 0) assert.equal((await box.snapshot()).admitted, true);
    assert.equal(box.sessions.use(busy.id), 'operator', `hour ${hour}`);
    assert.equal(box.hasOptedIn, hour < 24, `an opt-in holds for a day, hour ${hour}`);
    assert.ok('untilMs' in (await box.pause()), `hour ${hour}`);
    assert.deepEqual(await box.choices.isPaused('bus', time.wallMs()), true);
    for (const epoch of box.tokenEpochs()) epochsSeen.add(epoch);
    if (hour === 1) timersAfterAnHour = time.timers;
    else assert.ok(time.timers <= timersAfterAnHour + 1, `${time.timers} timers in hour ${hour}`); // one log line may wait
    const left = Date.parse(new X509Certificate(readFileSync(own.cert)).validTo) - time.wallMs();
    assert.ok(left > 59 * DAY_MS, 'never close to its end');
    assert.equal(await box.shown('http'), fingerprintOf(own.cert), 'what is on the disk is served');
    for (const { expires } of box.detailKeys())
      assert.ok(msOf(minuteOfName(expires)) > time.wallMs() - 2 * MINUTE_MS, expires);
    const total = box.segments().length * SEGMENT_BYTES;
    assert.ok(total < SEGMENTS_MB_MAX * 1e6 + 2 * SEGMENT_BYTES, `${total} bytes of segments`);
    if (hour === 10) {
      // Somebody copies a certificate, and its key a while later.
      copyFileSync(nextTls.cert, rtspTls.cert);
      await box.pass(5 * MINUTE_MS);
      assert.match(box.certificates.notices().join(), /rtsp\.tls\.key: .* does not hold the private key/);
      assert.notEqual(await box.shown('rtsp'), fingerprintOf(nextTls.cert), 'half a pair is not served');
      copyFileSync(nextTls.key, rtspTls.key);
      await box.pass(5 * MINUTE_MS);
      assert.deepEqual(box.certificates.notices(), []);
      assert.equal(await box.shown('rtsp'), fingerprintOf(nextTls.cert));
      await box.pass(50 * MINUTE_MS); // keeps hours whole
      hour++;
    }
  }

  assert.equal(box.sessions.use(idle.id), undefined, 'a forgotten tablet is out');
  assert.notEqual(fingerprintOf(own.cert), firstOwn, 'the certificate was renewed');
  assert.equal(readFileSync(own.key, 'utf8'), firstKey, 'with its key');
  assert.ok(new X509Certificate(readFileSync(own.cert)).checkHost('pole-7.example'), 'and its names');
  assert.deepEqual(box.lapses, []);

  const windows = (HOURS * HOUR_MS) / WINDOW_MS;
  const expected = Array.from({ length: windows }, (_, i) => START_MS + i * WINDOW_MS);
  const collected = await box.leaves('collect');
  for (const name of ['gate', 'corner']) {
    const starts = startsOf(collected.filter(({ sensor }) => sensor === name));
    assert.deepEqual(starts.slice(0, windows), expected.slice(0, starts.length), `${name}: each window once, in order`);
    assert.ok(starts.length >= windows - 1, `${name}: ${starts.length} windows`);
  }
  assert.equal(
    new Set(collected.map(({ presence }) => presence)).size,
    new Set(startsOf(collected)).size,
    'a code of its own for each window',
  );
  assert.ok(codes.size > HOURS - 3);

  // A day after their windows keys are gone, each with its leaf.
  const shredded = startsOf(await box.leaves('shred'));
  assert.equal(new Set(shredded).size, shredded.length, 'none twice');
  assert.deepEqual(shredded.sort(), expected.slice(0, shredded.length));
  assert.ok(shredded.length >= (2.5 * HOUR_MS) / WINDOW_MS, `${shredded.length} shredded`);
  assert.ok((await box.leaves('retention')).every(({ late }) => late === bucketOf(0)));

  // Pull leaves of the viewer follow one another without a gap or an overlap.
  const pulls = await box.leaves('pull');
  const watched = startsOf(pulls.filter(({ puller }) => puller === 'user:operator'));
  assert.deepEqual(
    watched,
    Array.from({ length: watched.length }, (_, i) => START_MS + i * HOUR_MS),
  );
  assert.ok(watched.length >= HOURS && watched.length <= HOURS + 1, `${watched.length} windows of use`);

  // The window that was open at the start is left out; of each later one there is one release, a window late, with who was there.
  assert.equal(new Set(box.releases.map(({ id }) => id)).size, box.releases.length);
  const released = box.releases.map(({ window }) => window.startMs);
  assert.deepEqual(released, expected.slice(released[0] === START_MS ? 0 : 1).slice(0, released.length));
  assert.ok(released.length >= windows - 4, `${released.length} releases`);
  for (const { window, atMs, cells } of box.releases) {
    assert.ok(atMs >= window.endMs + WINDOW_MS, 'not before its time');
    // Who refuses counts while the order holds, reading by reading, and at no other time.
    assert.deepEqual(
      cells.map(({ figures }) => figures),
      [{ contributors: DEVICES_PER_WINDOW + orderedIn(window) }],
      new Date(window.startMs).toISOString(),
    );
  }
  const steps = (HOURS * HOUR_MS) / STEP_MS;
  const ordered = expected.reduce((sum, startMs) => sum + orderedIn({ startMs, endMs: startMs + WINDOW_MS }), 0);
  assert.equal(ordered, (80 / 5) * REFUSING_PER_STEP);
  assert.deepEqual([box.withheld, box.dropped], [{}, { choice: steps * REFUSING_PER_STEP - ordered }]);

  // Each use of the order is logged under its number, by nothing else, while it holds; nobody stands there.
  const uses = box.logged.filter(({ msg }) => msg.includes('legal order'));
  let logged = 0;
  for (const { msg, atMs } of uses) {
    const [, times] = /^(\d+) × use of a legal order at sensor corner, last was: 2026-117$/.exec(msg) ?? [];
    assert.ok(times !== undefined, msg);
    assert.ok(atMs >= Date.parse(ORDER.from) && atMs <= Date.parse(ORDER.until) + MINUTE_MS, `${msg} at ${atMs}`);
    logged += Number(times);
  }
  assert.equal(logged, (80 / 5) * (DEVICES_PER_STEP + REFUSING_PER_STEP), 'of each reading that it decided');
  // On record stands, in steps that single nobody out, what was left out of each window: nothing of those in which the order held from end to end.
  // What is read at a step's beginning is told at its end.
  for (const { window, messages } of collected.filter(({ sensor }) => sensor === 'corner')) {
    const startMs = msOf(window[0]) - STEP_MS;
    const read = startMs < START_MS ? WINDOW_MS - STEP_MS : WINDOW_MS;
    const leftOut = (read / STEP_MS) * REFUSING_PER_STEP - orderedIn({ startMs, endMs: startMs + WINDOW_MS });
    assert.equal(messages?.dropped, bucketOf(leftOut), window[0]);
  }

  const today = Math.floor(time.wallMs() / DAY_MS);
  assert.ok(epochsSeen.size >= 2, 'keys of tokens are drawn anew each day');
  assert.ok(box.tokenEpochs().every((epoch) => epoch === today || epoch === today - 1));
});

test('a box without a clock: it begins in 1970, network time arrives, is decades ahead for a while, and comes back', async () => {
  using dir = new TempDir();
  const rtspTls = await given(dir.path, 'rtsp');
  const toMs = (wallMs: number): number => wallMs - box.time.wallMs();
  await using box = await SimulatedBox.open({ wallStartMs: HOUR_MS, madeMsAgo: -START_MS, rtspTls });
  const { time } = box;
  const own = ownFilesIn(box.dir);
  const session = box.login();
  const made = fingerprintOf(own.cert);
  await box.watch();
  await box.pass(30 * MINUTE_MS);
  assert.equal(
    await box.shown('http'),
    made,
    'a certificate of tomorrow is not given up for half an hour of yesterday',
  );

  time.jump(toMs(START_MS)); // network time
  await box.pass(HOUR_MS + 5 * MINUTE_MS); // a release waits, and a window is open
  assert.equal(await box.shown('http'), made);
  const timers = time.timers;
  const spent = await box.optIn();
  assert.ok('untilMs' in (await box.pause()));
  const realSegments = box.segments();

  const AHEAD_MS = Date.UTC(2066, 0, 1);
  time.jump(toMs(AHEAD_MS));
  assert.equal(box.hasOptedIn, false, 'whose day is over by either clock has not opted in');
  await box.pass(2 * HOUR_MS);
  const ahead = box.detailKeys().filter(({ window }) => window.startsWith('2066'));
  assert.ok(ahead.length >= 8, `${ahead.length} keys of 2066`);
  const renewed = fingerprintOf(own.cert);
  assert.notEqual(renewed, made, 'by that clock it had run out');
  assert.ok((await box.pause()) !== undefined);
  await box.optIn();
  assert.equal(box.hasOptedIn, true);
  assert.equal((await box.snapshot()).admitted, true);

  time.jump(toMs(START_MS + 4 * HOUR_MS)); // it is mended
  assert.equal((await box.snapshot()).admitted, true);
  await box.pass(HOUR_MS - 5 * MINUTE_MS);
  assert.equal(box.sessions.use(session.id), 'operator', 'who works at the box stays logged in');
  assert.deepEqual(await spent.again(), { refused: 'token-expired' }, 'no token is worth anything twice');
  assert.ok(!box.choices.isPaused('bus', time.wallMs()), 'a pause of 2066 does not last until then');
  await box.pass(10 * MINUTE_MS);
  assert.notEqual(fingerprintOf(own.cert), renewed, 'a certificate of 2066 is of no use now');
  assert.ok(Date.parse(new X509Certificate(readFileSync(own.cert)).validFrom) < time.wallMs());
  assert.equal(await box.shown('http'), fingerprintOf(own.cert));

  await box.pass(25 * HOUR_MS);
  assert.deepEqual(
    box.detailKeys().filter(({ window }) => /^(1970|2066)/.test(window)),
    [],
    'not kept until 2066',
  );
  assert.equal(box.hasOptedIn, false, 'an opt-in lasts for a day that passes');
  assert.ok(time.timers <= timers + 1, `${time.timers} timers`);
  assert.deepEqual(box.lapses, []);

  // Segments of 2066 went when they were the oldest, and the newest are there.
  const left = box.segments();
  assert.ok(!left.some((name) => realSegments.includes(name) || /^(1970|2066)/.test(name)), left.join(' '));
  assert.ok(left.length * SEGMENT_BYTES > SEGMENTS_MB_MAX * 0.8e6);

  // A record of some hours, not of the years between: one viewer and one window at a time.
  const pulls = await box.leaves('pull');
  assert.ok(pulls.length < 40, `${pulls.length} pulls`);
  const snapshots = pulls.filter(({ puller }) => puller === 'user:desk');
  assert.deepEqual(
    startsOf(snapshots).map((ms) => new Date(ms).getUTCFullYear()),
    [2066, 2026],
    'a window of 2066 does not hold until then',
  );
  const collected = await box.leaves('collect');
  assert.ok(collected.length < 2 * (4 * 30 + 8), `${collected.length} windows`);

  // No table of a window that a clock cut in two, none twice, and after each jump they come again.
  assert.equal(new Set(box.releases.map(({ id }) => id)).size, box.releases.length);
  const yearOf = ({ window }: Pick<Release, 'window'>): number => new Date(window.startMs).getUTCFullYear();
  const tables = box.releases.filter((release) => yearOf(release) !== 1970); // times of 1970 are refused in messages
  for (const { cells, window, atMs } of tables) {
    const name = new Date(window.startMs).toISOString();
    assert.deepEqual(
      cells.map(({ figures }) => figures),
      [{ contributors: DEVICES_PER_WINDOW }],
      name,
    );
    assert.ok(atMs >= window.endMs + WINDOW_MS && atMs < window.endMs + 2 * WINDOW_MS, `${name} left at ${atMs}`);
  }
  const { withheld, dropped } = box;
  assert.ok((withheld['clock-jump'] ?? 0) > 0 && (dropped['clock-jump'] ?? 0) > 0, JSON.stringify([withheld, dropped]));
  for (const year of [2026, 2066])
    assert.ok(
      tables.some((release) => yearOf(release) === year),
      `${year}`,
    );
});

/** Readings of devices that refuse, and that an order covered: one step's come at its beginning. */
function orderedIn({ startMs, endMs }: { startMs: number; endMs: number }): number {
  const fromMs = Math.max(startMs, Date.parse(ORDER.from));
  const untilMs = Math.min(endMs, Date.parse(ORDER.until));
  return (Math.max(0, untilMs - fromMs) / STEP_MS) * REFUSING_PER_STEP;
}

function minuteOfName(name: string): string {
  return name.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5Z');
}
