/** Goal: for any text, loading gives a configuration that validates again, or a UserError that holds no secret. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { UserError } from '../../edge/base/errors.ts';
import { packageRoot } from '../../edge/base/paths.ts';
import { type LoadedConfig, loadConfig, readConfig } from '../../edge/config/load.ts';
import { configSchema } from '../../edge/config/schema.ts';
import { TempDir } from '../support/temp.ts';

const PLANTED = 'pl4nted-Secret';
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/);
const share = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);

const camera = fc.record(
  {
    source: fc.oneof(
      fc.constantFrom('simulated', 'simulated:4?night=1', 'v4l2:/dev/video1', 'file:a.mp4?loop=1', { env: 'CAM_URL' }),
      fc.tuple(name, name).map(([user, host]) => `rtsp://${user}:${PLANTED}@${host}.example:8554/a/b?c=d`),
    ),
    transport: fc.constantFrom('tcp', 'udp'),
    look: fc.constantFrom('blur', 'solid', 'mosaic'),
    masks: fc.array(fc.record({ name, polygon: fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 6 }) }), {
      maxLength: 2,
    }),
    detect: fc.record({ longSidePx: fc.integer({ min: 10, max: 60 }).map((n) => n * 32) }),
    delayMs: fc.integer({ min: 100, max: 2000 }),
    push: fc.array(fc.constantFrom(`srt://h.example:1?passphrase=${PLANTED}`, 'whips://h.example/x'), { maxLength: 2 }),
    segments: optional(fc.record({ dir: name, secondsEach: fc.integer({ min: 2, max: 3600 }) })),
  },
  { requiredKeys: ['source'] },
);
const file = fc.record(
  {
    cameras: fc.dictionary(name, camera, { minKeys: 1, maxKeys: 3 }),
    http: fc.record({ listen: fc.constantFrom('0.0.0.0:80', '[::1]:1', 'box.example:8080') }),
    state: name,
    log: fc.record({ level: fc.constantFrom('debug', 'error') }),
  },
  { requiredKeys: ['cameras'] },
);

function assertValidAgain({ config, sources }: LoadedConfig): void {
  assert.deepEqual(configSchema.parse(JSON.parse(JSON.stringify(config))), config);
  for (const source of Object.keys(sources)) assert.ok(Object.hasOwn(config.cameras, source));
  const shown = Object.values(config.cameras).map(({ source }) => source);
  assert.ok(!JSON.stringify(shown).includes(PLANTED), 'settings hold no camera password');
}

test('what is accepted validates again and resolves every source', async () => {
  using dir = new TempDir();
  await fc.assert(
    fc.asyncProperty(file, async (value) => {
      writeFileSync(path.join(dir.path, 'garim.yaml'), stringify(value));
      const env = { CAM_URL: `https://u:${PLANTED}@cam.example/mjpeg` };
      const loaded = await loadConfig({ cameras: [], env, cwd: dir.path });
      assertValidAgain(loaded);
      assert.deepEqual(Object.keys(loaded.sources).sort(), Object.keys(value.cameras).sort());
    }),
    { numRuns: 100 },
  );
});

test('a broken file gives a UserError without a secret, whatever was broken', async () => {
  using dir = new TempDir();
  const example = readFileSync(path.join(packageRoot, 'deploy', 'garim.example.yaml'), 'utf8')
    .replaceAll(/^ *#.*\n/gm, '')
    .replace(/\{ ?env: GATE_URL ?\}/, `rtsp://admin:${PLANTED}@192.0.2.7/s`);
  assert.ok(example.includes(PLANTED));
  const url = `rtsp://admin:${PLANTED}@192.0.2.7/s`;
  const insert = fc.tuple(
    fc.nat(example.length),
    fc.oneof(
      fc.constantFrom(
        url,
        `"${url}"`,
        ` ${url}: `,
        `*${url}`,
        `!${url}`,
        `\n${url}\n`,
        '\n',
        '\t',
        '- ',
        ': ',
        '{',
        '"',
      ),
      fc.string(),
    ),
    fc.nat(3),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(insert, { minLength: 1, maxLength: 3 }), async (edits) => {
      let text = example;
      for (const [at, added, removed] of edits) {
        const secretAt = text.indexOf(PLANTED);
        const isInSecret = secretAt >= 0 && at + removed > secretAt - 20 && at < secretAt + PLANTED.length;
        if (!isInSecret) text = text.slice(0, at) + added + text.slice(at + removed);
      }
      writeFileSync(path.join(dir.path, 'garim.yaml'), text);
      try {
        const { loaded, sourceProblems } = await readConfig({ cameras: [], env: {}, cwd: dir.path });
        assertValidAgain(loaded);
        assert.ok(!sourceProblems.join().includes(PLANTED));
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        assert.ok(error.message.length > 0 && !`${error.message}${error.fix}`.includes(PLANTED), error.message);
      }
    }),
    { numRuns: 400 },
  );
});
