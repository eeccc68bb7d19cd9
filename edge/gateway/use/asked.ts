/** Reads what somebody says when pulling: HTTP headers `Purpose` and `Agreement`, or the query of the address for players that set no headers. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Asked } from './agreements.ts';

/** A header goes before the address. */
export function askedOf(address: string, headers: IncomingHttpHeaders = {}): Asked {
  const mark = address.indexOf('?');
  const query = new URLSearchParams(mark === -1 ? '' : address.slice(mark + 1));
  const said = (name: 'purpose' | 'agreement'): string | undefined => {
    const header = headers[name];
    return (Array.isArray(header) ? header[0] : header) ?? query.get(name) ?? undefined;
  };
  return { purpose: said('purpose'), agreement: said('agreement') };
}

export function saysNothing({ purpose, agreement }: Asked): boolean {
  return purpose === undefined && agreement === undefined;
}
