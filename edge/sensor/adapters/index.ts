/** The adapters by name. */
import { UserError } from '../../base/errors.ts';
import type { Adapter } from '../reading.ts';
import { environment } from './environment.ts';
import { parking } from './parking.ts';
import { wifiProbes } from './wifi-probes.ts';

const ADAPTERS: ReadonlyMap<string, Adapter> = new Map(
  [environment, parking, wifiProbes].map((adapter) => [adapter.name, adapter]),
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
