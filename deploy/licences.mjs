// The bill of materials and the licence report of a package: node deploy/licences.mjs SBOM APP DOC
//
// SBOM is what `npm sbom` says of the lock file; APP is the tree that is shipped, DOC the folder for sbom.cdx.json and licences.txt.
// Components that are not in the tree (other platforms, what was pruned) are left out, and what a package does not say of its compiled
// part is read from that part itself.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [, , sbomFile, appDir, docDir] = process.argv;
const sbom = JSON.parse(readFileSync(sbomFile, 'utf8'));
const installed = new Set();
collect(path.join(appDir, 'node_modules'));

/** libav tells how it was built in a string of its own: the licence follows from that, whatever the npm package says. */
const LIBAV = /--enable-(?:gpl|version3|nonfree|libx26[45]|libxvid)\b/g;

const components = sbom.components.filter(({ name, version }) => installed.has(`${name}@${version}`));
for (const component of components) {
  if (!component.name.startsWith('@seydx/node-av-')) continue;
  const flags = [...new Set(libavFlags(path.join(appDir, 'node_modules', component.name)))];
  if (flags.length === 0) throw new Error(`${component.name}: it does not say how libav was built`);
  if (flags.includes('--enable-nonfree'))
    throw new Error(`${component.name}: libav is built nonfree: it may not be passed on`);
  const version = flags.includes('--enable-version3') ? '3.0' : '2.0';
  if (flags.includes('--enable-gpl')) component.licenses = [{ expression: `MIT AND GPL-${version}-or-later` }];
  component.properties = [...(component.properties ?? []), { name: 'garim:libav', value: flags.join(' ') }];
}
const { metadata } = sbom;
metadata.component = { ...metadata.component, name: 'garim', type: 'application' };
const kept = new Set([metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
const dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((name) => kept.has(name)) }));
// Neither the time nor a random number belongs into what the same input should make twice.
delete sbom.serialNumber;
delete metadata.timestamp;
writeFileSync(
  path.join(docDir, 'sbom.cdx.json'),
  `${JSON.stringify({ ...sbom, components, dependencies }, null, 1)}\n`,
);

const byLicence = groupBy(components, licenceOf);
const copyleft = components.filter((component) => /GPL|MPL/.test(licenceOf(component)));
const lines = [
  'Licences of what this package holds, by the word of each package, and of libav by how it was built.',
  '',
  'Copyleft. Whoever passes the package on offers the source of these parts:',
  ...copyleft.map(
    (component) => `  ${component.name} ${component.version}: ${licenceOf(component)}${libavNote(component)}`,
  ),
  '',
];
for (const [licence, parts] of [...byLicence].sort(([a], [b]) => (a < b ? -1 : 1))) {
  lines.push(licence, ...parts.map(({ name, version }) => `  ${name} ${version}`), '');
}
writeFileSync(path.join(docDir, 'licences.txt'), lines.join('\n'));

function collect(dir) {
  for (const item of readdirSync(dir, { withFileTypes: true })) {
    if (!item.isDirectory()) continue;
    const place = path.join(dir, item.name);
    if (item.name.startsWith('@')) {
      collect(place);
      continue;
    }
    try {
      const { name, version } = JSON.parse(readFileSync(path.join(place, 'package.json'), 'utf8'));
      installed.add(`${name}@${version}`);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      collect(path.join(place, 'node_modules'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
}

function libavFlags(dir) {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.node'))
    .flatMap((name) => readFileSync(path.join(dir, name), 'latin1').match(LIBAV) ?? []);
}

function licenceOf({ licenses = [] }) {
  return licenses.map(({ license, expression }) => expression ?? license.id ?? license.name).join(', ') || 'not stated';
}

function libavNote({ properties = [] }) {
  const flags = properties.find(({ name }) => name === 'garim:libav')?.value;
  return flags === undefined ? '' : ` (libav with ${flags})`;
}

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
