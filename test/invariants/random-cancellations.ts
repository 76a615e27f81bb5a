import { deepStrictEqual } from 'node:assert/strict';
import type { AccountId, LedgerView, Step } from '../../src/ledger/ledger/posting';
import { type Day, dayToIso } from '../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../src/platform/ids';
import type { RefusalData } from '../../src/platform/refusal';
import { planReturnCancellation } from '../../src/programme/returns/plan-return-cancellation';
import { cancelledCounter } from '../../src/programme/returns/return-counters';
import type { NaiveLedger } from './naive-ledger';
import { isReturn } from './naive-reversals';
import type { Transfer } from './naive-state';

/**
 * What cancels one reversal: to the model a step, to the ledger whatever the product plans for a return that did just
 * this.
 */
export interface Cancellation {
  readonly cancels: Uuid;
  readonly steps: readonly Step[];
  readonly graceDays: number;
  readonly slides: boolean;
  readonly recordedAt: number;
  readonly bookedOn: Day;
}

/** `to`: where the points are that the reversal moved, or came from: of a merged wallet, the survivor. */
export function cancellationOf(
  cancels: Uuid,
  { code, reverses, day }: Transfer,
  { account, to, ...how }: Omit<Cancellation, 'cancels' | 'steps'> & { readonly account: AccountId; readonly to: AccountId },
): Cancellation {
  const { bookedOn, graceDays, slides } = how;
  const of = reverses as Uuid;
  const steps: Step[] = [{ do: 'count', account, key: cancelledCounter(cancels), by: 1 }];
  const away = { since: day, bookedOn, graceDays };
  if (code === 'CLAWBACK') steps.push({ do: 'cancelClawback', id: newUuid(), cancels, credit: of, away, wallet: to, slides });
  if (code === 'REINSTATEMENT') steps.push({ do: 'cancelReinstatement', id: newUuid(), cancels, debit: of, wallet: to });
  return { cancels, steps, ...how };
}

/** As the product plans it, by what is known of the return now: throws an AssertionError where it plans other steps. */
export function planOf({ cancels, steps, ...how }: Cancellation, model: NaiveLedger): (view: LedgerView) => { refused: RefusalData } | null {
  const { transfers } = model.state;
  const { code, reverses, day, besideExpired } = transfers.get(cancels) as Transfer;
  const standing = [...transfers].filter(([, each]) => each.reverses === reverses && isReturn(each) && each.reversed === 0);
  const counted = steps[0] as Extract<Step, { do: 'count' }>;
  const moving = steps[1] as Extract<Step, { do: 'cancelClawback' | 'cancelReinstatement' }> | undefined;
  const reversing = { id: cancels, reverses: reverses as Uuid, account: counted.account };
  const party = newUuid();
  const plan = planReturnCancellation({
    ids: { postingId: newUuid(), giving: moving?.id ?? party, taking: [moving?.id ?? party] },
    fact: {
      id: cancels,
      brandId: party,
      occurredAt: new Date(dayToIso(day)),
      expired: code === 'EXPIRED_CLAWBACK' || besideExpired ? 1 : 0,
      leftPool: false,
      lines: [],
      clawback: code === 'CLAWBACK' ? reversing : null,
      reinstatements: code === 'REINSTATEMENT' ? [reversing] : [],
      last: standing.at(-1)?.[0] ?? null,
      standing: new Map(),
    },
    purchase: { id: reverses as Uuid, walletId: party, brandId: party, account: counted.account, award: null, lines: [] },
    survivors: { of: (account) => moving?.wallet ?? account },
    currency: { code: 'MODEL', expiry: { kind: how.slides ? 'SLIDING' : 'ROLLING' }, timeZone: 'UTC', graceDays: how.graceDays },
    when: { occurredAt: new Date(how.recordedAt), recordedAt: new Date(how.recordedAt), recordedOn: how.bookedOn },
  });
  return (view) => {
    const planned = plan(view);
    if ('refused' in planned) return planned;
    deepStrictEqual(planned.steps, steps);
    return null;
  };
}
