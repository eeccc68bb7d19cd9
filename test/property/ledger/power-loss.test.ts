/**
 * Goal: whatever a power cut takes back, no acknowledged entry is missing, and no two checkpoints are inconsistent. Method: a log runs on a disk that
 * records every change; it is cut off after each of them, what was not synced is kept, lost, torn or replaced by garbage at random, and the log
 * is opened again, goes on with other entries, and is held against everything that was promised before, and is cut off once more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../edge/base/clock.ts';
import { rootLog } from '../../../edge/base/log.ts';
import { checkpointText, parseCheckpoint } from '../../../edge/ledger/checkpoint.ts';
import { readJournal } from '../../../edge/ledger/journal.ts';
import type { Log } from '../../../edge/ledger/log.ts';
import { parseNote, signNote } from '../../../edge/ledger/note.ts';
import { LogReader } from '../../../edge/ledger/reader.ts';
import { formatAddCheckpoint } from '../../../edge/ledger/witness/request.ts';
import { Witness } from '../../../edge/ledger/witness/witness.ts';
import { type Choose, LosingDisk } from '../../support/losing-disk.ts';
import { naiveProof, naiveRoot } from '../../support/naive-tree.ts';
import { newSigner, openTestLog } from '../../support/test-log.ts';

const DIR = '/state/ledger';
const signer = newSigner('box.example/log');
const silent = rootLog.child({}, { level: 'silent' });

/** `killAfter`: appends and publishes, and the process ends behind so many changes; the system keeps what it had not synced. */
type Step = { append: number } | { killAfter: number } | 'publish' | 'epoch';

/** Small numbers, and some across the edge of a tile. */
const steps = fc.array<Step>(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ append: fc.integer({ min: 252, max: 260 }) }) },
    { weight: 3, arbitrary: fc.constant<Step>('publish') },
    { weight: 2, arbitrary: fc.record({ killAfter: fc.integer({ min: 0, max: 25 }) }) },
    { weight: 2, arbitrary: fc.record({ killAfter: fc.integer({ min: 0, max: 2 }) }) },
    { weight: 1, arbitrary: fc.constant<Step>('epoch') },
  ),
  { minLength: 2, maxLength: 7 },
);

/** Entries are different in every run, so that a second history would show. */
async function run(disk: LosingDisk, script: readonly Step[], run: string): Promise<void> {
  let log = await openTestLog(disk, DIR, signer);
  let count = 0;
  const append = async (text: string): Promise<void> => {
    const index = await log.append(Buffer.from(text));
    disk.note(`${index} ${text}`);
  };
  for (const step of script) {
    if (step === 'publish') await log.publish();
    else if (step === 'epoch') await append(`origin:box.example/log/${run}-${count++}`);
    else if ('killAfter' in step) {
      let left = step.killAfter;
      disk.onChange = () => {
        if (left-- <= 0) throw new Error('killed');
      };
      await append(`${run} ${count++}`)
        .then(
          () => log.publish(),
          () => undefined,
        )
        .catch(() => undefined);
      disk.onChange = () => {};
      log = await openTestLog(disk, DIR, signer);
    } else await Promise.all(Array.from({ length: step.append }, () => append(`${run} ${count++}`)));
  }
}

interface Promised {
  /** Index and text of acknowledged entries. */
  entries: Map<number, string>;
  checkpoints: { origin: string; size: number; root: Buffer }[];
}

/** What was promised within the first changes: acknowledged, or signed and written, even if under a temporary name. */
function promisedBy(disk: LosingDisk, count: number): Promised {
  const promised: Promised = { entries: new Map(), checkpoints: [] };
  for (const change of disk.changes.slice(0, count)) {
    if (change.op === 'note') {
      const [, index, text] = /^(\d+) (.*)$/s.exec(change.text)!;
      promised.entries.set(Number(index), text!);
    } else if (change.op === 'write') {
      const note = parseNote(change.bytes);
      const checkpoint = note && parseCheckpoint(note.text);
      if (checkpoint !== undefined) promised.checkpoints.push(checkpoint);
    }
  }
  return promised;
}

async function entriesOf(disk: LosingDisk, log: Log): Promise<Buffer[]> {
  const { start, records } = await readJournal(disk, `${DIR}/journal`);
  const reader = new LogReader(disk, DIR);
  const entries: Buffer[] = [];
  while (entries.length < start) entries.push(...(await reader.bundle(entries.length, start)));
  entries.push(...records.map(({ entry }) => entry));
  assert.equal(entries.length, log.size);
  return entries;
}

function originOf(entries: readonly Buffer[]): string {
  const last = entries.map(String).findLast((text) => text.startsWith('origin:'));
  return last?.slice(7) ?? signer.verifier.name;
}

/** Opens what the cut left, holds it against what was promised, goes on, and holds that against it too. */
async function checkRecovery(disk: LosingDisk, promised: Promised): Promise<void> {
  const log = await openTestLog(disk, DIR, signer);
  await log.append(Buffer.from('after the cut'));
  await log.publish();
  const entries = await entriesOf(disk, log);
  for (const [index, text] of promised.entries) assert.equal(entries[index]?.toString(), text, `entry ${index}`);
  const later = promisedBy(disk, disk.changes.length).checkpoints;
  for (const { origin, size, root } of [...promised.checkpoints, ...later]) {
    assert.ok(size <= entries.length, `${origin} signed ${size} entries, and there are ${entries.length}`);
    assert.deepEqual(root, naiveRoot(entries.slice(0, size)), `${origin} of ${size}`);
    assert.equal(origin, originOf(entries.slice(0, size)), `the origin of ${size}`);
  }
  for (const entry of entries) assert.match(entry.toString(), /^((first|second) \d+|origin:\S+|after the cut)$/);
  const published = log.published!;
  const reader = new LogReader(disk, DIR);
  assert.deepEqual((await reader.checkpoint())?.root, published.root);
  await reader.inclusion(published.size - 1, published.size);
}

function chooser(seed: number): Choose {
  let state = seed >>> 0 || 1;
  return (n) => {
    // Marsaglia's xorshift32.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** Every cut when they are few, else as many as are given, spread by the seed. */
function cutsOf(changes: number, max: number, choose: Choose): number[] {
  if (changes <= max) return Array.from({ length: changes + 1 }, (_, i) => i);
  return Array.from({ length: max }, () => choose(changes + 1));
}

test('a log that is cut off anywhere goes on with all that it had promised', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer(), async (script, seed) => {
      const choose = chooser(seed);
      const disk = new LosingDisk();
      await run(disk, script, 'first');
      for (const cut of cutsOf(disk.changes.length, 40, choose)) {
        const once = disk.cutAfter(cut, choose);
        await checkRecovery(once, promisedBy(disk, cut));
      }
    }),
    { numRuns: 20 },
  );
});

test('and so when it is cut off again while it recovers or soon after', async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, fc.integer(), async (script, more, seed) => {
      const choose = chooser(seed);
      const disk = new LosingDisk();
      await run(disk, script, 'first');
      for (const cut of cutsOf(disk.changes.length, 6, choose)) {
        const once = disk.cutAfter(cut, choose);
        const before = promisedBy(disk, cut);
        await run(once, more, 'second');
        for (const second of cutsOf(once.changes.length, 6, choose)) {
          const after = promisedBy(once, second);
          await checkRecovery(once.cutAfter(second, choose), {
            entries: new Map([...before.entries, ...after.entries]),
            checkpoints: [...before.checkpoints, ...after.checkpoints],
          });
        }
      }
    }),
    { numRuns: 10 },
  );
});

test('also where a segment of the journal ends', async () => {
  const choose = chooser(7);
  const disk = new LosingDisk();
  await run(disk, [{ append: 4090 }, 'publish', { append: 10 }], 'first');
  const start = disk.changes.length;
  await run(disk, [{ append: 1 }, 'publish', { append: 4100 }, 'publish', { append: 1 }], 'second');
  for (let i = 0; i < 6; i++) {
    const cut = start + choose(disk.changes.length - start);
    await checkRecovery(disk.cutAfter(cut, choose), promisedBy(disk, cut));
  }
});

test('a witness that is cut off anywhere remembers what it cosigned', async () => {
  const choose = chooser(11);
  const entries = Array.from({ length: 9 }, (_, i) => Buffer.from(`entry ${i}`));
  const open = (disk: LosingDisk) =>
    Witness.open({ disk, dir: DIR, name: 'w.example', logs: [signer.verifier], clock: systemClock, log: silent });
  const bodyOf = (oldSize: number, size: number): Buffer => {
    const text = checkpointText({ origin: signer.verifier.name, size, root: naiveRoot(entries.slice(0, size)) });
    const proof = oldSize === 0 ? [] : naiveProof(oldSize, entries.slice(0, size));
    return Buffer.from(formatAddCheckpoint({ oldSize, proof, note: Buffer.from(signNote(text, signer)) }));
  };
  const disk = new LosingDisk();
  const witness = await open(disk);
  disk.note('started');
  for (const [oldSize, size] of [
    [0, 3],
    [3, 4],
    [4, 9],
  ] as const) {
    assert.equal((await witness.addCheckpoint(bodyOf(oldSize, size))).status, 200);
    disk.note(String(size));
  }
  for (let cut = 0; cut <= disk.changes.length; cut++) {
    const notes = disk.changes.slice(0, cut).flatMap((change) => (change.op === 'note' ? [change.text] : []));
    for (let i = 0; i < 5; i++) {
      const again = await open(disk.cutAfter(cut, choose));
      if (notes.length > 0) assert.equal(again.vkey, witness.vkey, 'its key was told, so it is kept');
      const { status, body } = await again.addCheckpoint(bodyOf(0, 1));
      const known = status === 409 ? Number(body) : 0;
      assert.ok(known >= Number(notes.at(-1) ?? 0) || notes.at(-1) === 'started', `${known} after ${notes}`);
    }
  }
});

test('a journal that is damaged below what was signed is refused', async () => {
  const disk = new LosingDisk();
  await run(disk, [{ append: 9 }, 'publish', { append: 1 }], 'first');
  const [name] = await disk.list(`${DIR}/journal`);
  const journal = (await disk.read(`${DIR}/journal/${name}`))!;
  for (let at = 0; at < journal.length; at += 3) {
    const spoilt = disk.cutAfter(disk.changes.length, () => 0);
    const bytes = Buffer.from(journal);
    bytes[at]! ^= 4;
    await spoilt.writeFile(`${DIR}/journal/${name}`, bytes);
    const isLast = at >= journal.length - journal.length / 10;
    if (!isLast) await assert.rejects(openTestLog(spoilt, DIR, signer), { code: 'ledger-damaged' }, `byte ${at}`);
  }
});

test('a journal of another history is refused', async () => {
  const disks = [new LosingDisk(), new LosingDisk()] as const;
  await run(disks[0], [{ append: 6 }, 'publish'], 'first');
  await run(disks[1], [{ append: 6 }, 'publish'], 'other');
  const [name] = await disks[0].list(`${DIR}/journal`);
  await disks[0].writeFile(`${DIR}/journal/${name}`, (await disks[1].read(`${DIR}/journal/${name}`))!);
  await assert.rejects(openTestLog(disks[0], DIR, signer), {
    code: 'ledger-damaged',
    message: /not those that were signed/,
  });
});

test('a disk that loses what it had synced is refused', async () => {
  const disk = new LosingDisk();
  await run(disk, [{ append: 3 }], 'first');
  const early = disk.changes.length;
  await run(disk, [{ append: 3 }, 'publish'], 'second');
  const old = disk.cutAfter(early, () => 0);
  const now = disk.cutAfter(disk.changes.length, () => 0);
  // The journal of before under the intent of now: a file restored, or a disk that lied.
  const names = await old.list(`${DIR}/journal`);
  await now.writeFile(`${DIR}/journal/${names[0]}`, (await old.read(`${DIR}/journal/${names[0]}`))!);
  await assert.rejects(openTestLog(now, DIR, signer), { code: 'ledger-damaged', message: /6 were signed/ });
});
