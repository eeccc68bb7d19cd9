/** Hangul syllables, composed from the strokes of their jamo. All 11,172 modern syllables are drawn. */
type Points = readonly (readonly [number, number])[];

/** Width of a syllable in the grid units of glyphs.ts. */
export const HANGUL_CELL = 5.6;

const RING: Points = Array.from({ length: 17 }, (_, i) => {
  const angle = (i / 16) * 2 * Math.PI;
  return [0.5 + 0.46 * Math.sin(angle), 0.5 - 0.46 * Math.cos(angle)] as const;
});
const RING_LOW: Points = RING.map(([x, y]) => [x, 0.42 + y * 0.58] as const);

/** Strokes are parted by blanks, their points `x,y` by hyphens. */
function strokes(source: string): Points[] {
  return source.split(' ').map((stroke) =>
    stroke.split(/(?<=\d)-/).map((point) => {
      const [x, y] = point.split(',').map(Number);
      return [x!, y!] as const;
    }),
  );
}

/** Consonants in a unit square. */
const G = strokes('.05,.08-.92,.08-.8,.92');
const N = strokes('.1,.05-.1,.9-.95,.9');
const D = strokes('.95,.08-.1,.08-.1,.9-.95,.9');
const R = strokes('.08,.06-.92,.06-.92,.48-.08,.48-.08,.92-.95,.92');
const M = strokes('.1,.08-.9,.08-.9,.92-.1,.92-.1,.08');
const B = strokes('.1,.04-.1,.94-.9,.94-.9,.04 .1,.5-.9,.5');
const S = strokes('.5,.05-.46,.4-.04,.95 .48,.4-.96,.95');
const O: Points[] = [RING];
const J = strokes('.06,.08-.94,.08 .5,.08-.44,.46-.04,.95 .48,.44-.96,.95');
const C = strokes('.35,-.06-.65,-.06 .06,.18-.94,.18 .5,.18-.44,.52-.04,.98 .48,.5-.96,.98');
const K = strokes('.05,.08-.92,.08-.8,.92 .06,.48-.85,.48');
const T = strokes('.95,.06-.1,.06-.1,.92-.95,.92 .1,.48-.9,.48');
const P = strokes('.06,.08-.94,.08 .32,.08-.34,.9 .68,.08-.66,.9 .03,.92-.97,.92');
const H: Points[] = [...strokes('.35,-.04-.65,-.04 .06,.22-.94,.22'), RING_LOW];

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
  a: strokes('.3,0-.3,1 .3,.46-.9,.46'),
  ae: strokes('.15,.03-.15,.95 .8,0-.8,1 .15,.46-.8,.46'),
  ya: strokes('.3,0-.3,1 .3,.33-.9,.33 .3,.6-.9,.6'),
  yae: strokes('.15,.03-.15,.95 .8,0-.8,1 .15,.33-.8,.33 .15,.6-.8,.6'),
  eo: strokes('.7,0-.7,1 0,.46-.7,.46'),
  e: strokes('.45,.03-.45,.95 .9,0-.9,1 -.1,.46-.45,.46'),
  yeo: strokes('.7,0-.7,1 0,.33-.7,.33 0,.6-.7,.6'),
  ye: strokes('.45,.03-.45,.95 .9,0-.9,1 -.1,.33-.45,.33 -.1,.6-.45,.6'),
  i: strokes('.6,0-.6,1'),
};
const LYING: Record<string, Points[]> = {
  o: strokes('0,.85-1,.85 .5,.1-.5,.85'),
  yo: strokes('0,.85-1,.85 .34,.1-.34,.85 .66,.1-.66,.85'),
  u: strokes('0,.25-1,.25 .5,.25-.5,1.05'),
  yu: strokes('0,.25-1,.25 .34,.25-.34,1.05 .66,.25-.66,1.05'),
  eu: strokes('0,.5-1,.5'),
};
/** Medials in Unicode order, as [lying part, upright part]. */
const MEDIALS = '|a |ae |ya |yae |eo |e |yeo |ye o| o|a o|ae o|i yo| u| u|eo u|e u|i yu| eu| eu|i |i'
  .split(' ')
  .map((parts) => parts.split('|') as [lying: string, upright: string]);

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
