/** An RTSP client over a raw socket, with its own digest computation, that shows everything that came in. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PASSWORD, USER } from './rtsp-fixture.ts';

/** Only bounds hanging. */
const REPLY_MS_MAX = 120_000;

export interface RtspReply {
  status: number;
  headers: [name: string, value: string][];
  body: string;
}

export type DigestKind = 'MD5' | 'SHA-256' | 'MD5-without-qop';

export class RtspClient implements Disposable {
  readonly socket: Socket;
  /** `$` frames in order of arrival. */
  readonly frames: { channel: number; payload: Buffer }[] = [];
  readonly replies: RtspReply[] = [];
  isClosed = false;
  #buffer: Buffer = Buffer.alloc(0);
  #waiting: ((reply: RtspReply) => void) | undefined;
  #cseq = 0;
  #nonce = '';
  #nonceCount = 0;
  user = USER;
  password = PASSWORD;
  digest: DigestKind = 'SHA-256';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** Over TLS with `ca`, which then is the only certificate that is trusted. */
  static async connect(port: number, ca?: string): Promise<RtspClient> {
    const socket = ca === undefined ? connect(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', ca });
    await once(socket, ca === undefined ? 'connect' : 'secureConnect');
    return new RtspClient(socket);
  }

  /** Sends a request without credentials. */
  async plain(method: string, uri: string, headers: Record<string, string> = {}, body = ''): Promise<RtspReply> {
    const lines = [`${method} ${uri} RTSP/1.0`, `CSeq: ${++this.#cseq}`];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (body !== '') lines.push(`Content-Length: ${body.length}`);
    return await this.raw(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Sends bytes and waits for the next reply. */
  async raw(text: string | Buffer): Promise<RtspReply> {
    const reply = new Promise<RtspReply>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply to ${String(text).slice(0, 60)}`)), REPLY_MS_MAX);
      this.#waiting = (value) => {
        clearTimeout(timer);
        resolve(value);
      };
    });
    this.socket.write(text);
    return await reply;
  }

  /** Sends a request with credentials; asks for a nonce first when there is none, and again when it was stale. */
  async request(method: string, uri: string, headers: Record<string, string> = {}, body = ''): Promise<RtspReply> {
    if (this.#nonce === '') this.takeNonce(await this.plain('DESCRIBE', uri));
    const reply = await this.plain(method, uri, { ...headers, Authorization: this.authorization(method, uri) }, body);
    if (reply.status !== 401) return reply;
    this.takeNonce(reply);
    return reply;
  }

  takeNonce(reply: RtspReply): void {
    const nonces = headersOf(reply, 'WWW-Authenticate').map((value) => /nonce="([^"]+)"/.exec(value)?.[1] ?? '');
    this.#nonce = nonces[0] ?? '';
    this.#nonceCount = 0;
  }

  authorization(method: string, uri: string): string {
    const hash = (text: string): string =>
      createHash(this.digest === 'SHA-256' ? 'sha256' : 'md5')
        .update(text)
        .digest('hex');
    const ha1 = hash(`${this.user}:garim:${this.password}`);
    const ha2 = hash(`${method}:${uri}`);
    const common = `Digest username="${this.user}", realm="garim", nonce="${this.#nonce}", uri="${uri}"`;
    if (this.digest === 'MD5-without-qop') return `${common}, response="${hash(`${ha1}:${this.#nonce}:${ha2}`)}"`;
    const nc = (++this.#nonceCount).toString(16).padStart(8, '0');
    const response = hash(`${ha1}:${this.#nonce}:${nc}:c0ffee:auth:${ha2}`);
    return `${common}, algorithm=${this.digest}, qop=auth, nc=${nc}, cnonce="c0ffee", response="${response}"`;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#takeFrame() || this.#takeReply()) {
      // Each turn takes one item off the buffer.
    }
  }

  #takeFrame(): boolean {
    if (this.#buffer[0] !== 0x24 || this.#buffer.length < 4) return false;
    const end = 4 + this.#buffer.readUInt16BE(2);
    if (this.#buffer.length < end) return false;
    this.frames.push({ channel: this.#buffer[1]!, payload: this.#buffer.subarray(4, end) });
    this.#buffer = this.#buffer.subarray(end);
    return true;
  }

  #takeReply(): boolean {
    if (this.#buffer.length === 0 || this.#buffer[0] === 0x24) return false;
    const headEnd = this.#buffer.indexOf('\r\n\r\n');
    if (headEnd === -1) return false;
    const [statusLine = '', ...lines] = this.#buffer.toString('utf8', 0, headEnd).split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
    const bodyEnd = headEnd + 4 + Number(headers.find(([name]) => name === 'Content-Length')?.[1] ?? 0);
    if (this.#buffer.length < bodyEnd) return false;
    const body = this.#buffer.toString('utf8', headEnd + 4, bodyEnd);
    this.#buffer = this.#buffer.subarray(bodyEnd);
    const reply = { status: Number(statusLine.split(' ')[1]), headers, body };
    this.replies.push(reply);
    this.#waiting?.(reply);
    this.#waiting = undefined;
    return true;
  }
}

export function headersOf(reply: RtspReply, name: string): string[] {
  return reply.headers.filter(([key]) => key === name).map(([, value]) => value);
}

/** The session id of a SETUP reply. */
export function sessionOf(reply: RtspReply): string {
  return headersOf(reply, 'Session')[0]?.split(';')[0] ?? '';
}
