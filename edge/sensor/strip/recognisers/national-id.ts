/** National identifiers of many countries; those of Korea are in korea.ts. */
import { recogniser } from '../rule.ts';
import { EUROPE } from './national-id-europe.ts';
import { WORLD } from './national-id-world.ts';

export const findNationalIds = recogniser([...EUROPE, ...WORLD], { digitsMin: 4 });
