/** The import rules of edge/ARCHITECTURE.md as a function of file texts, so that the test of the rules can be shown to fail. */
import path from 'node:path';

export interface Import {
  /** As written. */
  specifier: string;
  isTypeOnly: boolean;
}

/** Imports go to a higher number, or stay within one unit. */
const RANKS: Record<string, number> = { 'main.ts': 0, cli: 1, agent: 2, policy: 4, config: 5, base: 6 };
const PEERS = ['camera', 'gateway', 'uplink', 'ledger', 'indicator', 'notice', 'sensor'];
for (const peer of PEERS) RANKS[peer] = 3;

/** Packages that are native, engines, or meet strangers' input, and the folders that may import them. */
const PACKAGE_HOMES: Record<string, RegExp> = {
  'node-av': /^edge\/(camera|cli|gateway\/push)\//,
  'onnxruntime-node': /^edge\/camera\/detect\//,
  onvif: /^edge\/camera\/find\//,
  'bonjour-service': /^edge\/camera\/find\//,
  selfsigned: /^edge\/agent\/certificate\//,
  '@cedar-policy/cedar-wasm': /^edge\/gateway\/use\/policies\.ts$/,
};

/** Who may use the simulated attacks. */
const ATTACKERS = /^edge\/(sensor\/attack\/|cli\/attack\.ts$)/;

/** All imports, static, dynamic and re-exported. A dynamic import of anything but a literal is given as `import(?)`. */
export function importsOf(text: string): Import[] {
  const code = text.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, quoted: string | undefined) => quoted ?? ' ',
  );
  const found: Import[] = [];
  for (const [, clause = '', , specifier = ''] of code.matchAll(
    /^\s*(?:import|export)\b([^'"`;]*?)\bfrom\s*(['"])([^'"\n]+)\2/gm,
  )) {
    found.push({ specifier, isTypeOnly: /^\s+type\b(?!\s*(,|from\b))/.test(clause) });
  }
  for (const [, , specifier = ''] of code.matchAll(/^\s*import\s*(['"])([^'"\n]+)\1/gm)) {
    found.push({ specifier, isTypeOnly: false });
  }
  for (const [, , , specifier] of code.matchAll(/\b(import|require)\s*\(\s*(?:(['"])([^'"\n]+)\2\s*[,)])?/g)) {
    found.push({ specifier: specifier ?? 'import(?)', isTypeOnly: false });
  }
  return found;
}

/** Every breach of the rules, one line each. Keys are paths from the repository's root, with `/`. */
export function violationsOf(files: ReadonlyMap<string, string>): string[] {
  const breaches: string[] = [];
  for (const [file, text] of files) {
    for (const { specifier } of importsOf(text)) {
      const breach = specifier.startsWith('.') ? insideBreach(file, specifier, files) : packageBreach(file, specifier);
      if (breach !== undefined) breaches.push(`${file}: ${breach}`);
      if (/(^|\/)attack\/\w+\.ts$/.test(specifier) && !ATTACKERS.test(file))
        breaches.push(`${file}: imports ${specifier}, where releases without protection are simulated`);
    }
    if (
      !file.startsWith('edge/camera/redact/') &&
      /\bnew\s+Filtered(Frame|Picture)\b|Object\.create\(\s*Filtered(Frame|Picture)|\bmarkFiltered(Picture)?\b/.test(
        text,
      )
    ) {
      breaches.push(`${file}: makes a FilteredFrame or FilteredPicture, which only edge/camera/redact may`);
    }
    if (!/^edge\/sensor\/transform\/(pseudonym|open-window)\.ts$/.test(file) && /\bcontributorKey\b/.test(text))
      breaches.push(`${file}: reads a pseudonym, which only edge/sensor/transform/open-window.ts may`);
  }
  return breaches;
}

function packageBreach(file: string, specifier: string): string | undefined {
  if (specifier === 'import(?)') return 'imports what is not written out';
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const home = PACKAGE_HOMES[name];
  return home === undefined || home.test(file) ? undefined : `imports ${name}`;
}

function insideBreach(file: string, specifier: string, files: ReadonlyMap<string, string>): string | undefined {
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (!files.has(target)) return `imports ${target}, which is not there`;
  const from = unitOf(file);
  const to = unitOf(target);
  if (from === to) return undefined;
  const fromRank = RANKS[from];
  const toRank = RANKS[to];
  if (fromRank === undefined || toRank === undefined)
    return `${fromRank === undefined ? from : to} has no place in the layers`;
  if (toRank > fromRank) return undefined;
  const isMessages = /^edge\/(camera|sensor)\/messages\.ts$/.test(target) && PEERS.includes(from);
  return isMessages ? undefined : `imports ${target}: ${from} may not import ${to}`;
}

function unitOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** Packages that running a file loads, through value imports of ours. `node:` modules are left out. */
export function packagesLoadedBy(entry: string, files: ReadonlyMap<string, string>): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { specifier, isTypeOnly } of importsOf(files.get(file) ?? '')) {
      if (isTypeOnly) continue;
      if (specifier.startsWith('.')) queue.push(path.posix.join(path.posix.dirname(file), specifier));
      else if (!specifier.startsWith('node:')) packages.add(specifier);
    }
  }
  return packages;
}
