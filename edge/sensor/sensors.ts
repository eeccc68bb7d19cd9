/**
 * The sensor process: all sensors of the box. Raw readings and the keys of pseudonyms exist here and nowhere else.
 *
 * It writes no core dump's worth of secrets to a log: an unexpected fault is logged by its name and place only, since its message could
 * hold a part of a reading.
 */
import { type Clock, systemClock } from '../base/clock.ts';
import { UserError, WorldError } from '../base/errors.ts';
import { nameLoggingProcess, rootLog } from '../base/log.ts';
import { registerSecret, registerUrlSecrets } from '../base/secrets.ts';
import { ChoiceBook } from '../policy/choices/choice-book.ts';
import type { ChoiceAnswer, ChoiceRequest } from '../policy/choices/exchange.ts';
import type { EffectTime } from '../policy/choices/port.ts';
import { openChannel } from './channel.ts';
import type { ToSensors } from './messages.ts';
import { Station } from './station.ts';

/** How often a list of refusals that was synced is looked for: one question to the file system. */
const LIST_EVERY_MS = 1_000;

/** How often consent records that were kept long enough, and keys of tokens that have expired, are looked for. */
const EXPIRY_EVERY_MS = 3_600_000;

type Start = Extract<ToSensors, { type: 'start' }>;

/** Entry of the sensor process: waits for `start` and runs until `stop` or the agent's end. Tests bring a faster clock. */
export function runSensorProcess(clock: Clock = systemClock): void {
  process.title = 'garim-sensors';
  nameLoggingProcess('sensors');
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  let station: Promise<Station> | undefined;
  let opened: Station | undefined;
  let choices: Promise<ChoiceBook> | undefined;
  const send = openChannel((message) => {
    switch (message.type) {
      case 'start':
        choices ??= openChoices(message);
        station ??= choices.then((book) => open(message, book)).catch(die);
        return;
      case 'choice':
        void answer(message.request, choices).then((answered) =>
          send({ type: 'choice-answer', id: message.id, answer: answered }),
        );
        return;
      case 'message':
        opened?.take(message.sensor, message.data);
        return;
      case 'unseen':
        opened?.unseen(message.sensor, message.field, message.values);
        return;
      case 'stop':
        void Promise.resolve(station)
          .then((running) => running?.close())
          .catch(die)
          .then(() => send({ type: 'stopped' }, () => process.exit(0)));
        return;
    }
  });
  const openChoices = async ({ stateDir, box, policy }: Start): Promise<ChoiceBook> => {
    const onEffect = (effect: EffectTime): void => send({ type: 'choice-effect', ...effect });
    const book = await ChoiceBook.open({ stateDir, box, policy, clock, onEffect });
    const warn = (error: unknown): void => rootLog.warn(shown(error));
    let told: string | undefined;
    const tellList = (): void => {
      const list = book.optOutList;
      if (list === undefined || list.sha256 === told) return;
      told = list.sha256;
      send({ type: 'opt-out-list', ...list });
    };
    tellList();
    setInterval(() => void book.refresh().then(tellList).catch(warn), LIST_EVERY_MS).unref();
    setInterval(() => void book.expire().catch(warn), EXPIRY_EVERY_MS).unref();
    return book;
  };
  const open = async (start: Start, book: ChoiceBook): Promise<Station> => {
    for (const intake of Object.values(start.intakes)) {
      if (intake.kind === 'mqtt') registerUrlSecrets(intake.url);
      if (intake.kind === 'webhook') registerSecret(intake.token);
    }
    opened = await Station.open({ start, clock, choices: book, log: rootLog, send });
    return opened;
  };
}

/** Never rejects. A fault costs this request only: whoever sends requests must not be able to end the process. */
async function answer(request: ChoiceRequest, choices: Promise<ChoiceBook> | undefined): Promise<ChoiceAnswer> {
  try {
    return (await (await choices)?.answer(request)) ?? { kind: 'refused', refused: 'not-kept' };
  } catch (error) {
    // The message of a disk's error would name a record.
    rootLog.error(`a choice was not kept: ${error instanceof WorldError ? error.code : shown(error)}`);
    return { kind: 'refused', refused: 'not-kept' };
  }
}

function die(error: unknown): never {
  rootLog.error(`the sensor process failed: ${shown(error)}`);
  process.exit(1);
}

/** Messages of our own errors name settings; of others only what kind they are and where they come from. */
function shown(error: unknown): string {
  if (error instanceof UserError) return `${error.message} ${error.fix ?? ''}`.trim();
  if (error instanceof WorldError) return error.message;
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 4).map((frame) => frame.trim())].join(' ');
}
