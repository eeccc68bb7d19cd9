/**
 * What `garim setup` must know: the schema of an answers file, and reading one. Questions on a terminal end in the same `Plan`, so that both
 * ways take the same steps.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { PlannedCamera } from '../../agent/setup/ask.ts';
import { messageOf, UserError } from '../../base/errors.ts';
import { type Located, linesOf, parseConfigText } from '../../config/document.ts';
import { SchemaGuide } from '../../config/guide.ts';
import { readSecret, secretSchema } from '../../config/intake.ts';
import { type Problem, problemsOf, showPath } from '../../config/problems.ts';
import { NAME, SOURCE, SOURCE_FORMS } from '../../config/schema.ts';
import { resolveSource } from '../../config/source.ts';

/** As many cameras as a large box carries; one answers file is for one box. */
const CAMERAS_MAX = 32;
const HOST = /^[0-9A-Za-z.:_-]{1,253}$/;
const ONVIF = /^(https?:\/\/)?(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:\d{1,5})?(\/[^?#@\s]*)?$/;
const LISTEN = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/;

const cameraSchema = z
  .strictObject({
    onvif: z
      .string()
      .regex(ONVIF, 'write HOST, HOST:PORT or http://HOST:PORT/PATH')
      .optional()
      .describe('Address of an ONVIF camera.'),
    url: secretSchema(z.string().regex(SOURCE, `write ${SOURCE_FORMS}`), 'URL')
      .optional()
      .describe('URL of a stream, where the camera has no ONVIF.'),
    user: z.string().min(1).max(64).optional().describe("The camera's user."),
    password: secretSchema(z.string().min(1).max(256), 'password').optional().describe("The camera's password."),
    stream: z
      .enum(['auto', 'main', 'sub'])
      .default('auto')
      .describe('`auto`: the largest picture that this box can carry, by measurement.'),
    streamHost: z
      .string()
      .regex(HOST, 'write a host name or address')
      .optional()
      .describe('Host that the streams may come from, where it is not the camera itself, e.g. a recorder.'),
    transport: z.enum(['tcp', 'udp']).optional().describe('How RTP is carried.'),
  })
  .refine(({ onvif, url }) => (onvif === undefined) !== (url === undefined), {
    error: 'write one of onvif and url',
    params: { what: 'either both of onvif and url, or none' },
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'write both, or none',
    params: { what: 'user or password is missing' },
  });

const answersSchema = z.strictObject({
  cameras: z
    .record(z.string().regex(NAME, 'use lower-case letters, digits and hyphens'), cameraSchema)
    .refine((cameras) => Object.keys(cameras).length <= CAMERAS_MAX, `name at most ${CAMERAS_MAX} cameras`)
    .describe('One entry per camera; the key becomes the name of the feed.'),
  measure: z
    .boolean()
    .default(true)
    .describe('Measures what a camera costs on this box, about half a minute per picture size.'),
  time: z
    .strictObject({
      box: z
        .enum(['check', 'ntp'])
        .default('check')
        .describe('`ntp`: switches on the NTP client of this box (timedatectl).'),
      cameras: z.enum(['check', 'set']).default('check').describe("`set`: sets ONVIF cameras' clocks."),
      ntp: z
        .string()
        .regex(HOST, 'write a host name or address')
        .optional()
        .describe('Server that ONVIF cameras follow; without it they are set once, from this box.'),
    })
    .prefault({}),
  user: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9._@-]{1,64}$/, 'use letters, digits and . _ @ -')
        .describe('Name of the first user.'),
      password: secretSchema(z.string().min(8).max(256), 'password').describe('8 to 256 characters.'),
    })
    .optional()
    .describe('The first user; without it, garim with a password that is made and shown once.'),
  certificate: z
    .enum(['self-signed', 'none'])
    .default('self-signed')
    .describe('For https:// and, with tlsForRtsp, rtsps://.'),
  certificateNames: z
    .array(z.string().regex(HOST, 'write a host name or address'))
    .max(16)
    .default([])
    .describe('Names and addresses of this box beside those that it finds itself.'),
  tlsForRtsp: z.boolean().default(false).describe('Serves feeds as rtsps:// too; not every recorder speaks it.'),
  http: z.strictObject({ listen: listenSchema('127.0.0.1:8080') }).prefault({}),
  rtsp: z.strictObject({ listen: listenSchema('127.0.0.1:8554') }).prefault({}),
});

function listenSchema(standard: string) {
  return z
    .string()
    .regex(LISTEN, 'write HOST:PORT, e.g. 127.0.0.1:8080')
    .default(standard)
    .describe('HOST:PORT to listen on.');
}

type Answers = z.output<typeof answersSchema>;

/** Everything that setup needs, however it was asked. Never log it. */
export interface Plan extends Omit<Answers, 'cameras' | 'user'> {
  cameras: PlannedCamera[];
  user: { name: string; password: string } | undefined;
}

/** Text, or where it is. */
type SourceSetting = string | { file: string } | { env: string };

const guide = new SchemaGuide(answersSchema);

/** @throws UserError with one line per problem: file, line and column, key, what is wrong, what to write */
export async function readAnswers(file: string, env: NodeJS.ProcessEnv): Promise<Plan> {
  const full = path.resolve(file);
  let text: string;
  try {
    text = await readFile(full, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`--answers: ${file} can't be read (${code ?? messageOf(error)}).`, { fix: 'Check the path.' });
  }
  const document = parseConfigText(text);
  const problems: Located[] = [...document.problems];
  const locate = (problem: Problem): Located => ({
    text: `${showPath(problem.path)}: ${problem.what}. ${problem.fix}`,
    place: document.place(problem.path, problem.at),
  });
  const refuse = (): never => {
    throw new UserError(linesOf(problems, file).join('\n'));
  };
  if (document.value === undefined) return refuse();
  const parsed = answersSchema.safeParse(document.value, { reportInput: true });
  if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, guide).map(locate));
  if (!parsed.success || problems.length > 0) return refuse();

  const { cameras, user, ...rest } = parsed.data;
  const dir = path.dirname(full);
  const secret = async (value: SourceSetting, at: string[], form: RegExp, what: string): Promise<string> => {
    const read = await readSecret(value, dir, env, form, what);
    if (typeof read === 'string') return read;
    problems.push(locate({ path: at, at: 'value', what: read.what, fix: read.fix }));
    return '';
  };
  const source = async (value: SourceSetting, at: string[]): Promise<string> => {
    const read = await resolveSource(value, dir, env);
    if ('url' in read) return read.url;
    problems.push(locate({ path: at, at: 'value', ...read }));
    return '';
  };
  const planned: PlannedCamera[] = [];
  for (const [name, camera] of Object.entries(cameras)) {
    const { onvif, url, password, user: login = '', stream, streamHost, transport = 'tcp' } = camera;
    const at = ['cameras', name];
    const from = url === undefined ? { onvif: onvif ?? '' } : { url: await source(url, [...at, 'url']) };
    planned.push({
      name,
      from,
      user: login,
      password:
        password === undefined ? '' : await secret(password, [...at, 'password'], /^.{1,256}$/su, 'the password'),
      stream,
      streamHost,
      transport,
    });
  }
  const first = user && {
    name: user.name,
    password: await secret(user.password, ['user', 'password'], /^.{8,256}$/su, 'a password of 8 to 256 characters'),
  };
  if (problems.length > 0) return refuse();
  return { ...rest, cameras: planned, user: first };
}

/** What an empty answers file says. */
export function defaultPlan(): Plan {
  const { cameras: _, user: __, ...rest } = answersSchema.parse({ cameras: {} });
  return { ...rest, cameras: [], user: undefined };
}
