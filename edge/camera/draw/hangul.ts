/** Hangul syllables, composed from the strokes of their jamo. All 11,172 modern syllables are drawn. */
type Points = readonly (readonly [number, number])[];

/** Width of a syllable in the grid units of glyphs.ts. */
export const HANGUL_CELL = 5.6;

const RING: Points = Array.from({ length: 17 }, (_, i) => {
  const angle = (i / 16) * 2 * Math.PI;
  return [0.5 + 0.46 * Math.sin(angle), 0.5 - 0.46 * Math.cos(angle)] as const;
});
const RING_LOW: Points = RING.map(([x, y]) => [x, 0.42 + y * 0.58] as const);

/** Consonants in a unit square. */
const G: Points[] = [
  [
    [0.05, 0.08],
    [0.92, 0.08],
    [0.8, 0.92],
  ],
];
const N: Points[] = [
  [
    [0.1, 0.05],
    [0.1, 0.9],
    [0.95, 0.9],
  ],
];
const D: Points[] = [
  [
    [0.95, 0.08],
    [0.1, 0.08],
    [0.1, 0.9],
    [0.95, 0.9],
  ],
];
const R: Points[] = [
  [
    [0.08, 0.06],
    [0.92, 0.06],
    [0.92, 0.48],
    [0.08, 0.48],
    [0.08, 0.92],
    [0.95, 0.92],
  ],
];
const M: Points[] = [
  [
    [0.1, 0.08],
    [0.9, 0.08],
    [0.9, 0.92],
    [0.1, 0.92],
    [0.1, 0.08],
  ],
];
const B: Points[] = [
  [
    [0.1, 0.04],
    [0.1, 0.94],
    [0.9, 0.94],
    [0.9, 0.04],
  ],
  [
    [0.1, 0.5],
    [0.9, 0.5],
  ],
];
const S: Points[] = [
  [
    [0.5, 0.05],
    [0.46, 0.4],
    [0.04, 0.95],
  ],
  [
    [0.48, 0.4],
    [0.96, 0.95],
  ],
];
const O: Points[] = [RING];
const J: Points[] = [
  [
    [0.06, 0.08],
    [0.94, 0.08],
  ],
  [
    [0.5, 0.08],
    [0.44, 0.46],
    [0.04, 0.95],
  ],
  [
    [0.48, 0.44],
    [0.96, 0.95],
  ],
];
const C: Points[] = [
  [
    [0.35, -0.06],
    [0.65, -0.06],
  ],
  [
    [0.06, 0.18],
    [0.94, 0.18],
  ],
  [
    [0.5, 0.18],
    [0.44, 0.52],
    [0.04, 0.98],
  ],
  [
    [0.48, 0.5],
    [0.96, 0.98],
  ],
];
const K: Points[] = [
  [
    [0.05, 0.08],
    [0.92, 0.08],
    [0.8, 0.92],
  ],
  [
    [0.06, 0.48],
    [0.85, 0.48],
  ],
];
const T: Points[] = [
  [
    [0.95, 0.06],
    [0.1, 0.06],
    [0.1, 0.92],
    [0.95, 0.92],
  ],
  [
    [0.1, 0.48],
    [0.9, 0.48],
  ],
];
const P: Points[] = [
  [
    [0.06, 0.08],
    [0.94, 0.08],
  ],
  [
    [0.32, 0.08],
    [0.34, 0.9],
  ],
  [
    [0.68, 0.08],
    [0.66, 0.9],
  ],
  [
    [0.03, 0.92],
    [0.97, 0.92],
  ],
];
const H: Points[] = [
  [
    [0.35, -0.04],
    [0.65, -0.04],
  ],
  [
    [0.06, 0.22],
    [0.94, 0.22],
  ],
  RING_LOW,
];

const pair = (left: Points[], right: Points[]): Points[] => [
  ...fit(left, 0, 0, 0.46, 1),
  ...fit(right, 0.54, 0, 0.46, 1),
];

const INITIALS: Points[][] = [
  G,
  pair(G, G),
  N,
  D,
  pair(D, D),
  R,
  M,
  B,
  pair(B, B),
  S,
  pair(S, S),
  O,
  J,
  pair(J, J),
  C,
  K,
  T,
  P,
  H,
];
const FINALS: Points[][] = [
  [],
  G,
  pair(G, G),
  pair(G, S),
  N,
  pair(N, J),
  pair(N, H),
  D,
  R,
  pair(R, G),
  pair(R, M),
  pair(R, B),
  pair(R, S),
  pair(R, T),
  pair(R, P),
  pair(R, H),
  M,
  B,
  pair(B, S),
  S,
  pair(S, S),
  O,
  J,
  C,
  K,
  T,
  P,
  H,
];

/** Upright vowels: x positions of the bars, and short strokes as [x from, x to, y]. Lying vowels: stem directions. */
const UPRIGHT: Record<string, Points[]> = {
  a: [
    [
      [0.3, 0],
      [0.3, 1],
    ],
    [
      [0.3, 0.46],
      [0.9, 0.46],
    ],
  ],
  ae: [
    [
      [0.15, 0.03],
      [0.15, 0.95],
    ],
    [
      [0.8, 0],
      [0.8, 1],
    ],
    [
      [0.15, 0.46],
      [0.8, 0.46],
    ],
  ],
  ya: [
    [
      [0.3, 0],
      [0.3, 1],
    ],
    [
      [0.3, 0.33],
      [0.9, 0.33],
    ],
    [
      [0.3, 0.6],
      [0.9, 0.6],
    ],
  ],
  yae: [
    [
      [0.15, 0.03],
      [0.15, 0.95],
    ],
    [
      [0.8, 0],
      [0.8, 1],
    ],
    [
      [0.15, 0.33],
      [0.8, 0.33],
    ],
    [
      [0.15, 0.6],
      [0.8, 0.6],
    ],
  ],
  eo: [
    [
      [0.7, 0],
      [0.7, 1],
    ],
    [
      [0, 0.46],
      [0.7, 0.46],
    ],
  ],
  e: [
    [
      [0.45, 0.03],
      [0.45, 0.95],
    ],
    [
      [0.9, 0],
      [0.9, 1],
    ],
    [
      [-0.1, 0.46],
      [0.45, 0.46],
    ],
  ],
  yeo: [
    [
      [0.7, 0],
      [0.7, 1],
    ],
    [
      [0, 0.33],
      [0.7, 0.33],
    ],
    [
      [0, 0.6],
      [0.7, 0.6],
    ],
  ],
  ye: [
    [
      [0.45, 0.03],
      [0.45, 0.95],
    ],
    [
      [0.9, 0],
      [0.9, 1],
    ],
    [
      [-0.1, 0.33],
      [0.45, 0.33],
    ],
    [
      [-0.1, 0.6],
      [0.45, 0.6],
    ],
  ],
  i: [
    [
      [0.6, 0],
      [0.6, 1],
    ],
  ],
};
const LYING: Record<string, Points[]> = {
  o: [
    [
      [0, 0.85],
      [1, 0.85],
    ],
    [
      [0.5, 0.1],
      [0.5, 0.85],
    ],
  ],
  yo: [
    [
      [0, 0.85],
      [1, 0.85],
    ],
    [
      [0.34, 0.1],
      [0.34, 0.85],
    ],
    [
      [0.66, 0.1],
      [0.66, 0.85],
    ],
  ],
  u: [
    [
      [0, 0.25],
      [1, 0.25],
    ],
    [
      [0.5, 0.25],
      [0.5, 1.05],
    ],
  ],
  yu: [
    [
      [0, 0.25],
      [1, 0.25],
    ],
    [
      [0.34, 0.25],
      [0.34, 1.05],
    ],
    [
      [0.66, 0.25],
      [0.66, 1.05],
    ],
  ],
  eu: [
    [
      [0, 0.5],
      [1, 0.5],
    ],
  ],
};
/** Medials in Unicode order, as [lying part, upright part]. */
const MEDIALS: readonly (readonly [lying: string, upright: string])[] = [
  ['', 'a'],
  ['', 'ae'],
  ['', 'ya'],
  ['', 'yae'],
  ['', 'eo'],
  ['', 'e'],
  ['', 'yeo'],
  ['', 'ye'],
  ['o', ''],
  ['o', 'a'],
  ['o', 'ae'],
  ['o', 'i'],
  ['yo', ''],
  ['u', ''],
  ['u', 'eo'],
  ['u', 'e'],
  ['u', 'i'],
  ['yu', ''],
  ['eu', ''],
  ['eu', 'i'],
  ['', 'i'],
];

/** Strokes of a syllable in a unit square, or undefined when the character is none. */
export function hangulStrokes(character: string): Points[] | undefined {
  const index = character.charCodeAt(0) - 0xac00;
  if (!(index >= 0 && index < 11_172)) return undefined;
  const initial = INITIALS[Math.floor(index / 588)]!;
  const [lying, upright] = MEDIALS[Math.floor((index % 588) / 28)]!;
  const final = FINALS[index % 28]!;
  const bodyHeight = final.length > 0 ? 0.62 : 1;
  const out: Points[] = [];
  const rightEdge = upright === '' ? 0.95 : 0.58;
  const lowEdge = (lying === '' ? 0.88 : 0.52) * bodyHeight;
  const inset = upright === '' ? 0.2 : 0.05;
  out.push(
    ...fit(
      initial,
      inset,
      0.04 + (lying === '' ? 0.06 * bodyHeight : 0),
      rightEdge - inset - (upright === '' ? 0.15 : 0),
      lowEdge - 0.06,
    ),
  );
  if (lying !== '') {
    const width = upright === '' ? 0.94 : 0.66;
    out.push(...fit(LYING[lying]!, 0.03, 0.6 * bodyHeight, width, 0.36 * bodyHeight));
  }
  if (upright !== '') out.push(...fit(UPRIGHT[upright]!, 0.66, 0, 0.32, bodyHeight * 0.98));
  if (final.length > 0) out.push(...fit(final, 0.2, 0.68, 0.66, 0.32));
  return out;
}

function fit(strokes: Points[], x: number, y: number, w: number, h: number): Points[] {
  return strokes.map((stroke) => stroke.map(([px, py]) => [x + px * w, y + py * h] as const));
}
