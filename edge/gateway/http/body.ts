/** Bodies of requests, in bounded memory. */
import type { IncomingMessage } from 'node:http';

/** Undefined as soon as more than `bytesMax` has come or is announced; the rest is not read. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return undefined;
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.byteLength;
    if (sizeBytes > bytesMax) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
