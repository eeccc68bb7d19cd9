/** A fleet of different plates by seed, and chance that a test can repeat. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES = '가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주';

/** Korean plates, all different, none read as another. */
export function fleetOf(size: number, seed = 1): string[] {
  const random = mulberry32(seed);
  const plates = new Set<string>();
  while (plates.size < size) {
    const part = (digits: number): string => String(Math.floor(random() * 10 ** digits)).padStart(digits, '0');
    plates.add(`${part(3)}${SYLLABLES[Math.floor(random() * SYLLABLES.length)]}${part(4)}`);
  }
  return [...plates];
}
