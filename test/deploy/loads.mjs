// Tries that nothing is missed that was taken out of node_modules: every package that a built Garim names is loaded as Garim names it, and what
// has parts in WebAssembly or native code is given a little work. From the folder with dist/edge and node_modules:
//
//   node --input-type=module - < test/deploy/loads.mjs
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(`${process.cwd()}/package.json`);
const ways = {
  from: (name) => import(name),
  import: (name) => import(name),
  resolve: (name) => {
    if (!existsSync(fileURLToPath(import.meta.resolve(name)))) throw new Error(`${name} is not there`);
  },
  require: (name) => require(name),
};
const dependencies = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).dependencies);
const named = new Map();
for (const file of readdirSync('dist/edge', { recursive: true })) {
  if (!file.endsWith('.js') || file.startsWith('gateway/console/app')) continue;
  for (const [, way, name] of readFileSync(`dist/edge/${file}`, 'utf8').matchAll(
    /\b(from|import|resolve|require)[ (]'([^']+)'/g,
  )) {
    const owner = dependencies.find((dependency) => name === dependency || name.startsWith(`${dependency}/`));
    if (owner !== undefined) named.set(`${way} ${name}`, owner);
  }
}
// What other packages ask to find beside them is named by none of our files.
for (const name of dependencies) if (![...named.values()].includes(name)) named.set(`import ${name}`, name);

let failed = 0;
const attempt = async (what, work) => {
  try {
    await work();
  } catch (error) {
    failed++;
    console.log(`${what}: ${error.message}`);
  }
};
for (const entry of named.keys()) {
  const [way, name] = entry.split(' ');
  await attempt(entry, () => ways[way](name));
}
const is = (found, wanted) => {
  if (found !== wanted) throw new Error(`${found} instead of ${wanted}`);
};
await attempt('sharp', async () => {
  const { default: sharp } = await import('sharp');
  const picture = sharp({ create: { width: 32, height: 16, channels: 3, background: '#123456' } });
  is((await sharp(await picture.jpeg().toBuffer()).metadata()).width, 32);
});
await attempt('tfjs in WebAssembly', async () => {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-wasm');
  is(await tf.setBackend('wasm'), true);
  is(tf.add(tf.scalar(2), tf.scalar(3)).dataSync()[0], 5);
});
await attempt('cedar', async () => {
  const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
  is(cedar.checkParsePolicySet({ staticPolicies: 'permit(principal, action, resource);' }).type, 'success');
});
await attempt('libav', async () => {
  const { Codec } = await import('node-av/lib');
  is(Codec.findEncoderByName('libx264')?.name, 'libx264');
});
console.log(`${named.size} names tried, ${failed} failed`);
process.exit(named.size > 20 && failed === 0 ? 0 : 1);
