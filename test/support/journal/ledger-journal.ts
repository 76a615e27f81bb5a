import type { AccountId, Plan, PostingOutcome, PostingRequest, Step } from '../../../src/ledger/ledger/posting';
import { dayFromIso, dayOf, NEVER } from '../../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { holdUntil } from '../holds';
import { type Brand, LedgerBook, TERMS } from '../ledger-book';
import type { TestApp } from '../test-app';
import { writtenRows } from '../written-rows';
import { instantOf, type Words } from './read-journal';
import { check, type Journal, journalOf, type Verb } from './run-journal';

/** A posting that was made, and can be sent again. */
interface Posted {
  readonly request: PostingRequest;
  /** Of the transfer or hold that it made. */
  readonly id: Uuid;
  readonly brand: Brand;
  readonly wallet: AccountId;
  readonly outcome: PostingOutcome;
}

interface Holder {
  readonly owner: Uuid;
  readonly account: AccountId;
}

/** The wallets and postings of a journal, by name; and when it is. */
export class LedgerCast {
  at = '2026-01-01T12:00:00Z';
  private readonly holders = new Map<string, Promise<Holder>>();
  private readonly postings = new Map<string, Posted>();

  constructor(
    readonly test: TestApp,
    readonly book: LedgerBook,
    readonly brands: Readonly<Record<string, Brand>>,
  ) {}

  /** Who is named for the first time gets a wallet; whose name is `pool`, a household's account. */
  holder(name = ''): Promise<Holder> {
    const holder = this.holders.get(name) ?? this.open(name === 'pool' ? 'POOL' : 'WALLET');
    this.holders.set(name, holder);
    return holder;
  }

  private async open(kind: 'POOL' | 'WALLET'): Promise<Holder> {
    const owner = newUuid();
    const [account] = await this.book.ledger.openAccounts([{ kind, owner, currencyId: this.book.currencyId }]);
    return { owner, account };
  }

  async wallet(name = ''): Promise<AccountId> {
    return (await this.holder(name)).account;
  }

  get anyBrand(): Brand {
    return Object.values(this.brands)[0] as Brand;
  }

  brand(code = ''): Brand {
    const brand = this.brands[code];
    if (!brand) throw new Error(`No brand is named ${code}: there is ${Object.keys(this.brands).join(', ')}.`);
    return brand;
  }

  posted(name = ''): Posted {
    const posted = this.postings.get(name);
    if (!posted) throw new Error(`Nothing is named ${name}: there is ${[...this.postings.keys()].join(', ') || 'nothing so far'}.`);
    return posted;
  }

  /** A posting by that brand, at the journal's time. */
  request(brand: Brand, loads: PostingRequest['loads'], plan: (view: Parameters<PostingRequest['plan']>[0]) => Plan | Step[]): PostingRequest {
    return this.book.request(brand, this.at, loads, plan);
  }

  /** Posts it and remembers it under its name; returns the balance after it, or throws what it was refused for. */
  async post({ name }: Words, made: Omit<Posted, 'outcome'>): Promise<object> {
    const outcome = await this.book.ledger.post(made.request);
    if (name !== undefined) this.postings.set(name, { ...made, outcome });
    return this.told(outcome);
  }

  told({ refusal, balances: [balance], duplicate }: PostingOutcome): object {
    if (refusal) throw Object.assign(new Error(refusal.message), refusal, { fields: { ...balance, ...refusal.fields } });
    return { ...balance, duplicate };
  }
}

const points = (words: Words) => Number(words.points);
const endOf = (day: string | undefined) => (day === undefined ? NEVER : dayFromIso(day));

const earn: Verb<LedgerCast> = async (words, cast) => {
  const [brand, wallet, id] = [cast.brand(words.brand), await cast.wallet(words.who), newUuid()];
  const lot = { ...(words.until && { expires: words.until }), ...(words.from && { available: words.from }) };
  return cast.post(words, { request: await cast.book.earnRequest(brand, wallet, points(words), cast.at, id, lot), id, brand, wallet });
};

const burn: Verb<LedgerCast> = async (words, cast) => {
  const [brand, wallet, id] = [cast.brand(words.brand), await cast.wallet(words.who), newUuid()];
  return cast.post(words, { request: cast.book.burnRequest(brand, wallet, points(words), cast.at, id), id, brand, wallet });
};

const hold: Verb<LedgerCast> = async (words, cast) => {
  const [brand, wallet, id] = [cast.brand(words.brand), await cast.wallet(words.who), newUuid()];
  const until = holdUntil(instantOf(words.until ?? '').getTime());
  const step: Step = { do: 'hold', id, from: wallet, to: brand.redeemed, amount: points(words), ...until, termsId: TERMS };
  return cast.post(words, { request: cast.request(brand, { wallets: [wallet] }, () => [step]), id, brand, wallet });
};

/**
 * What follows a posting, by its brand and of its wallet: what is to be loaded of it, and the step that it leads to.
 */
const following =
  (
    loaded: 'holds' | 'transfers',
    stepOf: (words: Words, made: { readonly of: Uuid; readonly id: Uuid; readonly bookedOn: number }) => Step,
  ): Verb<LedgerCast> =>
  async (words, cast) => {
    const { id: of, brand, wallet } = cast.posted(words.of);
    const id = newUuid();
    const step = stepOf(words, { of, id, bookedOn: dayOf(new Date(cast.at), 'UTC') });
    const request = cast.request(brand, { wallets: [wallet], [loaded]: [of] }, () => [step]);
    const recordedAt = words.booked === undefined ? request.recordedAt : instantOf(words.booked).getTime();
    return cast.post(words, { request: { ...request, recordedAt }, id, brand, wallet });
  };

const reinstate = following('transfers', (words, { of, id, bookedOn }) => {
  const away = { since: words.since ? dayFromIso(words.since) : bookedOn, bookedOn: words.booked ? dayFromIso(words.booked) : bookedOn, graceDays: 30 };
  return { do: 'reinstate', id, reverses: of, amount: points(words), code: 'REFUND', away };
});

/** A step of wallets alone, which no brand has to ask for. */
const step =
  (stepOf: (words: Words, account: AccountId, to: AccountId) => Step | Step[]): Verb<LedgerCast> =>
  async (words, cast) => {
    const [account, to] = [await cast.wallet(words.who), await cast.wallet(words.other ?? words.who)];
    return cast.told(
      await cast.book.ledger.post(cast.request(cast.anyBrand, { wallets: [...new Set([account, to])] }, () => [stepOf(words, account, to)].flat())),
    );
  };

const again: Verb<LedgerCast> = async ({ of }, cast) => {
  const { request, outcome } = cast.posted(of);
  const repeated = await cast.book.ledger.post(request);
  expect(repeated).toEqual({ ...outcome, duplicate: true });
  return cast.told(repeated);
};

/** As a posting of that moment would find it. */
const balance: Verb<LedgerCast> = async ({ who, ...words }, cast) => {
  const { balances } = await cast.book.ledger.preview(cast.request(cast.anyBrand, { wallets: [await cast.wallet(who)] }, () => []));
  check(`balance ${points(words)}`, `balance ${balances[0]?.active}`);
  return { ...balances[0] };
};

/** In the order in which they are consumed. */
const lots: Verb<LedgerCast> = async ({ who }, cast) => {
  const { rows } = await cast.test.database.owner.query(
    `SELECT issuer_code || to_char(issue_month, ' YYYY-MM') || CASE WHEN expires_on < 'infinity' THEN ' until ' || expires_on ELSE '' END
       || CASE WHEN held > 0 THEN ' held ' || held ELSE '' END || ' ' || remaining AS lot
     FROM lot WHERE account_id = $1 AND remaining + held > 0 ORDER BY expires_on, issue_month, issuer_code, origin_id DESC`,
    [await cast.wallet(who)],
  );
  return rows.map(({ lot }) => lot);
};

const VERBS: Readonly<Record<string, Verb<LedgerCast>>> = {
  'earn {who} {points} FLP at {brand}[ from {from}][ until {until}][ as {name}]': earn,
  // It waits to be confirmed.
  'award {who} {points} FLP at {brand} until {until}[ as {name}]': (words, cast) => earn({ ...words, from: 'infinity' }, cast),
  'confirm {of}': following('transfers', (_words, { of, id, bookedOn }) => ({
    do: 'redate',
    id,
    credit: of,
    availableOn: bookedOn,
    expiresOn: endOf(undefined),
  })),
  'burn {who} {points} FLP at {brand}[ as {name}]': burn,
  'hold {who} {points} FLP at {brand} until {until}[ as {name}]': hold,
  'capture {of} {points} FLP[ as {name}]': following('holds', (words, { of, id, bookedOn }) => ({
    do: 'capture',
    id,
    holdId: of,
    amount: points(words),
    bookedOn,
  })),
  'void {of}': following('holds', (_words, { of, bookedOn }) => ({ do: 'release', holdId: of, as: 'VOIDED', bookedOn })),
  'expire {of}': following('holds', (_words, { of }) => ({ do: 'release', holdId: of, as: 'EXPIRED' })),
  'clawback {of} {points} FLP[ as {name}]': following('transfers', (words, { of, id }) => ({
    do: 'clawBack',
    id,
    reverses: of,
    amount: points(words),
    expired: null,
  })),
  'reinstate {of} {points} FLP[ gone since {since}][ told on {booked}]': reinstate,
  'contribute {who} {other} {points} FLP': step((words, from, to) => ({
    do: 'give',
    id: newUuid(),
    from,
    to,
    amount: points(words),
    code: 'POOL_CONTRIBUTION',
    termsId: null,
  })),
  'leave {who} {other}': step((_words, from, to) => ({ do: 'giveAll', id: newUuid(), from, to, code: 'POOL_RETURN' })),
  'slide {who} until {until}': step((words, account) => ({ do: 'slide', account, until: endOf(words.until) })),
  'slide both {who} {other} until {until}': step((words, ...both) => both.map((account) => ({ do: 'slide', account, until: endOf(words.until) }))),
  'lock {who}': async ({ who }, cast) => {
    await cast.book.ledger.setSpendLock((await cast.holder(who)).owner, true);
    return [];
  },
  'unlock {who}': async ({ who }, cast) => {
    await cast.book.ledger.setSpendLock((await cast.holder(who)).owner, false);
    return [];
  },
  'again {of}': again,
  'balance {who} {points} FLP': balance,
  'lots {who}': lots,
  'slides {who}': async ({ who }, cast) => {
    const { rows } = await cast.test.database.owner.query('SELECT slides_until::text AS day FROM account WHERE id = $1', [await cast.wallet(who)]);
    return rows.map(({ day }) => day);
  },
};

/** Journals of bare postings: wallets and brands are only uuids here, as they are to the ledger. */
export function ledgerJournal(test: TestApp, book: LedgerBook, brands: readonly Brand[]): Journal<LedgerCast> {
  const byCode = Object.fromEntries(brands.map((brand) => [brand.code, brand]));
  return journalOf<LedgerCast>({
    verbs: VERBS,
    open: () => new LedgerCast(test, book, byCode),
    meet: ({ who, other }, cast) => Promise.all([who, other].flatMap((name) => (name === undefined ? [] : cast.holder(name)))),
    moveTo(at, cast) {
      cast.at = at.toISOString();
    },
    written: () => writtenRows(test.database),
  });
}
