/**
 * A process that measures until it is killed: trials of a round of canaries, connections and choices, told to the recorder of a box. Says on stdout
 * as JSON lines what it has told (`told`), and of which of it the recorder must have taken care by then (`kept`). Arguments: the folder, and a number
 * that no other run has.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../edge/base/clock.ts';
import { boxIn, opened } from './recorder-box.ts';

const [, , stateDir = '', run = ''] = process.argv;
const EVERY_MS = 50;
const recorder = await opened({ ...boxIn(stateDir).options, streams: [], clock: systemClock });
const startedMs = Date.now();
const set = run.padStart(64, '0');
const told = { planted: 0, missed: 0, mutual: 0, connections: 0, choices: 0 };
const say = (what: 'told' | 'kept', sums: typeof told): void => {
  process.stdout.write(`${JSON.stringify({ what, ...sums })}\n`);
};
const keptAt = (): number => statSync(path.join(stateDir, 'ledger', 'kept'), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** What was told before the file changed twice: the second time, keeping it began after it was told. */
let waiting = { sums: { ...told }, seenMs: keptAt(), changes: 0 };
setInterval(() => {
  const isMissed = told.planted % 3 === 0;
  const tally = { label: 'face', stratum: 'px16-24.front.day', planted: 1, missed: isMissed ? 1 : 0 } as const;
  told.planted++;
  told.missed += tally.missed;
  told.connections++;
  if (told.connections % 2 === 0) told.mutual++;
  told.choices++;
  say('told', told); // before it is: a kill may come in between
  recorder.canaries('gate', startedMs, { set, digests: ['7d'.repeat(32)], tallies: [tally] });
  recorder.measures.connected(told.connections % 2 === 0 ? 'mutual' : 'plain');
  recorder.choice({ choice: 'withdrawal', tookMs: 100 });
  const nowMs = keptAt();
  if (nowMs === waiting.seenMs) return;
  waiting = { ...waiting, seenMs: nowMs, changes: waiting.changes + 1 };
  if (waiting.changes < 2) return;
  say('kept', waiting.sums);
  waiting = { sums: { ...told }, seenMs: nowMs, changes: 0 };
}, EVERY_MS);
