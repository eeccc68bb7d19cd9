/** Which policies and models are in force and have their leaf, so that a leaf is written when that changes, and not with every start. */
import type { LeafBody } from '../../ledger/ledger.ts';
import type { Stream } from './about.ts';
import type { Model, Window } from './windows.ts';

export class InForce {
  /** Version by digest. */
  readonly #policies: ReadonlyMap<string, number>;
  #saidPolicies = new Set<string>();
  readonly #saidModels = new Map<string, Model>();

  constructor(streams: readonly Stream[]) {
    this.#policies = new Map(streams.map(({ about, policyVersion }) => [about.policy, policyVersion]));
  }

  /** What has its leaf; for `restore` after the next start. */
  get said(): { policies: string[]; models: Model[] } {
    return { policies: [...this.#saidPolicies], models: [...this.#saidModels.values()] };
  }

  /** A policy that was in force once and is not any more needs a leaf when it comes back. */
  restore({ policies, models }: { policies: readonly string[]; models: readonly Model[] }): void {
    this.#saidPolicies = new Set(policies.filter((policy) => this.#policies.has(policy)));
    for (const model of models) this.#saidModels.set(keyOf(model), model);
  }

  /** Leaves that are to stand before those of these windows. Call `told` when one is durable. */
  missing(windows: readonly Window[], at: string): { leaf: LeafBody; told(): void }[] {
    const policies = [...this.#policies]
      .filter(([policy]) => !this.#saidPolicies.has(policy))
      .map(([policy, counter]) => ({
        leaf: { kind: 'policy', at, policy, counter } as const,
        told: () => void this.#saidPolicies.add(policy),
      }));
    const seen = new Map(windows.flatMap(({ models }) => models.map((model) => [keyOf(model), model])));
    const models = [...seen]
      .filter(([key]) => !this.#saidModels.has(key))
      .map(([key, model]) => ({
        leaf: { kind: 'model', at, role: 'detector', ...model } as const,
        told: () => void this.#saidModels.set(key, model),
      }));
    return [...policies, ...models];
  }

  /** A model that is in none of these windows needs a leaf when it comes back. */
  forgetAllBut(windows: readonly Window[]): void {
    const used = new Set(windows.flatMap(({ models }) => models.map(keyOf)));
    for (const key of this.#saidModels.keys()) if (!used.has(key)) this.#saidModels.delete(key);
  }
}

function keyOf({ name, model }: Model): string {
  return `${model} ${name}`;
}
