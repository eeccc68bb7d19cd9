/** A WHIP endpoint (RFC 9725) on a free port of loopback whose media are received and decoded by a browser page. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';

/** What the page's video element and decoder say. */
export interface Received {
  widthPx: number;
  heightPx: number;
  framesDecoded: number;
}

const PAGE_SCRIPT = `
  const video = document.querySelector('video');
  let connection;

  async function answer(sdp) {
    const next = new RTCPeerConnection();
    next.ontrack = ({ track }) => {
      video.srcObject = new MediaStream([track]);
      video.play();
    };
    await next.setRemoteDescription({ type: 'offer', sdp });
    const gathered = new Promise((resolve) => {
      next.onicegatheringstatechange = () => next.iceGatheringState === 'complete' && resolve();
    });
    await next.setLocalDescription(await next.createAnswer());
    await gathered;
    connection = next;
    return next.localDescription.sdp;
  }

  async function received() {
    if (connection === undefined) return undefined;
    const stats = [...(await connection.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
    return { widthPx: video.videoWidth, heightPx: video.videoHeight, framesDecoded: stats?.framesDecoded ?? 0 };
  }

  function hangUp() {
    connection.close();
    connection = undefined;
  }
`;

export class WhipEndpoint implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    let offer = '';
    request.on('data', (data) => {
      offer += String(data);
    });
    request.on('end', () => {
      if (request.method !== 'POST') return response.writeHead(200).end();
      // Chromium refuses a retransmission stream that the offer groups but does not describe, as libav's does.
      const sdp = offer.replace(/a=ssrc-group:.*\r\n/, '');
      return this.#page.evaluate<string>(`answer(${JSON.stringify(sdp)})`).then(
        (sdp) => response.writeHead(201, { 'content-type': 'application/sdp', location: '/resource' }).end(sdp),
        () => response.writeHead(500).end(),
      );
    });
  });
  readonly #page: Page;
  /** Method and path of each request. */
  readonly requests: string[] = [];

  static async open(browser: Browser): Promise<WhipEndpoint> {
    const page = await browser.newPage();
    await page.setContent('<video muted></video>');
    await page.addScriptTag({ content: PAGE_SCRIPT });
    const endpoint = new WhipEndpoint(page);
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  private constructor(page: Page) {
    this.#page = page;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of the present connection; undefined while there is none. */
  received(): Promise<Received | undefined> {
    return this.#page.evaluate('received()');
  }

  /** Ends the connection as an endpoint does that is restarted. */
  hangUp(): Promise<void> {
    return this.#page.evaluate('hangUp()');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#page.close();
  }
}
