/** The questions of `garim setup` on a terminal. They end in the same plan as an answers file; each camera is asked before the next question. */
import { confirm, intro, isCancel, multiselect, log as notes, password, select, spinner, text } from '@clack/prompts';
import { askCamera, type PlannedCamera } from '../../agent/setup/ask.ts';
import { StreamsElsewhere } from '../../agent/setup/streams.ts';
import { UserError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { registerSecret, scrub } from '../../base/secrets.ts';
import { NAME, SOURCE, SOURCE_FORMS } from '../../config/schema.ts';
import { registerTarget } from '../../config/source.ts';
import { defaultPlan, type Plan } from './answers.ts';
import { addressText, findCameras } from './find.ts';

interface Offer {
  from: PlannedCamera['from'];
  label: string;
}

interface Asking {
  /** Where to look; undefined: everywhere. */
  interfaces: string[] | undefined;
  /** Names that the configuration has already. */
  taken: readonly string[];
  log: Log;
}

export async function askPlan({ interfaces, taken, log }: Asking): Promise<Plan> {
  intro('Garim setup');
  const plan = defaultPlan();
  for (const offer of await chosenOffers(interfaces, log)) {
    const camera = await askOne(offer, [...taken, ...plan.cameras.map(({ name }) => name)], log);
    if (camera !== undefined) plan.cameras.push(camera);
  }
  plan.time = {
    ...plan.time,
    cameras: (await yes('Set the clocks of ONVIF cameras that differ?', false)) ? 'set' : 'check',
  };
  if (await yes('Shall the network reach the web page and the feeds (not this box only)?', true)) {
    plan.http = { listen: '0.0.0.0:8080' };
    plan.rtsp = { listen: '0.0.0.0:8554' };
  }
  plan.measure = await yes('Measure what this box can carry (about half a minute per picture size)?', true);
  return plan;
}

export async function confirmPicture(name: string, file: string): Promise<boolean> {
  return yes(`The filtered picture of ${name} is ${file}. Is it the right place?`, true);
}

async function chosenOffers(interfaces: string[] | undefined, log: Log): Promise<Offer[]> {
  const busy = spinner();
  busy.start('Looking for cameras');
  const { devices, leftOut } = await findCameras(interfaces, log);
  busy.stop(`${devices.length} found`);
  for (const why of leftOut) notes.warn(why);
  const offers: Offer[] = devices.map((device) => ({
    from: device.via === 'onvif' ? { onvif: addressText(device) } : { url: addressText(device) },
    label: `${addressText(device)} ${device.name}`,
  }));
  const chosen =
    offers.length === 0
      ? []
      : answered(
          await multiselect({
            message: 'Which of them? (space chooses, enter goes on)',
            options: offers.map(({ label }, value) => ({ value, label })),
            required: false,
          }),
        ).map((index) => offers[index]!);
  while (chosen.length === 0 || (await yes('Another camera, by its URL?', false))) {
    const url = answered(
      await password({
        message: `URL of the stream (${SOURCE_FORMS}); it is not shown, since it may hold a password`,
        validate: (value) => (SOURCE.test(value ?? '') ? undefined : `Write ${SOURCE_FORMS}`),
      }),
    );
    registerTarget(url);
    chosen.push({ from: { url }, label: scrub(url) });
  }
  return chosen;
}

/** Undefined when the installer leaves it out. */
async function askOne({ from, label }: Offer, taken: readonly string[], log: Log): Promise<PlannedCamera | undefined> {
  notes.step(label);
  const name = answered(
    await text({
      message: 'Name of its feed',
      placeholder: 'gate',
      validate: (value) => {
        if (!NAME.test(value ?? '')) return 'Use lower-case letters, digits and hyphens.';
        return taken.includes(value ?? '') ? 'This name is taken.' : undefined;
      },
    }),
  );
  const camera: PlannedCamera = {
    name,
    from,
    user: '',
    password: '',
    stream: 'auto',
    streamHost: undefined,
    transport: 'tcp',
  };
  const hasLogin = 'url' in from && /^[a-z]+:\/\/[^/?#]*@|^(simulated|file:|v4l2:)/i.test(from.url);
  for (;;) {
    if (!hasLogin) Object.assign(camera, await askLogin(camera.user));
    const fault = await faultOf(camera, log);
    if (fault === undefined) return camera;
    notes.error(`${fault.message}\n${fault.fix ?? ''}`);
    if (fault instanceof StreamsElsewhere) {
      if (!(await yes(`Do its streams really come from ${fault.host}? Its password goes there.`, false)))
        return undefined;
      camera.streamHost = fault.host;
      if ((await faultOf(camera, log)) === undefined) return camera;
    }
    const next = answered(
      await select({
        message: 'And now?',
        options: [
          { value: 'again', label: 'Ask it again' },
          { value: 'leave', label: 'Leave this camera out' },
        ],
      }),
    );
    if (next === 'leave') return undefined;
  }
}

async function faultOf(camera: PlannedCamera, log: Log): Promise<UserError | undefined> {
  try {
    await askCamera(camera, log);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

async function askLogin(last: string): Promise<{ user: string; password: string }> {
  const user =
    answered(await text({ message: "The camera's user (empty: none)", initialValue: last, defaultValue: '' })) ?? '';
  if (user === '') return { user: '', password: '' };
  const secret = answered(await password({ message: 'Its password' })) ?? '';
  registerSecret(secret);
  return { user, password: secret };
}

async function yes(message: string, initialValue: boolean): Promise<boolean> {
  return answered(await confirm({ message, initialValue }));
}

/** Ctrl-C ends setup before anything is written. */
function answered<T>(value: T): Exclude<T, symbol> {
  if (isCancel(value)) throw new UserError('Stopped; nothing was configured.');
  return value as Exclude<T, symbol>;
}
