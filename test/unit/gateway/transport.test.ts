/** Goal: connections of other machines are told apart by how they are protected. Method: servers that are told of sockets with chosen addresses. */
import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { Server, Socket } from 'node:net';
import { test } from 'node:test';
import { TLSSocket, Server as TlsServer } from 'node:tls';
import { type Transport, tellTransports } from '../../../edge/gateway/transport.ts';

const socketOf = (kind: typeof Socket | typeof TLSSocket, facts: Record<string, unknown>): EventEmitter =>
  Object.create(
    kind.prototype,
    Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value }])),
  ) as EventEmitter;

test('what stays on the machine is none; TLS 1.3 of both sides is mutual, any other TLS is not', () => {
  const told: Transport[] = [];
  const [plain, tls] = [new Server(), new TlsServer()];
  for (const server of [plain, tls]) tellTransports(server, (transport) => told.push(transport));
  for (const remoteAddress of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '192.0.2.7', undefined])
    plain.emit('connection', socketOf(Socket, { remoteAddress }));
  assert.deepEqual(told.splice(0), ['plain', 'plain']);
  for (const [authorized, protocol] of [
    [true, 'TLSv1.3'],
    [false, 'TLSv1.3'],
    [true, 'TLSv1.2'],
  ])
    tls.emit(
      'secureConnection',
      socketOf(TLSSocket, { remoteAddress: '192.0.2.7', authorized, getProtocol: () => protocol }),
    );
  assert.deepEqual(told, ['mutual', 'tls', 'tls']);
});
