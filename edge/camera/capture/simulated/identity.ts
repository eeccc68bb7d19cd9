/** What tells the invented people of the street apart. */
import type { Rgb } from '../../draw/primitives.ts';
import { mix } from './color.ts';
import { between, pick, randomOf } from './random.ts';

export interface Identity {
  skin: Rgb;
  hair: Rgb;
  style: 'short' | 'long' | 'bald' | 'bob';
  hat: 'none' | 'cap' | 'beanie';
  glasses: boolean;
  mask: boolean;
  beard: boolean;
  eye: Rgb;
  /** Share by which the face is wider than usual. */
  broad: number;
  lips: Rgb;
}

const SKINS: Rgb[] = [
  [243, 208, 180],
  [232, 186, 152],
  [222, 172, 134],
  [198, 146, 108],
  [160, 110, 78],
  [116, 78, 56],
];
const HAIRS: Rgb[] = [
  [28, 24, 24],
  [48, 34, 28],
  [84, 56, 36],
  [142, 104, 62],
  [150, 148, 146],
];

export function identityOf(seed: number, index: number): Identity {
  const random = randomOf(seed, 101, index);
  const skin = SKINS[index % SKINS.length]!;
  const woman = index % 2 === 1;
  const style = woman
    ? pick(random, ['long', 'bob', 'long'] as const)
    : pick(random, ['short', 'short', 'bald'] as const);
  return {
    skin,
    hair: skin[0] < 170 ? HAIRS[0]! : pick(random, HAIRS),
    style,
    hat: index % 6 === 2 ? 'cap' : index % 6 === 5 ? 'beanie' : 'none',
    glasses: index % 4 === 1,
    mask: index % 5 === 3,
    beard: !woman && index % 4 === 2,
    eye: pick(random, [
      [52, 36, 26],
      [70, 48, 30],
      [78, 96, 110],
    ] as Rgb[]),
    broad: between(random, -0.05, 0.06),
    lips: mix(skin, [176, 62, 66], woman ? 0.62 : 0.38),
  };
}
