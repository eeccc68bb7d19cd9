/**
 * What runs the networks: an accelerator where the runtime brings one and its library is here, else the processor. An accelerator that opens
 * may still be slower (small networks, copies to and fro), so that both are timed. No accelerator was tried on hardware so far.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import './telemetry.ts';
import ort from 'onnxruntime-node';
import { messageOf } from '../../base/errors.ts';
import type { PROVIDERS } from '../../config/schema.ts';

export type Provider = (typeof PROVIDERS)[number];

/** In the order in which `auto` tries them. WebGPU is left to who asks for it: what it computes differs from driver to driver. */
const TRIED_BY_AUTO = ['tensorrt', 'cuda'] as const;
/** Runs that are timed, after one that is not. */
const TIMED_RUNS = 5;

export interface ProviderFinding {
  name: string;
  isHere: boolean;
}

/** All that the runtime was built for; those that are not bundled need a library beside it. */
export function providersOfRuntime(): ProviderFinding[] {
  return ort
    .listSupportedBackends()
    .map(({ name, bundled }) => ({ name, isHere: bundled || existsSync(libraryOf(name)) }));
}

/** What to try, the last being the processor, which is always there. */
export function providersToTry(wanted: Provider | 'auto', found: readonly ProviderFinding[]): Provider[] {
  if (wanted === 'cpu') return ['cpu'];
  if (wanted !== 'auto') return [wanted, 'cpu'];
  return [...TRIED_BY_AUTO.filter((name) => found.some((each) => each.name === name && each.isHere)), 'cpu'];
}

export interface Runner {
  /** One inference, whatever comes of it. */
  run(): Promise<unknown>;
  release(): Promise<void>;
}

export interface Chosen<R extends Runner> {
  provider: Provider;
  runner: R;
  /** Why others were not taken, for the log. */
  remarks: string[];
}

/** Opens what is to be tried, in its order, until one is at least as fast as the processor. Rejects when the processor's does not open either. */
export async function chooseProvider<R extends Runner>(
  providers: readonly Provider[],
  open: (provider: Provider) => Promise<R>,
  nowMs: () => number,
): Promise<Chosen<R>> {
  const remarks: string[] = [];
  const accelerated: { provider: Provider; runner: R; ms: number }[] = [];
  for (const provider of providers.filter((each) => each !== 'cpu')) {
    let runner: R | undefined;
    try {
      runner = await open(provider);
      accelerated.push({ provider, runner, ms: await medianMs(runner, nowMs) });
      break;
    } catch (error) {
      remarks.push(`${provider} is not used: ${messageOf(error)}`);
      await runner?.release();
    }
  }
  const [best] = accelerated;
  const cpu = await open('cpu').catch(async (error: unknown) => {
    await best?.runner.release();
    throw error;
  });
  if (best === undefined) return { provider: 'cpu', runner: cpu, remarks };
  const cpuMs = await medianMs(cpu, nowMs);
  const [taken, left] = best.ms <= cpuMs ? [best, cpu] : [{ provider: 'cpu' as const, runner: cpu }, best.runner];
  await left.release();
  remarks.push(`${best.provider} took ${best.ms.toFixed(1)} ms, cpu ${cpuMs.toFixed(1)} ms`);
  return { provider: taken.provider, runner: taken.runner, remarks };
}

async function medianMs(runner: Runner, nowMs: () => number): Promise<number> {
  await runner.run();
  const times: number[] = [];
  for (let i = 0; i < TIMED_RUNS; i++) {
    const startMs = nowMs();
    await runner.run();
    times.push(nowMs() - startMs);
  }
  return times.sort((a, b) => a - b)[TIMED_RUNS >> 1]!;
}

function libraryOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const bindings = path.join(path.dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return path.join(bindings, `libonnxruntime_providers_${name}.so`);
}
