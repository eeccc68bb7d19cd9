/** The uses of feeds as entries of the ledger, and the desk that decides about them. */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { messageOf, UserError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { agreementsOf, BUILT_IN_AGREEMENT, rolesOf, type UseSettings } from '../config/use.ts';
import { UseDesk } from '../gateway/use/desk.ts';
import type { UseMetrics, UseRecord } from '../gateway/use/port.ts';
import { instantOf } from '../ledger/window.ts';
import type { UseLeaf } from './record/recorder.ts';

/** Where leaves become durable. */
interface Leaves {
  append(leaf: UseLeaf): Promise<unknown>;
}

export function useRecordOver(leaves: Leaves, clock: Clock): UseRecord {
  const at = (): string => instantOf(clock.wallMs());
  return {
    async pull(entry) {
      await leaves.append({ kind: 'pull', at: at(), ...entry });
    },
    async refusal(entry) {
      await leaves.append({ kind: 'refusal', at: at(), ...entry });
    },
  };
}

/** Throws UserError when the policies can't be read or are not valid. */
export async function openUseDesk(options: {
  settings: UseSettings;
  record: Leaves;
  metrics: UseMetrics;
  clock: Clock;
  log: Log;
}): Promise<UseDesk> {
  const { settings, record, metrics, clock, log } = options;
  const agreements = agreementsOf(settings);
  if (agreements.includes(BUILT_IN_AGREEMENT)) {
    log.info(
      `nobody has agreed on purposes (use.agreements): every pull is put on record as for ${BUILT_IN_AGREEMENT.purposes.join()}, under the agreement "${BUILT_IN_AGREEMENT.name}"`,
    );
  }
  const file = settings.policies;
  return UseDesk.open({
    agreements,
    roles: rolesOf(settings),
    policies: file === undefined ? undefined : { text: await readPolicies(file), file },
    record: useRecordOver(record, clock),
    metrics,
    clock,
    log,
  });
}

async function readPolicies(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`use.policies: ${file} can't be read: ${messageOf(error)}`, { fix: 'Check the path.' });
  }
}
