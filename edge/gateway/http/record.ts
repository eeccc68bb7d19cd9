/**
 * The public record over HTTP, for anybody: `/checkpoint` and `/tile/...` as C2SP tlog-tiles says. A tile never changes and may be cached for
 * good; a page of another origin may read them. Reads of the disk at once are bounded, since nobody has to say who asks.
 */
import type { ServerResponse } from 'node:http';
import { respond, retryAfter } from './respond.ts';

/** The ledger's own writes need the same few threads. */
const READS_MAX = 8;

/** What the record is asked for; the agent implements it. */
export interface PublicRecord {
  /** The answer to a GET of a path as it stands in the request, or undefined. */
  publicFile(path: string): Promise<{ body: Uint8Array; contentType: string; cacheControl: string } | undefined>;
}

export class RecordPages {
  readonly #record: PublicRecord;
  #reading = 0;

  constructor(record: PublicRecord) {
    this.#record = record;
  }

  owns(pathname: string): boolean {
    return pathname === '/checkpoint' || pathname.startsWith('/tile/');
  }

  /** 404 for what is not there, or not yet; 503 when it is asked for too often at once. */
  async answer(pathname: string, response: ServerResponse): Promise<void> {
    if (this.#reading === READS_MAX) {
      respond(response, { status: 503, body: 'busy\n', headers: retryAfter(1000) });
      return;
    }
    this.#reading++;
    try {
      const file = await this.#record.publicFile(pathname);
      if (file === undefined) {
        respond(response, { status: 404, body: 'not found\n' });
        return;
      }
      const headers = {
        'Cache-Control': file.cacheControl,
        'Access-Control-Allow-Origin': '*',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      };
      respond(response, { status: 200, body: file.body, contentType: file.contentType, headers });
    } finally {
      this.#reading--;
    }
  }
}
