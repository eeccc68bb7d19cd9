/** A machine whose facts a test chooses: all is well unless it says otherwise. */
import type { DoctorContext } from '../../../../edge/cli/doctor/check.ts';
import type { System } from '../../../../edge/cli/doctor/system.ts';
import { configSchema } from '../../../../edge/config/schema.ts';

export function contextWith(
  system: Partial<System> = {},
  { config = {}, sources = {} }: { config?: unknown; sources?: Record<string, string> } = {},
): DoctorContext {
  const healthy: System = {
    nodeVersion: '20.19.0',
    platform: 'linux',
    arch: 'x64',
    cpus: Array(4).fill({ model: 'Test CPU' }),
    memoryTotalBytes: 4 * 2 ** 30,
    wallMs: () => Date.UTC(2026, 5, 1),
    readText: async () => undefined,
    modeOf: async () => 0o700,
    deviceOf: async () => undefined,
    canAccess: async () => true,
    freeBytes: async () => 50 * 2 ** 30,
    run: async () => ({ error: 'ENOENT' }),
    connect: async () => undefined,
    listen: async () => undefined,
  };
  const loaded = { config: configSchema.parse(config), sources, intakes: {}, hubs: {}, origin: 'test' };
  return { loaded, env: {}, system: { ...healthy, ...system } };
}
