/**
 * Randomness that depends on nothing but its keys: the street asks "what is actor 7 of stream 3 like?" and always gets the same answer,
 * so any frame can be drawn without having drawn the ones before.
 */
export type Random = () => number;

/** A generator of numbers in [0, 1) (mulberry32), seeded by a hash of the keys. */
export function randomOf(...keys: number[]): Random {
  let state = 0x9e3779b9;
  for (const key of keys) {
    state = Math.imul(state ^ (key | 0), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}
