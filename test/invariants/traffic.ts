import { contentHash, postingId } from '../../src/ledger/ledger/idempotency';
import type { Ledger } from '../../src/ledger/ledger/ledger';
import type { AccountId, LedgerView, PostingRequest, Step } from '../../src/ledger/ledger/posting';
import { ALWAYS, dayFromIso, dayOf, NEVER } from '../../src/ledger/points/calendar';
import { derivedUuid, newUuid, type Uuid } from '../../src/platform/ids';
import { holdUntil } from '../support/holds';
import { randomFrom } from './run-settings';

/** Wallets and brands that random traffic is about; plain data, so that a child process can be told. */
export interface Town {
  readonly currencyId: number;
  readonly termsId: Uuid;
  readonly brands: readonly { readonly id: Uuid; readonly code: string }[];
  readonly holders: readonly Uuid[];
}

export function newTown(currencyId: number, wallets: number): Town {
  const brands = ['AXLE', 'BREW', 'CAB'].map((code) => ({ id: newUuid(), code }));
  return { currencyId, termsId: newUuid(), brands, holders: Array.from({ length: wallets }, () => newUuid()) };
}

/** The town's accounts and origins as one process knows them. */
export interface OpenTown extends Town {
  readonly wallets: readonly AccountId[];
  readonly issued: readonly AccountId[];
  readonly redeemed: readonly AccountId[];
  readonly origins: readonly number[];
}

export async function openTown(ledger: Ledger, town: Town): Promise<OpenTown> {
  const { currencyId, termsId, brands, holders } = town;
  const open = (kind: 'WALLET' | 'ISSUED' | 'REDEEMED', owners: readonly Uuid[]) => ledger.openAccounts(owners.map((owner) => ({ kind, owner, currencyId })));
  const ids = brands.map((brand) => brand.id);
  const [wallets, issued, redeemed] = [await open('WALLET', holders), await open('ISSUED', ids), await open('REDEEMED', ids)];
  const origins: number[] = [];
  for (const { id, code } of brands)
    origins.push(await ledger.lotOrigin({ issuer: id, issuerCode: code, currencyId, issueMonth: dayFromIso('2026-01-01'), termsId, offerId: null }));
  return { ...town, wallets, issued, redeemed, origins };
}

const START = Date.UTC(2026, 0, 10);
const MINUTE = 60_000;
const KINDS = ['EARN', 'EARN', 'EARN', 'EARN', 'BURN', 'BURN', 'BURN', 'HOLD', 'HOLD', 'CAPTURE', 'CAPTURE', 'VOID', 'CLAWBACK', 'REFUND', 'SWAP'] as const;

type Kind = (typeof KINDS)[number];

interface Event {
  readonly kind: Kind;
  readonly wallet: number;
  readonly other: number;
  readonly brand: number;
  readonly amount: number;
  readonly occurredAt: number;
  readonly hours: number;
  /** An earlier event that it refers to. */
  readonly about: number;
}

/** Which earlier kind an event is about. */
const ABOUT: Partial<Record<Kind, Kind>> = { CAPTURE: 'HOLD', VOID: 'HOLD', CLAWBACK: 'EARN', REFUND: 'BURN' };

function event({ holders, brands }: Town, seed: number, n: number): Event {
  const random = randomFrom(Math.imul(seed ^ 0x9e3779b9, 31) + Math.imul(n, 0x85ebca6b));
  const kind = random.pick(KINDS);
  const wallet = random.int(holders.length);
  const other = (wallet + 1 + random.int(holders.length - 1)) % holders.length;
  const late = random.int(10) === 0 ? random.int(3 * 1_440) : 0;
  const occurredAt = START + (n - late) * MINUTE;
  return {
    kind,
    wallet,
    other,
    brand: random.int(brands.length),
    amount: 1 + random.int(50),
    occurredAt,
    hours: 1 + random.int(24),
    about: n - 1 - random.int(200),
  };
}

function idOf(seed: number, n: number, what: string): Uuid {
  return derivedUuid('traffic', String(seed), String(n), what);
}

/** The latest event of the kind that an event is about. */
function subject(town: Town, seed: number, { kind, about }: Event): number | null {
  for (let n = about; n >= 0 && n > about - 100; n--) if (event(town, seed, n).kind === ABOUT[kind]) return n;
  return null;
}

/** Request number n: always the same for a seed, so that whoever did not hear its answer can send it again. */
export function requestOf(town: OpenTown, seed: number, n: number): PostingRequest {
  const it = event(town, seed, n);
  const about = ABOUT[it.kind] ? subject(town, seed, it) : null;
  const party = town.brands[it.brand].id;
  const key = `${seed}/${n}`;
  const wallet = town.wallets[about === null ? it.wallet : event(town, seed, about).wallet];
  const wallets = it.kind === 'SWAP' ? [wallet, town.wallets[it.other]] : [wallet];
  const loads = {
    wallets,
    holds: about !== null && (it.kind === 'CAPTURE' || it.kind === 'VOID') ? [idOf(seed, about, 'hold')] : [],
    transfers: about === null ? [] : it.kind === 'CLAWBACK' ? [idOf(seed, about, 'credit')] : it.kind === 'REFUND' ? [idOf(seed, about, 'debit')] : [],
  };
  return {
    id: postingId(party, key),
    party,
    kind: it.kind,
    contentHash: contentHash(it.kind, { n, ...it }),
    occurredAt: it.occurredAt,
    day: dayOf(new Date(it.occurredAt), 'UTC'),
    recordedAt: START + n * MINUTE,
    loads,
    plan: (view) => {
      const steps = stepsOf(town, seed, n, it, about, view, wallets);
      if (steps) return { steps, answer: { n } };
      return { refused: { code: 'NOTHING_TO_DO', message: 'What it is about is not there.', retrySafe: false, fields: {} } };
    },
  };
}

function stepsOf(
  town: OpenTown,
  seed: number,
  n: number,
  it: Event,
  about: number | null,
  view: LedgerView,
  [wallet, other]: readonly AccountId[],
): Step[] | null {
  const { termsId } = town;
  const day = dayOf(new Date(it.occurredAt), 'UTC');
  const expiresOn = it.hours % 3 === 0 ? day + it.hours : NEVER;
  const credit = (to: AccountId): Step => {
    const lot = { originId: town.origins[it.brand], expiresOn, availableOn: it.hours % 5 === 0 ? day + 1 : ALWAYS };
    return { do: 'credit', id: idOf(seed, n, 'credit'), from: town.issued[it.brand], to, amount: it.amount, code: 'EARN', lot, termsId };
  };
  const debit: Step = { do: 'debit', id: idOf(seed, n, 'debit'), from: wallet, to: town.redeemed[it.brand], amount: it.amount, code: 'BURN', termsId };
  switch (it.kind) {
    case 'EARN':
      return [credit(wallet)];
    case 'BURN':
      return [debit];
    case 'SWAP':
      // What is earned is earned before the burn may be refused: it must not stay.
      return [credit(other), debit];
    case 'HOLD': {
      const expiresAt = it.occurredAt + it.hours * 60 * MINUTE;
      return [{ do: 'hold', id: idOf(seed, n, 'hold'), from: wallet, to: town.redeemed[it.brand], amount: it.amount, ...holdUntil(expiresAt), termsId }];
    }
    default: {
      if (about === null) return null;
      const id = idOf(seed, n, 'own');
      const holdId = idOf(seed, about, 'hold');
      if (it.kind === 'CAPTURE' || it.kind === 'VOID') {
        const hold = view.hold(holdId);
        if (!hold) return null;
        return it.kind === 'VOID'
          ? [{ do: 'release', holdId, as: 'VOIDED', bookedOn: day }]
          : [{ do: 'capture', id, holdId, amount: Math.min(hold.amount, it.amount), bookedOn: day }];
      }
      const reverses = idOf(seed, about, it.kind === 'CLAWBACK' ? 'credit' : 'debit');
      const original = view.transfer(reverses);
      if (!original) return null;
      const amount = Math.min(original.amount, it.amount);
      return [
        it.kind === 'CLAWBACK'
          ? { do: 'clawBack', id, reverses, amount, expired: null }
          : { do: 'reinstate', id, reverses, amount, code: 'REFUND', away: { since: day, bookedOn: day, graceDays: 30 } },
      ];
    }
  }
}
