/**
 * Messages over one byte stream between the agent and a child process: structured clones, each behind its length.
 *
 * Node's own channel believes any length that the other end announces, and throws out of its own read callback at bytes that are no message.
 * A camera process may have been taken over by its camera, so here the length has a bound, and whatever is wrong is one callback.
 *
 * On the stream: length of the rest (32 bits, big endian), then the message as `node:v8` serialises it.
 */
import { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { messageOf } from './errors.ts';
import { WIRE_BACKLOG_BYTES_MAX, WIRE_MESSAGE_BYTES_MAX } from './limits.ts';

const LENGTH_BYTES = 4;
/** Descriptor of the stream in a child process: the first after the standard ones. */
export const WIRE_FD = 3;

export interface WireHandlers {
  onMessage(message: unknown): void;
  /** The other end is gone, or what it sent is no message (then with the reason). Called once; nothing comes afterwards. */
  onEnd(fault?: string): void;
}

export class Wire {
  readonly #socket: Socket;
  readonly #handlers: WireHandlers;
  readonly #reader = new MessageReader();
  #isEnded = false;

  constructor(socket: Socket, handlers: WireHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => {}); // what follows is `close`
    socket.on('close', () => this.#end());
    socket.on('end', () => this.#end());
  }

  /** Bytes that the other end has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  /** False when the other end is gone, or so far behind that nothing more may wait for it. `onSent` is called when the system has it, or never will. */
  send(message: unknown, onSent?: () => void): boolean {
    if (this.#isEnded || !this.#socket.writable || this.waitingBytes > WIRE_BACKLOG_BYTES_MAX) return false;
    const body = serialize(message);
    if (body.length > WIRE_MESSAGE_BYTES_MAX) throw new RangeError(`a message of ${body.length} bytes`);
    const head = Buffer.allocUnsafe(LENGTH_BYTES);
    head.writeUInt32BE(body.length);
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(body, () => onSent?.());
    this.#socket.uncork();
    return true;
  }

  /** Takes nothing more; the other end sees the stream end. */
  close(): void {
    this.#isEnded = true;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#isEnded) return;
    try {
      for (const message of this.#reader.read(chunk)) {
        this.#handlers.onMessage(message);
        if (this.#isEnded) return;
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#end(error.message);
    }
  }

  #end(fault?: string): void {
    if (this.#isEnded) return;
    this.close();
    this.#handlers.onEnd(fault);
  }
}

/** The child's end of its wire to the agent; without the agent the process ends at once. Throws outside a process that the agent started. */
export function openParentWire(onMessage: (message: unknown) => void): Wire {
  let socket: Socket;
  try {
    socket = new Socket({ fd: WIRE_FD, readable: true, writable: true });
  } catch {
    throw new Error('this program is started by the Garim agent, not by hand');
  }
  return new Wire(socket, { onMessage, onEnd: () => process.exit(0) });
}

class WireError extends Error {}

/** Cuts a stream into messages, however it comes in pieces. */
class MessageReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = LENGTH_BYTES;

  /** The messages that the chunk completes. Throws WireError at what is none; the reader is of no use afterwards. */
  *read(chunk: Buffer): Generator<unknown> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed) {
      let all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes);
      const length = all.readUInt32BE();
      if (length > WIRE_MESSAGE_BYTES_MAX)
        throw new WireError(`a message of ${length} bytes, more than the bound of ${WIRE_MESSAGE_BYTES_MAX}`);
      this.#needed = LENGTH_BYTES + length;
      if (all.length >= this.#needed) {
        const body = all.subarray(LENGTH_BYTES, this.#needed);
        all = all.subarray(this.#needed);
        this.#needed = LENGTH_BYTES;
        this.#chunks = all.length > 0 ? [all] : [];
        this.#bytes = all.length;
        yield parse(body);
      } else {
        this.#chunks = [all];
      }
    }
  }
}

function parse(body: Buffer): unknown {
  try {
    return deserialize(body);
  } catch (error) {
    throw new WireError(`bytes that are no message: ${messageOf(error)}`);
  }
}
