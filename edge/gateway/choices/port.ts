/**
 * People's choices, as the gateway hands them on. Declared here by who needs them; the agent brings what carries them to where they are
 * kept. An answer is given when what was asked for is in force. None of these rejects.
 */
import type { ConsentRecord } from '../../policy/choices/consent-record.ts';
import type { ChoiceRefusal } from '../../policy/choices/exchange.ts';
import type { ChoiceOffer } from '../../policy/choices/offer.ts';
import type { OptInRequest, PauseRequest, TokensRequest, WithdrawalRequest } from '../../policy/choices/requests.ts';
import type { Issued } from '../../policy/choices/tokens.ts';

/** `unavailable`: who keeps the choices does not answer now. What was asked for may or may not be in force. */
export type Refused = { refused: ChoiceRefusal | 'unavailable' };

export interface PeoplesChoices {
  offer(): Promise<ChoiceOffer | Refused>;
  issue(request: TokensRequest): Promise<Issued | Refused>;
  optIn(request: OptInRequest): Promise<ConsentRecord | Refused>;
  withdraw(request: WithdrawalRequest): Promise<'withdrawn' | Refused>;
  pause(request: PauseRequest): Promise<{ untilMs: number } | Refused>;
}
