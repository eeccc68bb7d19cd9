/** The log as witnessing sees it: what is published, holding and releasing it, and how an epoch of it is opened. */
import type { Clock } from '../../base/clock.ts';
import { nextOrigin } from '../epoch.ts';
import type { Leaf } from '../leaf.ts';
import type { Log } from '../log.ts';
import { renamedVerifier, type Signer } from '../note.ts';
import type { LogReader } from '../reader.ts';
import { instantOf } from '../window.ts';
import type { Found, WitnessedLog } from './witnessing.ts';

export function witnessed(
  log: Log,
  options: {
    signer: Signer;
    reader: LogReader;
    clock: Clock;
    write(leaf: Omit<Leaf<'epoch'>, 'v' | 'box'>): Promise<unknown>;
  },
): WitnessedLog {
  const { signer, reader, clock, write } = options;
  return {
    get published() {
      return log.published;
    },
    get verifier() {
      return renamedVerifier(signer.verifier, log.origin);
    },
    reader,
    wallMs: () => clock.wallMs(),
    emptyNote: () => log.emptyNote(),
    release: () => log.release(),
    hold: () => log.hold(),
    addCosignatures: (of, lines) => log.addCosignatures(of, lines),
    async openEpoch({ reason, witness }: Found) {
      const held = log.published;
      const size = held?.size ?? 0;
      await write({
        kind: 'epoch',
        at: instantOf(clock.wallMs()),
        origin: nextOrigin(log.origin),
        reason,
        previous: { origin: log.origin, size, ...rootText(held?.root) },
        witness: { name: witness.name, size: witness.size, ...rootText(witness.root) },
        ...(reason === 'rollback' ? { lost: [size, witness.size] } : {}),
      });
    },
  };
}

function rootText(root: Buffer | undefined): { root: string } | Record<never, never> {
  return root === undefined ? {} : { root: root.toString('base64') };
}
