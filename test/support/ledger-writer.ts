/** A process that appends to a ledger until it is killed, and says on stdout what was acknowledged and what was signed. Argument: the folder. */
import { systemClock } from '../../edge/base/clock.ts';
import { rootLog } from '../../edge/base/log.ts';
import { Ledger } from '../../edge/ledger/ledger.ts';
import { instantOf } from '../../edge/ledger/window.ts';

const AT_ONCE = 40;
const [, , stateDir = '', run = ''] = process.argv;

const ledger = await Ledger.start({
  stateDir,
  box: 'urn:box:7f3a',
  origin: 'box.example/log',
  software: '0.1.0',
  witnesses: [],
  clock: systemClock,
  log: rootLog.child({}, { level: 'silent' }),
  onFailed: (error) => {
    throw error;
  },
});

for (let count = 0; ; ) {
  const batch = Array.from({ length: AT_ONCE }, async () => {
    const reason = `run-${run}-${count++}`;
    const index = await ledger.append({ kind: 'refusal', at: instantOf(Date.now()), reason });
    return `${index} ${reason}\n`;
  });
  // One write a batch: a line is said only when its leaf is durable.
  process.stdout.write((await Promise.all(batch)).join(''));
  if (count % (AT_ONCE * 4) === 0) {
    await ledger.prove(ledger.state().size - 1);
    const { body } = (await ledger.publicFile('/checkpoint'))!;
    process.stdout.write(`signed ${body.toString('base64')}\n`);
  }
}
