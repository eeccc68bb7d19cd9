/**
 * Entry of a push process: carries one filtered feed over one connection to one target, and exits when that is over. The agent
 * (`push.ts`) decides about a next one; a hung libav call can thus always be ended by a kill, and a crash costs nobody else anything.
 * It gets coded, filtered pictures only. The agent bounds what waits here by counting `sent`.
 */
import { messageOf } from '../../base/errors.ts';
import { registerUrlSecrets, scrub } from '../../base/secrets.ts';
import { openParentWire } from '../../base/wire.ts';
import type { AccessUnit } from '../feed.ts';
import { PushConnection } from './connection.ts';
import type { FromPush, ToPush } from './messages.ts';

const waiting: AccessUnit[] = [];
let wake: (() => void) | undefined;
let isStopping = false;

function say(message: FromPush): Promise<void> {
  return new Promise((resolve) => {
    if (!wire.send(message, resolve)) resolve();
  });
}

async function run({ url, ca, format }: Extract<ToPush, { type: 'start' }>): Promise<void> {
  registerUrlSecrets(url);
  const connection = await PushConnection.open(url, ca, format);
  await say({ type: 'connected' });
  for (;;) {
    const unit = waiting.shift();
    if (unit !== undefined) {
      await connection.write(unit);
      void say({ type: 'sent', ptsUs: unit.ptsUs });
    } else if (isStopping) {
      await connection.end();
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

process.title = 'garim-push';
const wire = openParentWire((raw) => {
  const message = raw as ToPush;
  if (message.type === 'start') {
    run(message).then(
      () => process.exit(0),
      async (error: unknown) => {
        await say({ type: 'failed', message: scrub(messageOf(error)).slice(0, 1000) });
        process.exit(1);
      },
    );
  } else if (message.type === 'unit') {
    waiting.push(message.unit);
  } else {
    isStopping = true;
  }
  wake?.();
});
