/** The adapters by name. */
import { UserError } from '../../base/errors.ts';
import type { Adapter } from '../reading.ts';
import { bikeShare } from './bike-share.ts';
import { bleScans } from './ble-scans.ts';
import { cameraCounts } from './camera-counts.ts';
import { dockingStations } from './docking-stations.ts';
import { environment } from './environment.ts';
import { gps } from './gps.ts';
import { lorawan } from './lorawan.ts';
import { lpr } from './lpr.ts';
import { parking } from './parking.ts';
import { peopleCounter } from './people-counter.ts';
import { smartMeter } from './smart-meter.ts';
import { transitCard } from './transit-card.ts';
import { wifiProbes } from './wifi-probes.ts';
import { zigbee2mqtt } from './zigbee2mqtt.ts';

const ADAPTERS: ReadonlyMap<string, Adapter> = new Map(
  [
    bikeShare,
    bleScans,
    cameraCounts,
    dockingStations,
    environment,
    gps,
    lorawan,
    lpr,
    parking,
    peopleCounter,
    smartMeter,
    transitCard,
    wifiProbes,
    zigbee2mqtt,
  ].map((adapter) => [adapter.name, adapter]),
);

export function adapterNames(): string[] {
  return [...ADAPTERS.keys()];
}

/** Throws a UserError that lists the names when there is none of this name. */
export function adapterNamed(name: string): Adapter {
  const adapter = ADAPTERS.get(name);
  if (adapter !== undefined) return adapter;
  throw new UserError(`There is no adapter ${JSON.stringify(name.slice(0, 64))}.`, {
    fix: `Write one of ${adapterNames().join(', ')}.`,
  });
}
