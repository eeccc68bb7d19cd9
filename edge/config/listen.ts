/**
 * Where the agent listens, and the rule that guards it: an address that the network can reach is refused until a user with a
 * password exists. Every address that is not known to be loopback counts as reachable.
 */
import { isIP } from 'node:net';
import { UserError } from '../base/errors.ts';
import type { Config } from './schema.ts';

export interface ListenAddress {
  host: string;
  port: number;
}

/** Splits `HOST:PORT` as accepted by the schema; `[::1]:80` gives host `::1`. */
export function parseListen(listen: string): ListenAddress {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(listen.slice(colon + 1)) };
}

/** True only for 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1' || host.toLowerCase() === 'localhost';
}

/** Throws a UserError when an address beyond loopback is configured and nobody who could log in exists. */
export function requireUserForPublicListen(config: Pick<Config, 'http' | 'rtsp'>, hasUser: boolean): void {
  if (hasUser) return;
  for (const key of ['http', 'rtsp'] as const) {
    if (isLoopback(parseListen(config[key].listen).host)) continue;
    throw new UserError(
      `${key}.listen: ${config[key].listen} can be reached from the network, and there is no user with a password.`,
      { fix: 'Set GARIM_USER and GARIM_PASSWORD, or listen on 127.0.0.1.' },
    );
  }
}
