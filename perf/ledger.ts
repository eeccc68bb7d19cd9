/**
 * `npm run bench:ledger [-- --leaves 1000000 --dir DIR]`: what the record costs, and how that grows.
 *
 * Appends leaves of the usual kind through the real ledger, each acknowledged when it is durable, many at a time (group commit) and one at
 * a time; stops at powers of ten to measure proofs, their verification, size on disk and the time to open. Use a folder on the disk in
 * question: a folder in memory says nothing of its flushes.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../edge/base/clock.ts';
import { rootLog } from '../edge/base/log.ts';
import { auditLog } from '../edge/ledger/audit.ts';
import { nodeDisk } from '../edge/ledger/disk.ts';
import { DurableFolder } from '../edge/ledger/durable.ts';
import { encodeLeaf } from '../edge/ledger/leaf.ts';
import { Ledger } from '../edge/ledger/ledger.ts';
import { hashLeaf, verifyConsistency, verifyInclusion } from '../edge/ledger/merkle.ts';
import { LogReader } from '../edge/ledger/reader.ts';
import { TILE_WIDTH } from '../edge/ledger/tile.ts';
import { collectLeaf } from '../test/support/leaves.ts';
import { machine } from './bench/report.ts';

const BOX = 'urn:box:7f3a';
const AT_ONCE = 1000;
const SAMPLES = 200;

const { values } = parseArgs({ options: { leaves: { type: 'string', default: '1000000' }, dir: { type: 'string' } } });
const leavesMax = Number(values.leaves);
const dir = mkdtempSync(path.join(values.dir ?? tmpdir(), 'garim-ledger-'));

function start(): Promise<Ledger> {
  return Ledger.start({
    stateDir: dir,
    box: BOX,
    origin: 'box.example/log',
    software: '0.1.0',
    witnesses: [],
    clock: systemClock,
    log: rootLog,
    onFailed: (error) => {
      throw error;
    },
  });
}

async function appendUpTo(ledger: Ledger, size: number): Promise<number> {
  const startMs = performance.now();
  const first = ledger.state().size;
  for (let at = first; at < size; at += AT_ONCE) {
    const count = Math.min(AT_ONCE, size - at);
    await Promise.all(Array.from({ length: count }, (_, i) => ledger.append(leafOf(at + i))));
  }
  return ((size - first) * 1000) / (performance.now() - startMs);
}

/** Without the digest of a detail, 85 bytes more, since there is no detail that it could be held against. */
function leafOf(index: number) {
  const { v: _, box: __, detail: ___, ...leaf } = collectLeaf(`cam-${index % 8}`, Math.floor(index / 8));
  return leaf;
}

/** Times of one append each, with nobody else waiting, in ms. */
async function appendAlone(ledger: Ledger): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const startMs = performance.now();
    await ledger.append(leafOf(i));
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b);
}

/** Logical size, and what the file system takes for it. */
function diskUse(): { bytes: number; blocks: number; files: number } {
  const use = { bytes: 0, blocks: 0, files: 0 };
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const { size, blocks } = lstatSync(path.join(dir, name));
    use.bytes += size;
    use.blocks += blocks * 512;
    use.files++;
  }
  return use;
}

async function timed<T>(count: number, run: (i: number) => T | Promise<T>): Promise<number> {
  const startMs = performance.now();
  for (let i = 0; i < count; i++) await run(i);
  return (performance.now() - startMs) / count;
}

async function measure(ledger: Ledger): Promise<void> {
  await ledger.prove(ledger.state().size - 1);
  const root = path.join(dir, 'ledger');
  const { size, root: hash } = (await new LogReader(nodeDisk, root).checkpoint())!;
  const proofs: { index: number; path: Buffer[]; leafHash: Buffer }[] = [];
  // A new reader each time: nothing is in its cache, though the system's holds the files.
  const proveMs = await timed(SAMPLES, async () => {
    const index = Math.floor(Math.random() * size);
    const reader = new LogReader(nodeDisk, root);
    const entry = (await reader.bundle(index, size))[index % TILE_WIDTH]!;
    proofs.push({ index, path: await reader.inclusion(index, size), leafHash: hashLeaf(entry) });
  });
  const verifyMs = await timed(SAMPLES, (i) => {
    if (!verifyInclusion({ ...proofs[i]!, size, root: hash }, proofs[i]!.path))
      throw new Error('a proof does not verify');
  });
  const reader = new LogReader(nodeDisk, root);
  const oldSize = Math.ceil(size / 3);
  const bridge = await reader.consistency(oldSize, size);
  const bridgeMs = await timed(20, () => new LogReader(nodeDisk, root).consistency(oldSize, size));
  if (verifyConsistency({ oldSize, oldRoot: hash, size, root: hash }, bridge)) throw new Error('any old root verifies');
  const { bytes, blocks, files } = diskUse();
  console.log(
    `${String(size).padStart(8)} leaves: ${(bytes / size).toFixed(0)} bytes a leaf (${(blocks / size).toFixed(0)} in blocks, ${files} files); ` +
      `prove ${proveMs.toFixed(2)} ms, ${proofs[0]!.path.length} hashes; verify ${verifyMs.toFixed(3)} ms; consistency ${bridgeMs.toFixed(2)} ms`,
  );
}

console.log(machine());
try {
  let ledger = await start();
  const entryBytes = encodeLeaf({ v: 1, box: BOX, ...leafOf(0) }).length;
  const alone = await appendAlone(ledger);
  const at = (share: number): string => alone[Math.floor(share * (alone.length - 1))]!.toFixed(2);
  console.log(`an entry has ${entryBytes} bytes; one append alone: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  for (let size = 1000; size <= leavesMax; size *= 10) {
    const perSecond = await appendUpTo(ledger, size);
    console.log(`${perSecond.toFixed(0)} appends/s, ${AT_ONCE} at a time, load ${loadavg()[0]!.toFixed(1)}`);
    await measure(ledger);
    await ledger.close();
    const startMs = performance.now();
    ledger = await start();
    console.log(
      `         opened in ${(performance.now() - startMs).toFixed(0)} ms, memory ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
    );
  }
  await ledger.close();
  const startMs = performance.now();
  const { faults, checkpoint } = await auditLog({
    folder: new DurableFolder(nodeDisk, path.join(dir, 'ledger')),
    witnesses: [],
  });
  if (faults.length > 0) throw new Error(faults.join('; '));
  console.log(`all of ${checkpoint!.size} leaves verified in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
