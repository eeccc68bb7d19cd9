/**
 * The text of garim.yaml: what is in it already stays as it stands, comments too; what setup adds is what was missing. Pure.
 */
import { Document, isMap, parseDocument } from 'yaml';

export interface CameraEntry {
  name: string;
  /** File with the URL, as it shall be written. */
  sourceFile: string;
  /** `simulated`, v4l2: and file: sources hold no secret and are written as they are. */
  sourceText: string | undefined;
  transport: 'tcp' | 'udp';
  detect: { longSidePx: number; intervalMs: number; tiles: string } | undefined;
  delayMs: number | undefined;
  /** Why this stream; becomes a comment. */
  why: string;
}

export interface Wanted {
  cameras: readonly CameraEntry[];
  /** Settings of the box as they shall be written; absent: left as they are. */
  httpListen?: string;
  rtspListen?: string;
  tls?: { cert: string; key: string } | undefined;
  tlsForRtsp?: boolean;
  state?: string;
}

export interface Composed {
  text: string;
  /** Settings that were there already and differ from what was wanted, e.g. `http.listen`. */
  kept: string[];
  /** Settings that were written, e.g. `cameras.gate`. */
  added: string[];
}

const HEADER = ` Written by garim setup. Every setting is explained in deploy/garim.example.yaml; check changes with: garim config check`;

/** `existing`: the present text, valid as a configuration; undefined where there is none. */
export function compose(existing: string | undefined, wanted: Wanted): Composed {
  const document = existing === undefined ? new Document({}) : parseDocument(existing);
  if (existing === undefined) document.commentBefore = HEADER;
  if (!isMap(document.contents)) document.contents = document.createNode({}) as never;
  const kept: string[] = [];
  const added: string[] = [];
  const put = (at: string[], value: unknown): void => {
    if (document.hasIn(at)) {
      if (document.getIn(at) !== value) kept.push(at.join('.'));
      return;
    }
    // `http:` with nothing below it is a null that nothing can be put into.
    for (let depth = 1; depth < at.length; depth++) {
      if (document.getIn(at.slice(0, depth)) === null) document.deleteIn(at.slice(0, depth));
    }
    document.setIn(at, document.createNode(value));
    added.push(at.join('.'));
  };
  for (const camera of wanted.cameras) {
    const { name, sourceFile, sourceText, transport, detect, delayMs, why } = camera;
    const entry = document.createNode({
      source: sourceText ?? { file: sourceFile },
      ...(transport === 'udp' && { transport }),
      ...(detect !== undefined && { detect }),
      ...(delayMs !== undefined && { delayMs }),
    });
    entry.commentBefore = ` ${why}`;
    put(['cameras', name], entry);
  }
  if (wanted.httpListen !== undefined) put(['http', 'listen'], wanted.httpListen);
  if (wanted.rtspListen !== undefined) put(['rtsp', 'listen'], wanted.rtspListen);
  const putMissing = (at: string[], value: unknown): void => {
    if (!document.hasIn(at)) put(at, value);
  };
  if (wanted.tls !== undefined) {
    putMissing(['http', 'tls'], wanted.tls);
    if (wanted.tlsForRtsp === true) putMissing(['rtsp', 'tls'], wanted.tls);
  }
  if (wanted.state !== undefined) putMissing(['state'], wanted.state);
  return {
    text: added.length === 0 && existing !== undefined ? existing : document.toString({ lineWidth: 120 }),
    kept,
    added,
  };
}
