/**
 * Goal: on a real box a pull without a purpose, under an agreement that is over, or for an unknown purpose gets not one byte of media, and the
 * refusal is on record; a permitted pull is on record before its first byte; and anybody can ask. Method: the real process with a drawn street,
 * raw RTSP and WebSocket requests, and `garim use` and `garim ledger` on what it left.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { filesBelow } from '../support/files.ts';
import { PASSWORD, startGarim, USER, until } from '../support/garim.ts';
import { garim } from '../support/garim-command.ts';
import { RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { TempDir } from '../support/temp.ts';

const PURPOSE = 'dpv:ImproveTransportMobility';
const TCP = { Transport: 'RTP/AVP/TCP;interleaved=0-1' };

interface UseLeaf {
  index: number;
  kind: string;
  feed: string;
  reason?: string;
  purpose?: string;
  puller?: string;
  agreement?: string;
  window?: [string, string];
}

/** As it stands on the disk of the running box. */
async function usesOf(state: string): Promise<UseLeaf[]> {
  const { stdout, stderr } = await garim(['ledger', 'show', '--state', state, '--kind', 'pull', 'refusal'], {
    cwd: state,
  });
  assert.equal(stderr, '');
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as UseLeaf]));
}

test('refused pulls get nothing and are on record; a permitted one is on record before its first byte', {
  timeout: 240_000,
}, async () => {
  const config = {
    cameras: { gate: { source: 'simulated' }, yard: { source: 'simulated:2' } },
    use: {
      pullers: { [USER]: { role: 'traffic' } },
      agreements: {
        traffic: { puller: USER, purposes: [PURPOSE, 'dpv:RepairImpairments'], feeds: ['gate'], until: '2099-12-31' },
        'traffic-old': { puller: USER, purposes: [PURPOSE], feeds: ['yard'], until: '2026-01-31' },
      },
    },
  };
  await using box = await startGarim({ config });
  const base = `rtsp://127.0.0.1:${box.rtspPort}`;
  const connect = async (): Promise<RtspClient> => {
    const client = await RtspClient.connect(box.rtspPort);
    client.user = USER;
    client.password = PASSWORD;
    return client;
  };
  // On a busy machine it may be covered whole for lack of verdicts; what counts here is that its pictures come.
  await until('the street gives pictures', async () =>
    ['live', 'covered'].includes((await box.camera('gate')).health?.state ?? ''),
  );

  const refused: [what: string, feed: string, query: string, reason: string][] = [
    ['without a purpose', 'gate', '', 'no-purpose'],
    ['under an agreement that is over', 'yard', `?purpose=${PURPOSE}`, 'agreement-expired'],
    ['for an unknown purpose', 'gate', '?purpose=dpv:Gossip', 'unknown-purpose'],
  ];
  for (const [what, feed, query, reason] of refused) {
    using client = await connect();
    for (const [method, url, headers] of [
      ['DESCRIBE', `${base}/${feed}${query}`, {}],
      ['SETUP', `${base}/${feed}/trackID=0${query}`, TCP],
      ['SETUP', `${base}/${feed}/trackID=0`, TCP],
    ] as const)
      assert.equal((await client.request(method, url, headers)).status, 403, `${method} ${what}`);
    const socket = new WebSocket(`${box.url.replace('http', 'ws')}/cameras/${feed}/live${query}`, {
      headers: { Authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` },
    });
    let mediaBytes = 0;
    socket.on('message', (data: Buffer) => {
      mediaBytes += data.length;
    });
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal(response.statusCode, 403, what);
    response.destroy();
    const snapshot = await box.get(`/cameras/${feed}/snapshot.jpg${query}`);
    assert.equal(snapshot.status, 403, what);
    assert.match(snapshot.headers.get('content-type') ?? '', /^text\/plain/);
    assert.match(await snapshot.text(), new RegExp(`^${reason}: `));
    assert.equal(client.frames.length + mediaBytes, 0, `no byte of media ${what}`);
  }
  const refusals = await usesOf(box.stateDir);
  assert.deepEqual(
    refusals.map(({ kind, feed, reason, puller }) => [kind, feed, reason, puller]),
    refused.map(([, feed, , reason]) => ['refusal', feed, reason, `user:${USER}`]),
    'each is on record, once within a minute',
  );
  assert.doesNotMatch(JSON.stringify(refusals), /Gossip/);

  using client = await connect();
  assert.equal((await client.request('DESCRIBE', `${base}/gate?purpose=${PURPOSE}`)).status, 200);
  const setup = await client.request('SETUP', `${base}/gate/trackID=0`, TCP);
  const ledger = path.join(box.stateDir, 'ledger');
  let atFirstByte: string | undefined;
  client.socket.prependListener('data', (chunk: Buffer) => {
    // Read within the event, before anything else of this process or its answer to the box can happen.
    if (chunk[0] === 0x24 || chunk.includes('RTP-Info')) atFirstByte ??= filesOf(ledger);
  });
  assert.equal((await client.request('PLAY', `${base}/gate/`, { Session: sessionOf(setup) })).status, 200);
  await until('pictures', () => client.frames.length > 0);
  assert.match(atFirstByte ?? '', new RegExp(`"agreement":"traffic"[^}]*"kind":"pull"[^}]*"purpose":"${PURPOSE}"`));
  const pull = (await usesOf(box.stateDir)).at(-1) ?? assert.fail();
  assert.deepEqual([pull.kind, pull.feed, pull.agreement, pull.window?.[1]], ['pull', 'gate', 'traffic', 'PT60M']);

  // Anybody, without a login, with tools of their own, from outside and on the box.
  const time = new Date().toISOString();
  const { key } = (await (await fetch(`${box.url}/use?place=gate&time=${time}&format=json`)).json()) as { key: string };
  using temp = new TempDir();
  const ask = (state: string, ...more: string[]) =>
    garim(['use', '--place', 'gate', '--time', time, '--state', state, '--key', key, ...more], { cwd: temp.path });
  await until('the pull is signed', async () => (await ask(box.stateDir)).stdout.includes('for traffic and transport'));
  const outside = await ask(box.url, '--proofs', 'proofs');
  assert.equal(outside.code, 0, outside.stderr);
  assert.equal(outside.stdout, (await ask(box.stateDir)).stdout, 'the box says outside what its disk says');
  assert.match(
    outside.stdout,
    /^\d+ {2}user:\w+ pulled gate, filtered, for traffic and transport \(dpv:ImproveTransportMobility\)/m,
  );
  assert.match(outside.stdout, /got nothing.*Reason: unknown-purpose/);
  assert.match(outside.stdout, /signed as it must be\n$/);
  assert.match((await ask(box.url, '--lang', 'ko')).stdout, /교통 개선/);
  const proof = path.join('proofs', `${pull.index}.tlog-proof`);
  const verified = await garim(['ledger', 'verify', '--proof', proof, '--key', key], { cwd: temp.path });
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const another = key.slice(0, -1) + (key.endsWith('x') ? 'y' : 'x');
  const stranger = await garim(['use', '--place', 'gate', '--time', time, '--state', box.url, '--key', another], {
    cwd: temp.path,
  });
  assert.notEqual(stranger.code, 0, 'another key');
});

/** The journal and all else that is on the disk now. */
const filesOf = (dir: string): string =>
  filesBelow(dir)
    .map(([, content]) => content)
    .join('\n');

test('without agreements the box serves as ever, and the record says that nobody agreed on it', {
  timeout: 400_000,
}, async () => {
  await using box = await startGarim({ config: { cameras: { gate: { source: 'simulated' } } } });
  await until('a picture', async () => (await box.get('/cameras/gate/snapshot.jpg')).ok);
  const [pull] = await usesOf(box.stateDir);
  assert.deepEqual(
    [pull?.kind, pull?.puller, pull?.purpose, pull?.agreement],
    ['pull', `user:${USER}`, 'dpv:EnforceSecurity', 'built-in'],
  );
  assert.match(box.output(), /nobody has agreed on purposes \(use\.agreements\)/);
});
