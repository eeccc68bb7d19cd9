/**
 * Goal: `tls.ca` of the configuration reaches whoever connects: a camera and a push target that it does not vouch for hear nothing of the box, and
 * without it both do. Method: `garim run` with the source and the push target of each camera on one TLS server, which notes what it is asked.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { Authority, opensslMissing } from '../support/certificates.ts';
import { startGarim, until } from '../support/garim.ts';

async function listen(context: TestContext, authority: Authority): Promise<{ port: number; heard(): string }> {
  const { cert, key } = authority.issue('camera');
  const sockets: TLSSocket[] = [];
  let heard = '';
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      socket.destroy();
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, heard: () => heard };
}

function camera(port: number, name: string, ca?: string): Record<string, unknown> {
  const push = [`rtsps://127.0.0.1:${port}/${name}-target`];
  return { source: `rtsps://127.0.0.1:${port}/${name}-source`, push, ...(ca !== undefined && { tls: { ca } }) };
}

test('a camera and a push target that tls.ca does not vouch for hear nothing', {
  skip: opensslMissing,
}, async (context) => {
  using authority = new Authority();
  using stranger = new Authority();
  const { port, heard } = await listen(context, authority);
  const cameras = { known: camera(port, 'known', authority.ca), strange: camera(port, 'strange', stranger.ca) };
  await using garim = await startGarim({ config: { cameras: { ...cameras, any: camera(port, 'any') } } });
  for (const name of ['known', 'any']) {
    for (const side of ['source', 'target']) {
      await until(
        () => `${name}-${side} was asked for: ${garim.output()}`,
        () => heard().includes(`/${name}-${side} RTSP/1.0`),
      );
    }
  }
  const refusals = /strange-(source|target)[^\n]*not vouched for by/g;
  await until(
    () => `both are refused: ${garim.output()}`,
    () =>
      heard().includes('strange') || new Set([...garim.output().matchAll(refusals)].map(([, side]) => side)).size === 2,
  );
  assert.ok(!heard().includes('strange'));
});
