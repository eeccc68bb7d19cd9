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
import { openChannel } from './channel.ts';
import type { ToSensors } from './messages.ts';
import { Station } from './station.ts';

/** How often a list of refusals that was synced is taken up. */
const CHOICES_EVERY_MS = 5_000;

type Start = Extract<ToSensors, { type: 'start' }>;

/** Entry of the sensor process: waits for `start` and runs until `stop` or the agent's end. Tests bring a faster clock. */
export function runSensorProcess(clock: Clock = systemClock): void {
  process.title = 'garim-sensors';
  nameLoggingProcess('sensors');
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  let station: Promise<Station> | undefined;
  let opened: Station | undefined;
  const send = openChannel((message) => {
    switch (message.type) {
      case 'start':
        station ??= open(message).catch(die);
        return;
      case 'message':
        opened?.take(message.sensor, message.data);
        return;
      case 'stop':
        void Promise.resolve(station)
          .then((running) => running?.close())
          .catch(die)
          .then(() => {
            send({ type: 'stopped' });
            process.disconnect?.();
          });
        return;
    }
  });
  const open = async (start: Start): Promise<Station> => {
    for (const intake of Object.values(start.intakes)) {
      if (intake.kind === 'mqtt') registerUrlSecrets(intake.url);
      if (intake.kind === 'webhook') registerSecret(intake.token);
    }
    const { box, stateDir, policy } = start;
    const choices = await ChoiceBook.open({ stateDir, box, policy, clock });
    setInterval(
      () => void choices.refresh().catch((error: unknown) => rootLog.warn(shown(error))),
      CHOICES_EVERY_MS,
    ).unref();
    opened = await Station.open({ start, clock, choices, log: rootLog, send });
    return opened;
  };
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
