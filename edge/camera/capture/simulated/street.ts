/**
 * A street that does not exist, seen by a camera that does not exist: for trying the product without filming anyone, and for tests, since
 * the street knows exactly where each face and plate is.
 *
 * A frame depends on the options and its index only. All people, plates and words on it are drawn by this code.
 */
import { STREET_DEFAULTS, type StreetOptions } from '../../../config/simulated.ts';
import type { Surface } from '../../draw/surface.ts';
import { drawBackground } from './background.ts';
import { createCast } from './cast.ts';
import { BACKDROP, createFurniture, drawFurniture, FURNITURE } from './furniture.ts';
import { Painter, type TruthObject } from './painter.ts';
import { createView } from './view.ts';
import { drawRain, expose, noiseTile } from './weather.ts';

export interface StreetTruth {
  frame: number;
  ptsMs: number;
  objects: TruthObject[];
}

export interface Street {
  readonly options: StreetOptions;
  /** Draws frame `index` (from 0) into a surface of the street's size; says what is on it. */
  renderInto(index: number, surface: Surface): StreetTruth;
}

/** Draws all sprites and the background once: a second or so, on threads of the image library. */
export async function createStreet(given: Partial<StreetOptions> = {}): Promise<Street> {
  const options = { ...STREET_DEFAULTS, ...given };
  const { seed } = options;
  const view = createView(options.widthPx, options.heightPx, options.night, options.rain);
  const [background, furniture, cast] = await Promise.all([
    drawBackground(view, seed),
    createFurniture(),
    createCast(seed, { markers: options.markers, riders: true }),
  ]);
  const noise = noiseTile(seed, options.night ? 4.5 : 2);
  const backdrop = new Painter(view, background);
  for (const item of BACKDROP) drawFurniture(backdrop, item, furniture);
  const standing = FURNITURE.map((item) => ({
    depth: item.z,
    draw: (painter: Painter) => drawFurniture(painter, item, furniture),
  }));

  const renderInto = (index: number, surface: Surface): StreetTruth => {
    const seconds = index / options.frameRate;
    surface.rgb.set(background.rgb);
    const painter = new Painter(view, surface);
    const all = [...cast.at(seconds), ...standing].sort((a, b) => b.depth - a.depth);
    for (const item of all) item.draw(painter);
    if (options.rain) drawRain(surface, seed, index, options.night);
    expose(surface, noise, seed, index, seconds);
    return { frame: index, ptsMs: Math.round(seconds * 1e6) / 1e3, objects: painter.truth() };
  };
  return { options, renderInto };
}
