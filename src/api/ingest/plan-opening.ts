import type { AccountId, LotTarget, Plan, Step } from '../../ledger/ledger/posting';
import type { Uuid } from '../../platform/ids';

/** All that an opening balance is planned from, looked up beforehand. */
export interface OpeningFacts {
  readonly transferId: Uuid;
  readonly importId: Uuid;
  readonly line: number;
  /** Summed account of what came in from the brand's old programme. */
  readonly opening: AccountId;
  readonly wallet: AccountId;
  readonly points: number;
  readonly lot: LotTarget;
  readonly termsId: Uuid;
  /** What activity adds to a posting where points expire by inactivity. */
  readonly activity: readonly Step[];
}

/** A lot of its own code, never an earn: no rule made it, and it is paid for at the price agreed for openings. Pure. */
export function planOpening(facts: OpeningFacts): () => Plan {
  const { transferId: id, opening: from, wallet: to, points: amount, lot, termsId } = facts;
  const plan: Plan = {
    steps: [...facts.activity, { do: 'credit', id, from, to, amount, code: 'OPENING', lot, termsId }],
    answer: { importId: facts.importId, line: facts.line, points: amount },
  };
  return () => plan;
}
