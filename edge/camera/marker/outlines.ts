/**
 * Outlines of what is darker than its surroundings: mean of a square, threshold, and border following (Suzuki and Abe 1985), with the very
 * results of js-aruco2's `adaptiveThreshold` and `findContours`, which a property test compares. Those make an object of each point of each outline,
 * and nearly all outlines are too short to matter: a look cost two and a half times as much.
 */

/** A grey picture, row by row without padding. */
export interface GreyPicture {
  luma: Uint8Array;
  widthPx: number;
  heightPx: number;
}

/** One outline, in the order in which it is followed. Valid until the next one. */
export interface Outline {
  xs: Int16Array;
  ys: Int16Array;
  points: number;
}

/** A pixel is compared with the square that reaches this far from it, and must be darker by this. */
const RADIUS_PX = 2;
const DARKER_BY = 7;
/** A sum of five values times MULTIPLIER >> SHIFT is their mean, rounded down. */
const MULTIPLIER = 205;
const SHIFT = 10;

/** Smaller pictures have no squares to compare with. */
const SIDE_PX_MIN = 2 * RADIUS_PX + 1;

/** Marks of the map. A border pixel that was followed is FOLLOWED, with its sign turned where nothing lies right of it. */
const DARK = 1;
const FOLLOWED = 2;

/** Steps to the eight neighbours, counter-clockwise from the right one. */
const STEPS: readonly (readonly [x: number, y: number])[] = [
  [1, 0],
  [1, -1],
  [0, -1],
  [-1, -1],
  [-1, 0],
  [-1, 1],
  [0, 1],
  [1, 1],
];
const RIGHT = 0;
const LEFT = 4;

export class OutlineTracer {
  #widthPx = 0;
  #heightPx = 0;
  /** Bytes from one row of the map to the next: with a border all around, and whole words of four bytes. */
  #stride = 0;
  #map = new Int8Array(0);
  #words = new Int32Array(0);
  #deltas = new Int32Array(0);
  /** Means along the rows above and below the present one, the uppermost first; and their sums. */
  #rows: Uint8Array[] = [];
  #sums = new Uint16Array(0);
  /** Places in the map of the outline that is being followed. */
  #path = new Int32Array(1_024);
  #outline: Outline = { xs: new Int16Array(1_024), ys: new Int16Array(1_024), points: 0 };

  /** Calls `found` for each outline of at least `pointsMin` points, in the order in which a scan by rows meets them. */
  trace({ luma, widthPx, heightPx }: GreyPicture, pointsMin: number, found: (outline: Outline) => void): void {
    if (Math.min(widthPx, heightPx) < SIDE_PX_MIN) return;
    if (this.#widthPx !== widthPx || this.#heightPx !== heightPx) this.#resize(widthPx, heightPx);
    this.#threshold(luma);
    this.#follow(pointsMin, found);
  }

  #resize(widthPx: number, heightPx: number): void {
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.#stride = Math.ceil((widthPx + 2) / 4) * 4;
    this.#map = new Int8Array(this.#stride * (heightPx + 2));
    this.#words = new Int32Array(this.#map.buffer);
    const deltas = STEPS.map(([x, y]) => x + y * this.#stride);
    this.#deltas = Int32Array.from([...deltas, ...deltas]);
    this.#rows = Array.from({ length: SIDE_PX_MIN + 1 }, () => new Uint8Array(widthPx));
    this.#sums = new Uint16Array(widthPx);
  }

  /** Beyond its edges the picture goes on as its outermost rows and columns. */
  #threshold(luma: Uint8Array): void {
    const [width, sums, rows] = [this.#widthPx, this.#sums, this.#rows];
    const last = this.#heightPx - 1;
    const meansOf = (y: number, into: Uint8Array): void => {
      meansAlong(luma, Math.min(Math.max(y, 0), last) * width, into);
    };
    // As if the row before the first one had just been done; the uppermost row is what leaves the sums next.
    sums.fill(0);
    for (const [i, row] of rows.entries()) {
      meansOf(i - RADIUS_PX - 1, row);
      if (i < SIDE_PX_MIN) for (let x = 0; x < width; x++) sums[x]! += row[x]!;
    }
    for (let y = 0; y <= last; y++) {
      const leaving = rows.shift()!;
      markDark(luma, y * width, sums, rows.at(-1)!, leaving, this.#map, (y + 1) * this.#stride + 1);
      meansOf(y + 1 + RADIUS_PX, leaving);
      rows.push(leaving);
    }
  }

  #follow(pointsMin: number, found: (outline: Outline) => void): void {
    const [map, words] = [this.#map, this.#words];
    const end = (this.#stride * (this.#heightPx + 1)) >> 2;
    for (let word = this.#stride >> 2; word < end; word++) {
      if (words[word] === 0) continue;
      for (let at = word << 2; at < (word + 1) << 2; at++) {
        const mark = map[at]!;
        if (mark <= 0) continue;
        const isOuter = mark === DARK && map[at - 1] === 0;
        if (!isOuter && map[at + 1] !== 0) continue;
        const points = this.#followFrom(at, isOuter ? LEFT : RIGHT);
        if (points >= pointsMin) found(this.#outlineOf(points));
      }
    }
  }

  /** Follows one border from its first pixel; nothing lies in the direction `away`. Returns the number of points in the path. */
  #followFrom(start: number, away: number): number {
    const [map, deltas] = [this.#map, this.#deltas];
    let path = this.#path;
    let direction = away;
    do direction = (direction - 1) & 7;
    while (direction !== away && map[start + deltas[direction]!] === 0);
    if (direction === away) {
      map[start] = -FOLLOWED;
      path[0] = start;
      return 1;
    }
    const last = start + deltas[direction]!;
    let at = start;
    let points = 0;
    for (;;) {
      const from = direction;
      let next: number;
      do next = at + deltas[++direction]!;
      while (map[next] === 0);
      direction &= 7;
      // The look around came past the right neighbour, and found nothing there.
      if ((direction - 1) >>> 0 < from) map[at] = -FOLLOWED;
      else if (map[at] === DARK) map[at] = FOLLOWED;
      if (points === path.length) path = this.#path = grown(path);
      path[points++] = at;
      if (next === start && at === last) return points;
      at = next;
      direction = (direction + 4) & 7;
    }
  }

  #outlineOf(points: number): Outline {
    const [path, stride] = [this.#path, this.#stride];
    if (this.#outline.xs.length < points) {
      this.#outline = { xs: new Int16Array(path.length), ys: new Int16Array(path.length), points };
    }
    const { xs, ys } = this.#outline;
    for (let i = 0; i < points; i++) {
      const row = Math.floor(path[i]! / stride);
      xs[i] = path[i]! - row * stride - 1;
      ys[i] = row - 1;
    }
    this.#outline.points = points;
    return this.#outline;
  }
}

// Loops of their own, which V8 compiles better than the same lines among others.

/** Means along a row of `luma` that begins at `from`: of five pixels each. */
function meansAlong(luma: Uint8Array, from: number, means: Uint8Array): void {
  const width = means.length;
  const last = from + width - 1;
  let a = luma[from]!;
  let b = a;
  let c = a;
  let d = luma[from + 1]!;
  let e = luma[from + 2]!;
  for (let x = 0; x < width; x++) {
    means[x] = ((a + b + c + d + e) * MULTIPLIER) >>> SHIFT;
    a = b;
    b = c;
    c = d;
    d = e;
    const next = from + x + RADIUS_PX + 1;
    e = luma[next < last ? next : last]!;
  }
}

/** Moves the sums on by a row, and marks which pixels of the row at `from` are darker than their mean. */
function markDark(
  luma: Uint8Array,
  from: number,
  sums: Uint16Array,
  entering: Uint8Array,
  leaving: Uint8Array,
  map: Int8Array,
  to: number,
): void {
  for (let x = 0; x < sums.length; x++) {
    const sum = sums[x]! + entering[x]! - leaving[x]!;
    sums[x] = sum;
    // 1 where the difference is negative: without a branch, which texture would mislead.
    map[to + x] = (luma[from + x]! + DARKER_BY - 1 - ((sum * MULTIPLIER) >>> SHIFT)) >>> 31;
  }
}

function grown(path: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * path.length);
  larger.set(path);
  return larger;
}
