/**
 * Pictures and figures that are pulled by a request of their own, without a connection that lasts: snapshots, the newest figures of a sensor,
 * and the picture of a camera that is being set up. Each is decided and on record before its first byte.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WorldError } from '../../base/errors.ts';
import { PURPOSES } from '../../config/purposes.ts';
import { pullerId } from '../../config/use.ts';
import type { FeedDirectory } from '../feed.ts';
import type { Asked } from '../use/agreements.ts';
import { askedOf } from '../use/asked.ts';
import type { UseDesk } from '../use/desk.ts';
import { respond, respondJson, respondRefused, retryAfter } from './respond.ts';
import type { SetupPort } from './setup.ts';
import type { SensorDirectory } from './status.ts';

const PULL =
  /^GET (?:\/cameras\/([a-z0-9][a-z0-9-]{0,62})\/snapshot\.jpg|\/sensors\/([a-z0-9][a-z0-9-]{0,62})\/latest\.json)$/;

interface PullOptions {
  desk: UseDesk;
  feeds: FeedDirectory;
  sensors?: SensorDirectory;
  setup?: SetupPort;
}

export class PullRoutes {
  readonly #options: PullOptions;

  constructor(options: PullOptions) {
    this.#options = options;
  }

  /** Whether the request was one of these routes. The caller knows who asks. */
  async serve(key: string, request: IncomingMessage, response: ServerResponse, user: string): Promise<boolean> {
    const { setup } = this.#options;
    const [, camera, sensor] = PULL.exec(key) ?? [];
    if (camera !== undefined) await this.#snapshot(request, response, camera, user);
    else if (sensor !== undefined) await this.#latest(request, response, sensor, user);
    else if (key === 'GET /api/setup/picture.jpg' && setup !== undefined) {
      await this.#triedPicture(request, response, setup, user);
    } else if (key === 'GET /api/purposes') respondJson(response, this.#purposesOf(user));
    else return false;
    return true;
  }

  async #snapshot(request: IncomingMessage, response: ServerResponse, camera: string, user: string): Promise<void> {
    const feed = this.#options.feeds.get(camera);
    if (feed === undefined) return respond(response, { status: 404, body: 'no such camera\n' });
    if (!(await this.#admitted(request, response, { feed: camera, kind: 'camera', way: 'snapshot' }, user))) return;
    try {
      const jpeg = await feed.snapshot();
      const headers = { 'Content-Disposition': `inline; filename="${camera}.jpg"` };
      respond(response, { status: 200, body: jpeg, contentType: 'image/jpeg', headers });
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      respond(response, { status: 503, body: 'the camera gives no picture now\n', headers: retryAfter(1000) });
    }
  }

  /** No feed yet, but a filtered picture that leaves the box all the same: a snapshot of the camera under the name that it would get. */
  async #triedPicture(
    request: IncomingMessage,
    response: ServerResponse,
    setup: SetupPort,
    user: string,
  ): Promise<void> {
    const { picture } = setup;
    if (picture === undefined) return respond(response, { status: 404, body: 'no camera was tried\n' });
    if (!(await this.#admitted(request, response, { feed: picture.name, kind: 'camera', way: 'snapshot' }, user)))
      return;
    respond(response, { status: 200, body: picture.jpeg, contentType: 'image/jpeg' });
  }

  async #latest(request: IncomingMessage, response: ServerResponse, sensor: string, user: string): Promise<void> {
    const { sensors } = this.#options;
    if (sensors?.get(sensor) === undefined) return respond(response, { status: 404, body: 'no such sensor\n' });
    if (!(await this.#admitted(request, response, { feed: sensor, kind: 'sensor', way: 'latest' }, user))) return;
    respondJson(response, { sensor, releases: sensors.get(sensor)?.releases ?? [] });
  }

  /** False when it was refused, and answered so. */
  async #admitted(
    request: IncomingMessage,
    response: ServerResponse,
    pull: { feed: string; kind: 'camera' | 'sensor'; way: 'snapshot' | 'latest' },
    user: string,
  ): Promise<boolean> {
    const asked = askedOfRequest(request);
    const admission = await this.#options.desk.pullInWindow({ ...pull, puller: pullerId(user), asked });
    if (!admission.admitted) respondRefused(response, admission.reason);
    return admission.admitted;
  }

  /** For the console: what the user may say a feed is pulled for. */
  #purposesOf(user: string) {
    const choices = this.#options.desk.choicesOf(pullerId(user));
    return { choices: choices.map((choice) => ({ ...choice, label: PURPOSES[choice.purpose] })) };
  }
}

export function askedOfRequest(request: IncomingMessage): Asked {
  return askedOf(request.url ?? '', request.headers);
}
