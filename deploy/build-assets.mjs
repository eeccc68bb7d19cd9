// Copies what tsc does not: the console's static files beside the compiled gateway, and marks the command executable.
import { chmodSync, cpSync, existsSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const app = new URL('edge/gateway/console/app/', root);
if (existsSync(app)) cpSync(app, new URL('dist/edge/gateway/console/app/', root), { recursive: true });
const main = new URL('dist/edge/main.js', root);
if (existsSync(main)) chmodSync(main, 0o755);
