/** Bytes to lines, in bounded memory: a line that is too long is dropped and counted once, and the next one is read again. */

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

export class LineSplitter {
  readonly #lineBytesMax: number;
  readonly #onLine: (line: Uint8Array) => void;
  readonly #onTooLong: () => void;
  /** Beginning of a line whose end has not come yet: a line and its carriage return at most. */
  #rest: Buffer = Buffer.alloc(0);
  #isSkipping = false;

  constructor(lineBytesMax: number, onLine: (line: Uint8Array) => void, onTooLong: () => void) {
    this.#lineBytesMax = lineBytesMax;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  /** Lines are handed out while this runs; they share memory with `chunk`. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#lineEnds(chunk.subarray(start, end));
      start = end + 1;
    }
    if (this.#isSkipping || start === chunk.length) return;
    if (this.#rest.length + chunk.length - start > this.#lineBytesMax + 1) {
      this.#tooLong();
      this.#isSkipping = true;
    } else this.#rest = Buffer.concat([this.#rest, chunk.subarray(start)]);
  }

  /** The end of the input ends the last line. */
  end(): void {
    this.#lineEnds(new Uint8Array(0));
  }

  /** What has come of the present line is none, nor is what is still to come of it. */
  skipLine(): void {
    this.#rest = Buffer.alloc(0);
    this.#isSkipping = true;
  }

  /** Forgets the present line; the next byte begins a new one. */
  reset(): void {
    this.#rest = Buffer.alloc(0);
    this.#isSkipping = false;
  }

  #lineEnds(tail: Uint8Array): void {
    const isSkipped = this.#isSkipping;
    const line = this.#rest.length === 0 ? tail : Buffer.concat([this.#rest, tail]);
    this.reset();
    if (isSkipped) return;
    const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    if (end > this.#lineBytesMax) this.#tooLong();
    else if (end > 0) this.#onLine(line.subarray(0, end));
  }

  #tooLong(): void {
    this.#rest = Buffer.alloc(0);
    this.#onTooLong();
  }
}

/** How bytes of a source become messages, one a line. */
export function linesInto(
  sink: { take(message: Uint8Array): unknown; dropped(reason: 'too-large'): void },
  bytesMax: number,
): LineSplitter {
  return new LineSplitter(
    bytesMax,
    (line) => sink.take(line),
    () => sink.dropped('too-large'),
  );
}
