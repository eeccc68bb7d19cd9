/**
 * Goal: coco-ssd's own loading and decoding runs in our thread from verified bytes alone, and whatever the thread does, calls are answered.
 * Method: a small graph model of the same signature on the real WASM backend; worker threads that stall, crash or lie.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { DetectorPicture, Verdict } from '../../../../../edge/camera/detect/port.ts';
import { createCocoSsdDetector } from '../../../../../edge/camera/detect/second/coco-ssd-detector.ts';
import { createSecondOpinion, wantsSecond } from '../../../../../edge/camera/detect/second/second-opinion.ts';
import { pullCocoSsd, readCocoSsd } from '../../../../../edge/camera/detect/second/weights.ts';
import { openModelStore } from '../../../../../edge/camera/detect/store.ts';
import { cocoModelFiles, serveFiles } from '../../../../support/coco-model.ts';
import { silentLog } from '../../../../support/models.ts';
import { TempDir } from '../../../../support/temp.ts';

const LONG_MS = 30_000;
const RED = [230, 0, 0];
const GREEN = [0, 204, 0];
const BLUE = [0, 0, 255];
const GREY = [60, 60, 60];

/** Four quarters of one colour each in the upper left of a picture that is otherwise white. */
function quarters(colours: number[][], contentWidthPx = 48, contentHeightPx = 40): DetectorPicture {
  const [widthPx, heightPx] = [64, 64];
  const rgb = new Uint8Array(widthPx * heightPx * 3).fill(255);
  for (let y = 0; y < contentHeightPx; y++) {
    for (let x = 0; x < contentWidthPx; x++) {
      const quarter = (y < contentHeightPx / 2 ? 0 : 2) + (x < contentWidthPx / 2 ? 0 : 1);
      rgb.set(colours[quarter]!, (y * widthPx + x) * 3);
    }
  }
  return { rgb, widthPx, heightPx, contentWidthPx, contentHeightPx };
}

async function storeWeights(dir: TempDir): Promise<void> {
  await using server = await serveFiles(cocoModelFiles());
  await pullCocoSsd(dir.path, server.url);
}

const openStore = (dir: TempDir) => openModelStore({ stateDir: dir.path, env: {} });

/** `settled` is known to the one implementation; the port leaves it out. */
const settled = (detector: object) => (detector as { settled(): Promise<void> }).settled();

function assertUnavailable(verdict: Verdict, detail: RegExp): void {
  assert.ok(verdict.kind === 'unavailable', JSON.stringify(verdict));
  assert.match(verdict.detail, detail);
}

test('persons and vehicles come out where they are, other things do not, and padding is not looked at', async (t) => {
  using dir = new TempDir();
  await storeWeights(dir);
  const detector = await createSecondOpinion({
    store: openStore(dir),
    stateDir: dir.path,
    isWanted: true,
    log: silentLog,
  });
  assert.ok(detector);
  t.after(() => detector.close());
  await settled(detector);
  assert.equal(detector.state.state, 'ready', detector.state.advice);
  assert.deepEqual(detector.state.models, ['coco-ssd']);
  assert.equal(detector.state.digests.length, 3);

  const verdict = await detector.detect(quarters([RED, GREEN, BLUE, GREY]), LONG_MS);
  assert.ok(verdict.kind === 'detected', JSON.stringify(verdict));
  const found = verdict.detections.map(({ score, ...rest }) => ({ ...rest, score: Math.round(score * 100) / 100 }));
  assert.deepEqual(found, [
    { x: 0, y: 0, w: 24, h: 20, label: 'person', score: 0.9 },
    { x: 24, y: 0, w: 24, h: 20, label: 'vehicle', kind: 'car', score: 0.8 },
  ]);

  const nothing = await detector.detect(quarters([GREY, GREY, BLUE, GREY], 64, 64), LONG_MS);
  assert.ok(nothing.kind === 'detected');
  assert.deepEqual(nothing.detections, []);

  const first = detector.detect(quarters([RED, RED, RED, RED]), LONG_MS);
  assertUnavailable(await detector.detect(quarters([RED, RED, RED, RED]), LONG_MS), /already under way/);
  const all = await first;
  assert.ok(all.kind === 'detected');
  assert.equal(all.detections.filter(({ label }) => label === 'person').length, 4);

  await detector.close();
  assertUnavailable(await detector.detect(quarters([RED, RED, RED, RED]), LONG_MS), /closed/);
});

test('weights that tfjs cannot use are said, and nothing waits', async (t) => {
  using dir = new TempDir();
  const files = cocoModelFiles();
  const model = files['model.json'].toString().replace('"ResizeBilinear"', '"NoSuchOperation"');
  await using server = await serveFiles({ ...files, 'model.json': Buffer.from(model) });
  await pullCocoSsd(dir.path, server.url);
  const detector = await createSecondOpinion({
    store: openStore(dir),
    stateDir: dir.path,
    isWanted: true,
    log: silentLog,
  });
  assert.ok(detector);
  t.after(() => detector.close());
  await settled(detector);
  assertUnavailable(await detector.detect(quarters([RED, RED, RED, RED]), LONG_MS), /NoSuchOperation|can't be used/);
});

test('without weights, or with both rules off, there is no thread and no second opinion', async () => {
  using dir = new TempDir();
  const lines: string[] = [];
  const log = { ...silentLog, info: (text: string) => lines.push(text) } as unknown as typeof silentLog;
  const options = { store: openStore(dir), stateDir: dir.path, isWanted: true, log };
  assert.equal(await createSecondOpinion(options), undefined);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /garim models pull coco-ssd/);
  await storeWeights(dir);
  const off = { secondOpinion: { people: 'off', vehicles: 'off' }, count: undefined } as const;
  assert.equal(await createSecondOpinion({ ...options, isWanted: wantsSecond(off) }), undefined);
  const line = { name: 'gate', from: [0, 0.5] as [number, number], to: [1, 0.5] as [number, number] };
  assert.equal(wantsSecond({ ...off, count: { lines: [line] } }), true, 'counting needs it, whatever is covered');
});

const FAULTS: [string, string, RegExp][] = [
  ['never answers', "parentPort.on('message', () => {});", /no answer within 50 ms/],
  ['is busy for ever', "parentPort.on('message', () => { for (;;); });", /no answer within 50 ms/],
  ['crashes', "parentPort.on('message', () => { throw new Error('a crash'); });", /a crash/],
  ['exits', "parentPort.on('message', () => process.exit(3));", /ended with code 3/],
];

for (const [what, code, message] of FAULTS) {
  test(`a thread that ${what} costs its answer and nothing else`, async (t) => {
    using dir = new TempDir();
    await storeWeights(dir);
    const start = "import { parentPort } from 'node:worker_threads'; parentPort.postMessage({ type: 'ready' });";
    const workerUrl = pathToFileURL(dir.write('worker.mjs', `${start}\n${code}\n`));
    const readWeights = async () => (await readCocoSsd(dir.path))!;
    const detector = createCocoSsdDetector({ digests: [], readWeights, log: silentLog, workerUrl });
    t.after(() => detector.close());
    await detector.settled();
    const timeoutMs = message.source.includes('50 ms') ? 50 : LONG_MS;
    assertUnavailable(await detector.detect(quarters([RED, RED, RED, RED]), timeoutMs), message);
    assertUnavailable(await detector.detect(quarters([RED, RED, RED, RED]), LONG_MS), /starts again in/);
  });
}
