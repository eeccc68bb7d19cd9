/**
 * Times the way from a fresh checkout to a running filtered feed, as somebody goes it who has nothing but Node: `npm ci`, then `npm start`; and
 * with `garim setup` in between. Prints a line per step, and ends with 1 when one fails.
 *
 *     node deploy/first-feed.mjs [--json FILE]
 *
 * The checkout is a copy of the files that git tracks, in a temporary folder that is removed. A filtered feed is one whose newest picture is not a
 * slate, not covered whole, and was given out over HTTP.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const STEP_MS_MAX = 900_000;
const USER = 'operator';
const PASSWORD = 'first-feed-password';
const root = path.resolve(import.meta.dirname, '..');
const jsonAt = process.argv.indexOf('--json');
const jsonFile = jsonAt === -1 ? undefined : path.resolve(process.argv[jsonAt + 1] ?? 'first-feed.json');
const steps = [];
const children = new Set();

const temp = mkdtempSync(path.join(os.tmpdir(), 'garim-first-feed-'));
const checkout = path.join(temp, 'garim');
const env = { ...process.env, GARIM_USER: USER, GARIM_PASSWORD: PASSWORD };
try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  for (const child of children) stop(child, 'SIGKILL');
  rmSync(temp, { recursive: true, force: true });
}

async function main() {
  const facts = `${os.cpus().length} × ${os.cpus()[0]?.model.trim()}, Node ${process.versions.node}, load ${os.loadavg()[0].toFixed(1)}`;
  print(facts);
  copyCheckout();
  await timed('npm ci', 'packages from the registry or npm’s cache, and the build', () => run('npm', ['ci']));
  await timed('npm start', 'to the first filtered picture of the simulated street', () =>
    feed('npm', ['start', '--', '--http', '127.0.0.1:0', '--rtsp', '127.0.0.1:0'], 'street'),
  );
  print(`total ${seconds(steps.reduce((sum, { ms }) => sum + ms, 0))}, 2 commands`);

  const answers = [
    'cameras: { gate: { url: simulated } }',
    'measure: false',
    'certificate: none',
    'http: { listen: 127.0.0.1:0 }',
    'rtsp: { listen: 127.0.0.1:0 }',
  ];
  writeFileSync(path.join(checkout, 'answers.yaml'), `${answers.join('\n')}\n`);
  const garim = path.join(checkout, 'dist', 'edge', 'main.js');
  await timed('garim setup --answers answers.yaml', 'without measuring the box', () =>
    run(process.execPath, [garim, 'setup', '--answers', 'answers.yaml']),
  );
  await timed('garim run', 'to the first filtered picture', () => feed(process.execPath, [garim, 'run'], 'gate'));
  const [install, , ...withSetup] = steps;
  print(`total ${seconds([install, ...withSetup].reduce((sum, { ms }) => sum + ms, 0))}, 3 commands`);
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ facts, steps }, null, 2)}\n`);
}

function copyCheckout() {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, maxBuffer: 64 * 2 ** 20 })
    .toString()
    .split('\0');
  for (const file of files.filter((name) => name !== '')) {
    const target = path.join(checkout, file);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(path.join(root, file), target);
  }
}

async function timed(command, what, step) {
  const startMs = performance.now();
  await step();
  const ms = performance.now() - startMs;
  steps.push({ command, what, ms: Math.round(ms) });
  print(`${seconds(ms).padStart(8)}  ${command}  (${what})`);
}

/** Resolves when the command has ended well. */
async function run(command, args) {
  const child = start(command, args);
  const code = await withLimit(`${command} ${args[0]}`, new Promise((resolve) => child.once('close', resolve)));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${child.text.slice(-4000)}`);
}

/** Resolves with the first filtered picture; the command is ended then. */
async function feed(command, args, camera) {
  const child = start(command, args);
  const gone = new Promise((resolve) => child.once('close', resolve));
  try {
    await withLimit(`${command} ${args[0]}`, filteredPicture(child, camera));
  } finally {
    stop(child, 'SIGTERM');
    await gone;
  }
}

async function filteredPicture(child, camera) {
  const headers = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${child.text.slice(-4000)}`);
    const url = /^Web page {2}(http:\/\/[^/]*)\//m.exec(child.text)?.[1];
    if (url !== undefined && (await isLive(url, camera, headers))) {
      const answer = await fetch(`${url}/cameras/${camera}/snapshot.jpg`, { headers });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (answer.ok && bytes[0] === 0xff && bytes[1] === 0xd8) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function isLive(url, camera, headers) {
  const answer = await fetch(`${url}/api/cameras`, { headers });
  if (!answer.ok) return false;
  const { cameras } = await answer.json();
  return cameras.some(({ name, health }) => name === camera && health?.state === 'live');
}

function start(command, args) {
  // A group of its own, so that npm's child ends with it.
  const child = spawn(command, args, { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  children.add(child);
  child.text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      child.text = (child.text + text).slice(-100_000);
    });
  }
  child.once('close', () => children.delete(child));
  child.once('error', (error) => {
    child.text += error.message;
  });
  return child;
}

function stop(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone.
  }
}

async function withLimit(what, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done within ${STEP_MS_MAX / 1000} s`)), STEP_MS_MAX);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
