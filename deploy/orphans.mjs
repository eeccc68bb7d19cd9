// Takes out of a folder of production dependencies what only packages needed that were taken out before: node deploy/orphans.mjs PACKAGE.JSON MODULES
//
// A package stays when it can be reached from PACKAGE.JSON through what the packages that are there say they need, found as Node finds it.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const [, , root, modules] = process.argv;
const kept = new Set();
const needsOf = (file) => {
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
};
/** The folder that Node would take for a name, seen from a package's folder: beside it, or beside one of those that hold it. */
const find = (name, from) => {
  for (let dir = from; dir.startsWith(path.dirname(modules)); dir = path.dirname(dir)) {
    const place = path.join(dir, 'node_modules', name);
    if (existsSync(place)) return place;
  }
  return undefined;
};
const keep = (name, from) => {
  const place = find(name, from);
  if (place === undefined || kept.has(place)) return;
  kept.add(place);
  for (const need of needsOf(path.join(place, 'package.json'))) keep(need, place);
};
for (const name of needsOf(root)) keep(name, path.dirname(modules));

const removed = [];
const sweep = (dir) => {
  for (const { name } of readdirSync(dir, { withFileTypes: true }).filter((item) => item.isDirectory())) {
    const place = path.join(dir, name);
    if (name.startsWith('@')) sweep(place);
    else if (!name.startsWith('.') && !kept.has(place)) {
      rmSync(place, { recursive: true });
      removed.push(path.relative(modules, place));
    } else if (existsSync(path.join(place, 'node_modules'))) sweep(path.join(place, 'node_modules'));
  }
};
sweep(modules);
console.log(`needed by nobody any more: ${removed.join(' ')}`);
