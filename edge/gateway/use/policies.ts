/**
 * Cedar on the box: the policies as text, checked against the schema once, and evaluated for each pull. Loaded with the first desk, since the
 * engine is a few megabytes of WebAssembly.
 *
 * Cedar leaves out a policy that fails while it is evaluated, also one that forbids; here any such failure refuses.
 */
import { setFlagsFromString } from 'node:v8';
import { UserError } from '../../base/errors.ts';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

/** What policies may speak of. */
const SCHEMA = `
entity Role;
entity Puller in [Role];
entity Feed = { kind: String };
action pull appliesTo {
  principal: Puller,
  resource: Feed,
  context: { purpose: String, agreement: String, agreementValid: Bool, way: String }
};`;

export const DEFAULT_POLICIES = `
// An agreement that is in force is enough,
@id("agreed")
permit(principal, action == Action::"pull", resource)
when { context.agreementValid };

// but not for making artificial intelligence of what was taken for something else.
@id("no-ai-development")
forbid(principal, action == Action::"pull", resource)
when { context.purpose == "city:AIDevelopment" };
`;

/** More is a fault of whoever wrote it. */
const POLICIES_CHARS_MAX = 256 * 1024;
const PRINCIPAL = 'Puller';

export interface PolicyQuestion {
  puller: string;
  role: string | undefined;
  feed: string;
  /** `camera` or `sensor`. */
  kind: string;
  purpose: string;
  agreement: string;
  agreementValid: boolean;
  /** How it leaves: `rtsp`, `live`, `preview`, `snapshot`, `latest`, `push`, `segments`. */
  way: string;
}

export interface PolicyAnswer {
  isAllowed: boolean;
  /** Names of the policies that decided, sorted; empty when none spoke. */
  decidedBy: string[];
  /** A policy failed, so that what it says is not known. */
  hasFailed: boolean;
}

let sets = 0;

export class Policies {
  readonly #cedar: Cedar;
  readonly #id = `garim-${++sets}`;

  /** Throws UserError, which names the file and the line, for policies that do not parse or do not fit the schema. */
  static async load(text: string, file: string): Promise<Policies> {
    // V8's optimising compiler takes some 50 MB for this engine, which runs once for a viewer: simply compiled it takes 20 MB in all, and
    // decides as fast. A V8 that does not know the flag says so and goes on.
    setFlagsFromString('--liftoff-only');
    const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
    return new Policies(cedar, policiesIn(cedar, text, file));
  }

  private constructor(cedar: Cedar, staticPolicies: Record<string, string>) {
    this.#cedar = cedar;
    cedar.preparsePolicySet(this.#id, { staticPolicies });
  }

  evaluate(question: PolicyQuestion): PolicyAnswer {
    const { puller, role, feed, kind, purpose, agreement, agreementValid, way } = question;
    const principal = { type: PRINCIPAL, id: puller };
    const resource = { type: 'Feed', id: feed };
    const parents = role === undefined ? [] : [{ type: 'Role', id: role }];
    const answer = this.#cedar.statefulIsAuthorized({
      principal,
      action: { type: 'Action', id: 'pull' },
      resource,
      context: { purpose, agreement, agreementValid, way },
      preparsedPolicySetId: this.#id,
      entities: [
        { uid: principal, attrs: {}, parents },
        { uid: resource, attrs: { kind }, parents: [] },
        ...parents.map((uid) => ({ uid, attrs: {}, parents: [] })),
      ],
    });
    if (answer.type === 'failure') return { isAllowed: false, decidedBy: [], hasFailed: true };
    const { decision, diagnostics } = answer.response;
    const hasFailed = diagnostics.errors.length > 0;
    return { isAllowed: decision === 'allow' && !hasFailed, decidedBy: [...diagnostics.reason].sort(), hasFailed };
  }
}

/** The policies by their ids. */
function policiesIn(cedar: Cedar, text: string, file: string): Record<string, string> {
  const fault = (what: string, offset?: number): UserError => {
    const where = offset === undefined ? file : `${file}:${text.slice(0, offset).split('\n').length}`;
    return new UserError(`${where}: ${what}`, { fix: 'Write Cedar policies; deploy/use.example.cedar explains them.' });
  };
  if (text.length > POLICIES_CHARS_MAX) throw fault(`the policies have more than ${POLICIES_CHARS_MAX} characters`);
  const parsed = cedar.policySetTextToParts(text);
  if (parsed.type === 'failure') {
    const [error] = parsed.errors;
    throw fault(error?.message ?? 'this is not Cedar', error?.sourceLocations?.[0]?.start);
  }
  if (parsed.policy_templates.length > 0) throw fault('templates are not supported');
  if (parsed.policies.length === 0) throw fault('no policy is written, so nothing could ever be pulled');
  const policies: Record<string, string> = {};
  for (const [index, policy] of parsed.policies.entries()) {
    const json = cedar.policyToJson(policy);
    const id = (json.type === 'success' ? json.json.annotations?.['id'] : undefined) ?? `policy-${index + 1}`;
    if (Object.hasOwn(policies, id)) throw fault(`two policies have the id ${id}`, text.lastIndexOf(policy));
    policies[id] = policy;
  }
  const validated = cedar.validate({ schema: SCHEMA, policies: { staticPolicies: policies } });
  if (validated.type === 'failure') throw fault(validated.errors[0]?.message ?? 'not valid');
  const [wrong] = validated.validationErrors;
  if (wrong !== undefined) {
    const { message, help, sourceLocations } = wrong.error;
    const at = text.indexOf(policies[wrong.policyId] ?? '') + (sourceLocations?.[0]?.start ?? 0);
    throw fault(`${message}${help === null ? '' : ` (${help})`}`, at);
  }
  return policies;
}
