/** A sensor's path for tests: real parts, nobody's choices unless said, and times that the test gives. */
import type { Choices } from '../../edge/policy/choices/port.ts';
import { type SensorPolicy, sensorPolicySchema } from '../../edge/policy/schema.ts';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import { type PipelineOptions, SensorPipeline } from '../../edge/sensor/pipeline.ts';
import { PrivacyBudget } from '../../edge/sensor/transform/budget.ts';
import { UniformSource } from '../../edge/sensor/transform/noise/random.ts';

export const NOBODY: Choices = {
  isRefused: () => false,
  hasOptedIn: () => false,
  isPaused: () => false,
  decoyShare: () => 0,
};

export const DIGEST = 'd'.repeat(64);

/** A window begins here. */
export const START_MS = Date.UTC(2026, 10, 23, 9);

/** Exact figures of five minutes, unless the test says otherwise: no box would take that into force. */
export function exactPolicyOf(adapter: string, more: Partial<SensorPolicy> = {}): SensorPolicy {
  const { epsilonPerDay: _, ...exact } = adapterNamed(adapter).defaultPolicy;
  const windowMs = Math.min(exact.windowMs, adapter === 'smart-meter' ? 1_800_000 : 300_000);
  return sensorPolicySchema.parse({ ...exact, windowMs, adapter, ...more });
}

export function pipelineOf(
  adapter: string,
  { policy = {}, ...more }: Partial<Omit<PipelineOptions, 'policy'>> & { policy?: Partial<SensorPolicy> } = {},
): SensorPipeline {
  return new SensorPipeline({
    box: 'box',
    sensor: 'sensor',
    adapter: adapterNamed(adapter),
    policy: exactPolicyOf(adapter, policy),
    policyDigest: DIGEST,
    choices: NOBODY,
    orders: () => [],
    onOrder: () => {},
    budget: PrivacyBudget.fresh(),
    uniform: new UniformSource(),
    mode: { kind: 'live', startedMs: START_MS, run: 'run' },
    ...more,
  });
}

export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A unicast, locally administered address for each number. */
export function macOf(index: number): string {
  const hex = index.toString(16).padStart(10, '0');
  return `02:${hex.match(/../g)!.join(':')}`;
}

export function probe(index: number, atMs: number, more: Record<string, unknown> = {}): Uint8Array {
  return bytesOf({ time: atMs, mac: macOf(index), rssi: -60, ...more });
}
