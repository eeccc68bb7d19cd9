/**
 * Goal: networks run on what is fastest of what opens, and on the processor where nothing else does or what does fails. Method: the choice with made-up
 * times; the real runtime with accelerators that this machine lacks; a worker whose accelerator fails in the middle.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootLog } from '../../../../edge/base/log.ts';
import { createOnnxDetector } from '../../../../edge/camera/detect/detector.ts';
import { loadNetwork } from '../../../../edge/camera/detect/inference.ts';
import {
  chooseProvider,
  type Provider,
  providersOfRuntime,
  providersToTry,
} from '../../../../edge/camera/detect/provider.ts';
import { openModelStore } from '../../../../edge/camera/detect/store.ts';
import { TempDir } from '../../../support/temp.ts';
import { until } from '../../../support/wait.ts';

const BOTH = [
  { name: 'cpu', isHere: true },
  { name: 'webgpu', isHere: true },
  { name: 'cuda', isHere: true },
  { name: 'tensorrt', isHere: false },
];

test('auto tries what is here, and what is asked for is tried in any case; the processor comes last', () => {
  assert.deepEqual(providersToTry('auto', BOTH), ['cuda', 'cpu']);
  assert.deepEqual(providersToTry('auto', [{ name: 'cpu', isHere: true }]), ['cpu']);
  assert.deepEqual(providersToTry('tensorrt', BOTH), ['tensorrt', 'cpu']);
  assert.deepEqual(providersToTry('cpu', BOTH), ['cpu']);
});

/** Runs of so many milliseconds, or that fail. */
async function choose(costs: Partial<Record<Provider, number | 'refuses' | 'fails'>>) {
  let nowMs = 0;
  const released: Provider[] = [];
  const chosen = await chooseProvider(
    Object.keys(costs) as Provider[],
    async (provider) => {
      const cost = costs[provider];
      if (cost === 'refuses') throw new Error('no such library');
      return {
        run: async () => {
          if (cost === 'fails' || cost === undefined) throw new Error('out of memory');
          nowMs += cost as number;
        },
        release: async () => void released.push(provider),
      };
    },
    () => nowMs,
  );
  return { provider: chosen.provider, released, remarks: chosen.remarks };
}

test('the faster one stays, and the other is let go', async () => {
  assert.deepEqual(await choose({ cuda: 3, cpu: 11 }), {
    provider: 'cuda',
    released: ['cpu'],
    remarks: ['cuda took 3.0 ms, cpu 11.0 ms'],
  });
  assert.deepEqual((await choose({ cuda: 14, cpu: 11 })).provider, 'cpu');
  assert.deepEqual(await choose({ tensorrt: 'refuses', cuda: 'fails', cpu: 11 }), {
    provider: 'cpu',
    released: ['cuda'],
    remarks: ['tensorrt is not used: no such library', 'cuda is not used: out of memory'],
  });
  assert.deepEqual(await choose({ cpu: 11 }), { provider: 'cpu', released: [], remarks: [] });
  await assert.rejects(choose({ cuda: 'refuses', cpu: 'refuses' }), /no such library/);
});

const missing = providersOfRuntime().find(({ isHere }) => !isHere)?.name as Provider | undefined;

test('an accelerator that the runtime lists and this machine lacks gives way, with the reason', {
  skip: missing === undefined && 'all accelerators of the runtime are here',
}, async () => {
  using dir = new TempDir();
  const { models } = await openModelStore({ stateDir: dir.path, env: {} }).selectModels(['face', 'plate']);
  const [model] = models;
  const { remarks, provider, runner } = await chooseProvider(
    [missing!, 'cpu'],
    async (each) => {
      const network = await loadNetwork(model!, 1, each);
      return { run: async () => {}, release: () => network.release() };
    },
    () => performance.now(),
  );
  await runner.release();
  assert.equal(provider, 'cpu');
  assert.match(remarks.join(), new RegExp(`^${missing} is not used: .*load`, 'i'));
});

test('one that opens and fails in the middle is left for good after three failures', async () => {
  using dir = new TempDir();
  const support = new URL('../../../support/misbehaving-worker.js', import.meta.url).href;
  using worker = new TempDir({ 'worker.mjs': `import { fail } from ${JSON.stringify(support)};\nfail();\n` });
  const detector = createOnnxDetector({
    store: openModelStore({ stateDir: dir.path, env: {} }),
    log: rootLog.child({}, { level: 'silent' }),
    provider: 'cuda',
    workerUrl: new URL(`file://${worker.path}/worker.mjs`),
  });
  try {
    const look = () => {
      const rgb = new Uint8Array(64 * 64 * 3);
      return detector.detect({ rgb, widthPx: 64, heightPx: 64, contentWidthPx: 64, contentHeightPx: 64 }, 5_000);
    };
    await until('it is ready', () => detector.state.state === 'ready');
    for (let i = 0; i < 3; i++) assert.equal((await look()).kind, 'unavailable');
    await until('the processor answers', async () => (await look()).kind === 'detected');
  } finally {
    await detector.close();
  }
});
