/** Which policy holds for the sensors that the configuration names: read, checked against the adapters, or the adapters' own. */
import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { type PolicySource, policyInForce } from '../policy/bundle.ts';
import type { AdapterFields } from '../policy/checks.ts';
import { parseTrustKey } from '../policy/envelope.ts';
import { policyDigest } from '../policy/load.ts';
import { type Policy, policySchema } from '../policy/schema.ts';
import { adapterNamed, adapterNames } from './adapters/index.ts';
import { linkageProblems } from './guard/bound.ts';
import { compilePlan } from './plan.ts';
import { protectionOf } from './publish.ts';

export interface SensorSetup {
  policy: Policy;
  digest: string;
  /** For the log: where the policy comes from, and what it leaves out. */
  remarks: readonly string[];
}

type Settings = Pick<Config, 'sensors' | 'policy' | 'state'>;

/** What the adapters say of their fields, for checking policies. */
export function adapterFields(): AdapterFields {
  return Object.fromEntries(adapterNames().map((name) => [name, adapterNamed(name).fields]));
}

/**
 * Throws a UserError for an adapter that does not exist, a policy that can't be read, and one that does not fit its sensors. What the policy
 * does not name does not leave: such a sensor is not even listened to, and that is said.
 */
export async function sensorSetup(settings: Settings): Promise<SensorSetup> {
  for (const [name, { adapter }] of Object.entries(settings.sensors)) namedFor(name, adapter);
  const inForce = await policyOf(settings);
  const remarks: string[] = [];
  const used: Policy['sensors'] = {};
  for (const [name, { adapter: adapterName }] of Object.entries(settings.sensors)) {
    const adapter = namedFor(name, adapterName);
    const sensor =
      inForce === undefined ? { ...adapter.defaultPolicy, adapter: adapterName } : inForce.policy.sensors[name];
    if (sensor === undefined) {
      remarks.push(`sensor ${name} is not named by the policy: it is not listened to, and nothing of it leaves`);
      continue;
    }
    if (sensor.adapter !== adapterName) {
      throw new UserError(`sensors.${name}: the policy is made for ${sensor.adapter}, not for ${adapterName}.`, {
        fix: 'Give both the same adapter.',
      });
    }
    used[name] = sensor;
  }
  if (inForce !== undefined) {
    const policy = { ...inForce.policy, sensors: used };
    refuseUnsafe(policy);
    return { policy, digest: inForce.digest, remarks };
  }
  const policy = policySchema.parse({ sensors: used });
  refuseUnsafe(policy);
  if (Object.keys(used).length > 0) remarks.push('no policy is configured: each sensor has the one of its adapter');
  return { policy, digest: policyDigest(policy), remarks };
}

/**
 * A policy that asks for what can't be made, or whose releases single people out, is not taken into force at all. Throws a UserError with each
 * reason and what to write.
 */
export function refuseUnsafe(policy: Policy): void {
  for (const [name, sensor] of Object.entries(policy.sensors)) {
    protectionOf(name, compilePlan(name, namedFor(name, sensor.adapter), sensor), sensor);
  }
  const problems = linkageProblems(policy);
  if (problems.length === 0) return;
  throw new UserError(problems.map(({ sensors, what }) => `policy: ${sensors.join(', ')}: ${what}.`).join('\n'), {
    fix: [...new Set(problems.map(({ fix }) => fix))].join(' '),
  });
}

async function policyOf({ policy, state }: Settings): Promise<{ policy: Policy; digest: string } | undefined> {
  if (policy === undefined) return undefined;
  const adapters = adapterFields();
  const source: PolicySource =
    typeof policy === 'string'
      ? { file: policy, adapters }
      : { stateDir: state, trust: parseTrustKey(await readKey(policy.trust), policy.trust), adapters };
  const inForce = await policyInForce(source);
  if (inForce !== undefined) return inForce;
  throw new UserError('policy: no signed policy was installed on this box.', {
    fix: 'Run garim policy install BUNDLE --trust KEY.',
  });
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`policy.trust: ${file} can't be read: ${messageOf(error)}`, { fix: 'Check the path.' });
  }
}

function namedFor(sensor: string, adapter: string) {
  try {
    return adapterNamed(adapter);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `sensors.${sensor}.adapter: ${error.message}`,
      error.fix === undefined ? {} : { fix: error.fix },
    );
  }
}
