/**
 * NGSI entities in their two spellings: key-values (`"status": "free"`) and normalized (`"status": {"type": "Property", "value": "free"}`,
 * ETSI GS CIM 009; NGSIv2 writes `{"type": "Text", "value": ..., "metadata": {}}`). Both become key-values.
 */
import { z } from 'zod';
import { requiredNumeric } from './values.ts';

export interface NgsiEntity {
  properties: Record<string, unknown>;
  /** Sub-properties and metadata that were left behind. */
  unknownFields: number;
}

const ATTRIBUTE_KEYS = new Set(['type', 'value', 'object', 'observedAt', 'unitCode', 'datasetId']);

/** Vertices of a GeoJSON ring that are looked at; parking zones have fewer than ten. */
const VERTICES_MAX = 500;

/** An entity has an `id` and a `type` by definition. */
export function isNgsi(object: Record<string, unknown>): boolean {
  return typeof object['type'] === 'string' && typeof object['id'] === 'string';
}

/** Key-values of an entity. `observedAt` is the youngest of its attributes, where they carry one; `type` is shortened to its last part. */
export function unwrap(entity: Record<string, unknown>): NgsiEntity {
  let unknownFields = 0;
  let observedAt: string | undefined;
  const entries: [string, unknown][] = [];
  for (const [key, raw] of Object.entries(entity)) {
    if (key === '@context') continue;
    if (key === 'type') entries.push([key, String(raw).slice(-128).split(/[/#:]/).at(-1)]);
    else if (!isAttribute(raw)) entries.push([key, raw]);
    else {
      unknownFields += Object.keys(raw).filter((name) => !ATTRIBUTE_KEYS.has(name)).length;
      if (typeof raw['observedAt'] === 'string' && !(raw['observedAt'] < (observedAt ?? '')))
        observedAt = raw['observedAt'];
      entries.push([key, dateOf(raw['value'] ?? raw['object'])]);
    }
  }
  if (observedAt !== undefined) entries.push(['observedAt', observedAt]);
  return { properties: Object.fromEntries(entries), unknownFields };
}

/** GeoJSON point, or the ring of a polygon. Other geometries are refused. */
export function geometry() {
  const point = z.tuple([requiredNumeric(-180, 180), requiredNumeric(-90, 90)], z.unknown());
  return z
    .union([
      z.object({ type: z.literal('Point'), coordinates: point }),
      z.object({
        type: z.literal('Polygon'),
        coordinates: z.array(z.array(point).min(3).max(VERTICES_MAX)).min(1).max(8),
      }),
    ])
    .nullish();
}

/** The point, or the mean of the outer ring's vertices. */
export function placeOf(shape: z.output<ReturnType<typeof geometry>>): { lat: number; lon: number } | undefined {
  if (shape === null || shape === undefined) return undefined;
  const points = shape.type === 'Point' ? [shape.coordinates] : (shape.coordinates[0] ?? []);
  let lat = 0;
  let lon = 0;
  for (const [x, y] of points) {
    lon += x / points.length;
    lat += y / points.length;
  }
  return points.length === 0 ? undefined : { lat, lon };
}

function isAttribute(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { type?: unknown }).type === 'string' &&
    ('value' in value || 'object' in value)
  );
}

function dateOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && '@value' in value ? value['@value'] : value;
}
