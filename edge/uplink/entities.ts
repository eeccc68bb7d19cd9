/**
 * A release as NGSI-LD entities of the Smart Data Models: one entity a row. Types and attributes are those of `dataModel.Transportation`,
 * `dataModel.Parking` and `dataModel.Environment`; what those have no word for is in our own context below `city:`.
 *
 * Never `AnprFlowObserved`, nor any other model of one vehicle or one person.
 */
import { createHash } from 'node:crypto';
import type { Release, ReleasedCell } from '../sensor/messages.ts';

const CONTEXTS = [
  {
    city: 'https://garim.example/ns#',
    figures: 'city:figures',
    group: 'city:group',
    contributorsMin: 'city:contributorsMin',
    suppressedCells: 'city:suppressedCells',
    policyDigest: 'city:policyDigest',
    purpose: 'city:purpose',
  },
  'https://raw.githubusercontent.com/smart-data-models/data-models/master/context.jsonld',
  'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld',
] as const;

interface Model {
  type: string;
  /** Attribute of the model by name of a figure. Figures that are not named here are below `figures`. */
  attributes: Readonly<Record<string, string>>;
}

const FLOW = { contributors: 'intensity', readings: 'intensity', occupancy: 'occupancy' };
const MODELS: Record<Release['kind'], Model> = {
  'crowd-flow': {
    type: 'CrowdFlowObserved',
    attributes: { contributors: 'peopleCount', readings: 'peopleCount', occupancy: 'occupancy' },
  },
  'item-flow': { type: 'ItemFlowObserved', attributes: FLOW },
  'traffic-flow': { type: 'TrafficFlowObserved', attributes: { ...FLOW, speed: 'averageVehicleSpeed' } },
  parking: {
    type: 'OnStreetParking',
    attributes: { available: 'availableSpotNumber', total: 'totalSpotNumber' },
  },
  environment: {
    type: 'AirQualityObserved',
    attributes: {
      temperature: 'temperature',
      humidity: 'relativeHumidity',
      pm10: 'pm10',
      pm25: 'pm25',
      no2: 'no2',
      o3: 'o3',
      co2: 'co2',
    },
  },
  metering: { type: 'CityReleaseObserved', attributes: {} },
  table: { type: 'CityReleaseObserved', attributes: {} },
};

/** Entities with stable ids: the same release gives the same ones. */
export function entitiesOf(release: Release, box: string): object[] {
  const model = MODELS[release.kind];
  return release.cells.map((cell) => {
    const own: Record<string, object> = {};
    const other: Record<string, number> = {};
    for (const [name, value] of Object.entries(cell.figures)) {
      const attribute = model.attributes[name];
      // `contributors` comes before `readings` where both would be the model's count.
      if (attribute === undefined || Object.hasOwn(own, attribute)) other[name] = value;
      else own[attribute] = property(value);
    }
    const [from, to] = [release.window.startMs, release.window.endMs].map((ms) => new Date(ms).toISOString());
    return {
      '@context': CONTEXTS,
      id: `urn:ngsi-ld:${model.type}:${box}:${release.sensor}:${release.window.startMs}:${rowId(cell)}`,
      type: model.type,
      dateObserved: property(`${from}/${to}`),
      dateObservedFrom: property({ '@type': 'DateTime', '@value': from }),
      dateObservedTo: property({ '@type': 'DateTime', '@value': to }),
      ...(release.place === undefined
        ? {}
        : {
            name: property(release.place.name),
            location: {
              type: 'GeoProperty',
              value: { type: 'Point', coordinates: [release.place.lon, release.place.lat] },
            },
          }),
      ...own,
      ...(Object.keys(other).length > 0 ? { figures: property(other) } : {}),
      ...(Object.keys(cell.group).length > 0 ? { group: property(cell.group) } : {}),
      contributorsMin: property(release.privacy.k),
      suppressedCells: property(release.suppressedCells),
      purpose: property(release.purpose),
      policyDigest: property(release.policyDigest),
    };
  });
}

function property(value: unknown): object {
  return { type: 'Property', value };
}

function rowId({ group }: ReleasedCell): string {
  const sorted = Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}
