/** What we use of node-rtsp-stream, which has no types of its own. */
declare module 'node-rtsp-stream' {
  import type { ChildProcessByStdio } from 'node:child_process';
  import type { EventEmitter } from 'node:events';
  import type { Readable, Writable } from 'node:stream';

  export default class VideoStream extends EventEmitter {
    constructor(options: {
      name: string;
      /** What stands after ffmpeg's `-i`. */
      streamUrl: string;
      ffmpegPath: string;
      /** Output options; an empty value makes a flag. */
      ffmpegOptions: Record<string, string>;
    });
    stream: ChildProcessByStdio<Writable, Readable, Readable>;
    /** Emits `ffmpegStderr`. */
    mpeg1Muxer: EventEmitter;
    /** Called by the constructor. */
    startMpeg1Stream(): this;
    /** Called by the constructor; opens a WebSocket server. */
    pipeStreamToSocketServer(): void;
  }
}
