/** A camera that sends Motion JPEG over HTTP (`multipart/x-mixed-replace`) behind Basic authentication. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

const BOUNDARY = 'picture';

export interface MjpegServer extends AsyncDisposable {
  /** `userInfo`: `user:password`. */
  url(userInfo: string): string;
  /** When it sent a picture last, by `performance.now()`. */
  readonly sentMs: number;
  /** Ends all connections at once; new ones are served. */
  hangUp(): void;
  /** Keeps connections and sends nothing more until told otherwise. */
  setSilent(isSilent: boolean): void;
}

export async function startMjpegServer(options: {
  widthPx: number;
  heightPx: number;
  frameRate: number;
  user: string;
  password: string;
  /** JPEG files, sent in turn; plain colours without. */
  pictures?: Buffer[];
}): Promise<MjpegServer> {
  const { widthPx: width, heightPx: height } = options;
  const pictures =
    options.pictures ??
    (await Promise.all(
      ['#803020', '#208030', '#302080'].map((background) =>
        sharp({ create: { width, height, channels: 3, background } })
          .jpeg()
          .toBuffer(),
      ),
    ));
  const viewers = new Set<ServerResponse>();
  const expected = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': `multipart/x-mixed-replace; boundary=${BOUNDARY}` });
    viewers.add(response);
    response.on('close', () => viewers.delete(response));
  });
  let isSilent = false;
  let sent = 0;
  let sentMs = Number.NaN;
  const timer = setInterval(() => {
    const picture = pictures[sent++ % pictures.length]!;
    if (isSilent) return;
    sentMs = performance.now();
    for (const viewer of viewers) {
      viewer.write(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
      viewer.write(picture);
      viewer.write('\r\n');
    }
  }, 1000 / options.frameRate);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    get sentMs() {
      return sentMs;
    },
    url: (userInfo) => `http://${userInfo}@127.0.0.1:${port}/video`,
    hangUp() {
      for (const viewer of viewers) viewer.destroy();
    },
    setSilent(value) {
      isSilent = value;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
