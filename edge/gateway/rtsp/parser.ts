/**
 * Incremental parser of what a viewer sends over its connection: RTSP requests and `$` frames, mixed.
 *
 * Pure: bytes in, items out. What comes out does not depend on how the bytes were cut into chunks. It never throws; the first
 * fault is an item too, and after it nothing more comes out, since the start of the next message can't be known. It holds at
 * most one unfinished message, within the limits below, besides the chunk that was pushed last.
 */
import {
  REQUEST_BODY_BYTES_MAX,
  REQUEST_HEAD_BYTES_MAX,
  REQUEST_HEADERS_MAX,
  VIEWER_FRAME_BYTES_MAX,
} from './limits.ts';
import type { RtspRequest } from './message.ts';

/** Each value is a reason label of the metric for dropped viewers. */
export type ParseFault =
  | 'head-too-long'
  | 'too-many-headers'
  | 'bad-request-line'
  | 'bad-header'
  | 'bad-content-length'
  | 'body-too-long'
  | 'frame-too-long';

export type RtspItem =
  | { type: 'request'; request: RtspRequest }
  | { type: 'frame'; channel: number; payload: Buffer }
  | { type: 'fault'; fault: ParseFault };

interface Head {
  method: string;
  uri: string;
  version: string;
  headers: Map<string, string>;
  headerCount: number;
}

const DOLLAR = 0x24;
const LF = 0x0a;
const CR = 0x0d;
const FRAME_HEADER_BYTES = 4;

const REQUEST_LINE = /^([A-Z_]{1,32}) ([!-~]+) (RTSP\/\d\.\d)$/;
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:(.*)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNPRINTABLE = /[\u0000-\u0008\u000a-\u001f\u007f\ufffd]/;

export class RtspParser {
  #buffer: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  #headBytes = 0;
  #bodyBytes: number | undefined;
  #dead = false;

  /** Adds bytes; take all items with `next()` before the next push. */
  push(chunk: Buffer): void {
    if (this.#dead) return;
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
  }

  /** The next whole item, or undefined when more bytes are needed. */
  next(): RtspItem | undefined {
    while (!this.#dead) {
      if (this.#head !== undefined && this.#bodyBytes !== undefined) return this.#takeBody(this.#head, this.#bodyBytes);
      const first = this.#buffer[0];
      if (first === undefined) return undefined;
      if (this.#head === undefined && this.#headBytes === 0) {
        if (first === DOLLAR) return this.#takeFrame();
        if (first === CR || first === LF) {
          this.#drop(1);
          continue;
        }
      }
      const line = this.#takeLine();
      if (line === undefined) return undefined;
      const fault = typeof line === 'string' ? this.#onLine(line) : line.fault;
      if (fault !== undefined) return this.#fail(fault);
    }
    return undefined;
  }

  #takeFrame(): RtspItem | undefined {
    if (this.#buffer.length < FRAME_HEADER_BYTES) return undefined;
    const channel = this.#buffer.readUInt8(1);
    const end = FRAME_HEADER_BYTES + this.#buffer.readUInt16BE(2);
    if (end - FRAME_HEADER_BYTES > VIEWER_FRAME_BYTES_MAX) return this.#fail('frame-too-long');
    if (this.#buffer.length < end) return undefined;
    const payload = this.#buffer.subarray(FRAME_HEADER_BYTES, end);
    this.#drop(end);
    return { type: 'frame', channel, payload };
  }

  #takeLine(): string | { fault: ParseFault } | undefined {
    const allowedBytes = REQUEST_HEAD_BYTES_MAX - this.#headBytes;
    const lf = this.#buffer.indexOf(LF);
    const lineBytes = lf === -1 ? this.#buffer.length : lf + 1;
    if (lineBytes > allowedBytes) return { fault: 'head-too-long' };
    if (lf === -1) return undefined;
    const end = this.#buffer[lf - 1] === CR ? lf - 1 : lf;
    const line = this.#buffer.toString('utf8', 0, end);
    this.#headBytes += lineBytes;
    this.#drop(lineBytes);
    return line;
  }

  #onLine(line: string): ParseFault | undefined {
    const head = this.#head;
    if (UNPRINTABLE.test(line)) return head === undefined ? 'bad-request-line' : 'bad-header';
    if (head === undefined) {
      const match = REQUEST_LINE.exec(line);
      if (match === null) return 'bad-request-line';
      const [, method = '', uri = '', version = ''] = match;
      this.#head = { method, uri, version, headers: new Map(), headerCount: 0 };
      return undefined;
    }
    if (line === '') return this.#endHead(head);
    if (++head.headerCount > REQUEST_HEADERS_MAX) return 'too-many-headers';
    const match = HEADER.exec(line);
    if (match === null) return 'bad-header';
    const name = (match[1] ?? '').toLowerCase();
    const value = (match[2] ?? '').trim();
    const before = head.headers.get(name);
    head.headers.set(name, before === undefined ? value : `${before}, ${value}`);
    return undefined;
  }

  #endHead(head: Head): ParseFault | undefined {
    const text = head.headers.get('content-length') ?? '0';
    if (!/^\d{1,15}$/.test(text)) return 'bad-content-length';
    const bodyBytes = Number(text);
    if (bodyBytes > REQUEST_BODY_BYTES_MAX) return 'body-too-long';
    this.#bodyBytes = bodyBytes;
    return undefined;
  }

  #takeBody(head: Head, bodyBytes: number): RtspItem | undefined {
    if (this.#buffer.length < bodyBytes) return undefined;
    const body = this.#buffer.subarray(0, bodyBytes);
    this.#drop(bodyBytes);
    this.#head = undefined;
    this.#bodyBytes = undefined;
    this.#headBytes = 0;
    const { method, uri, version, headers } = head;
    return { type: 'request', request: { method, uri, version, headers, body } };
  }

  #drop(bytes: number): void {
    this.#buffer = this.#buffer.subarray(bytes);
  }

  #fail(fault: ParseFault): RtspItem {
    this.#dead = true;
    this.#buffer = Buffer.alloc(0);
    this.#head = undefined;
    return { type: 'fault', fault };
  }
}
