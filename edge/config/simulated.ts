/** Reads `simulated[:SEED][?night=1&rain=1&markers=1&width=1280&height=720&fps=25&seconds=60]`. */
import { UserError } from '../base/errors.ts';

/** What the simulated street is like. */
export interface StreetOptions {
  seed: number;
  widthPx: number;
  heightPx: number;
  frameRate: number;
  night: boolean;
  rain: boolean;
  /** Some persons show the common marker; the truth names it. */
  markers: boolean;
}

export const STREET_DEFAULTS: StreetOptions = {
  seed: 1,
  widthPx: 1280,
  heightPx: 720,
  frameRate: 25,
  night: false,
  rain: false,
  markers: false,
};

export interface SimulatedSource {
  street: StreetOptions;
  /** The capture ends after this long; undefined: never. */
  seconds: number | undefined;
}

const FIX =
  'write simulated:SEED?night=1&rain=1&markers=1&width=1280&height=720&fps=25&seconds=60, each part as you need it';

/** @throws UserError when the URL has an unknown or impossible part */
export function parseSimulated(url: string): SimulatedSource {
  const match = /^simulated(?::(\d{0,9}))?(?:\?(.*))?$/.exec(url);
  if (match === null) throw new UserError(`'${url}' is not a simulated source`, { fix: FIX });
  const street = { ...STREET_DEFAULTS, seed: Number(match[1] || STREET_DEFAULTS.seed) };
  let seconds: number | undefined;
  for (const [key, text] of new URLSearchParams(match[2] ?? '')) {
    const value = text === '' ? Number.NaN : Number(text);
    if (key === 'night' || key === 'rain' || key === 'markers') street[key] = oneOf(key, value, [0, 1]) === 1;
    else if (key === 'width') street.widthPx = sizePx(key, value);
    else if (key === 'height') street.heightPx = sizePx(key, value);
    else if (key === 'fps') street.frameRate = within(key, value, 1, 60);
    else if (key === 'seconds') seconds = within(key, value, 0.1, 86_400);
    else throw new UserError(`the simulated source has no setting '${key}'`, { fix: FIX });
  }
  return { street, seconds };
}

function within(key: string, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw new UserError(`'${key}' of the simulated source must be ${low} to ${high}`, { fix: FIX });
}

function oneOf(key: string, value: number, allowed: readonly number[]): number {
  if (allowed.includes(value)) return value;
  throw new UserError(`'${key}' of the simulated source must be ${allowed.join(' or ')}`, { fix: FIX });
}

/** Even, since chroma is halved; within what the background can be drawn at. */
function sizePx(key: string, value: number): number {
  if (Number.isInteger(value) && value % 2 === 0) return within(key, value, 160, 3840);
  throw new UserError(`'${key}' of the simulated street must be an even number of pixels`, { fix: FIX });
}
