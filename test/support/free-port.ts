/**
 * A TCP port of loopback for a program that must be told which to listen on, or that is started again on the same one. It lies outside the range
 * from which the system gives ports to whoever asks for any: from there somebody else could get it between the choice and the use.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Above what services are given, below where Linux and macOS begin by default. */
const FIRST = 12_000;
const END_DEFAULT = 32_768;
const TRIES_MAX = 100;

export async function freePort(): Promise<number> {
  const end = endOfChoice();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST + Math.floor(Math.random() * (end - FIRST));
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      continue; // taken
    }
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`no free port from ${FIRST} to ${end}`);
}

function endOfChoice(): number {
  try {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
    return first > FIRST + 1_000 ? first : END_DEFAULT;
  } catch {
    return END_DEFAULT; // not Linux
  }
}
