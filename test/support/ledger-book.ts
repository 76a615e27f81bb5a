import { contentHash, postingId } from '../../src/ledger/ledger/idempotency';
import type { Ledger } from '../../src/ledger/ledger/ledger';
import type { AccountId, LedgerView, Plan, PostingOutcome, PostingRequest, Step } from '../../src/ledger/ledger/posting';
import { ALWAYS, dayFromIso, dayOf, monthStart, NEVER } from '../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../src/platform/ids';
import { holdUntil } from './holds';
import type { TestDatabase } from './test-database';

export const TERMS = '00000000-0000-7000-8000-0000000000aa';

export interface Brand {
  readonly id: Uuid;
  readonly code: string;
  readonly issued: AccountId;
  readonly redeemed: AccountId;
}

/** Bare postings for tests of the ledger itself: brands and wallets are only uuids here, as they are to the ledger. */
export class LedgerBook {
  private keys = 0;

  private constructor(
    readonly ledger: Ledger,
    readonly currencyId: number,
  ) {}

  static async open(ledger: Ledger, database: TestDatabase, code = 'FLP'): Promise<LedgerBook> {
    const { rows } = await database.owner.query("INSERT INTO currency (code, kind, scale) VALUES ($1, 'POINTS', 0) RETURNING id", [code]);
    return new LedgerBook(ledger, rows[0].id);
  }

  async brand(code: string): Promise<Brand> {
    const id = newUuid();
    const { currencyId } = this;
    const [issued, redeemed] = await this.ledger.openAccounts([
      { kind: 'ISSUED', owner: id, currencyId },
      { kind: 'REDEEMED', owner: id, currencyId },
    ]);
    return { id, code, issued, redeemed };
  }

  async wallet(): Promise<AccountId> {
    return (await this.ledger.openAccounts([{ kind: 'WALLET', owner: newUuid(), currencyId: this.currencyId }]))[0];
  }

  request(
    brand: Brand,
    at: string,
    loads: PostingRequest['loads'],
    plan: (view: LedgerView) => Plan | Step[],
    key = `key-${++this.keys}`,
    content: unknown = key,
  ): PostingRequest {
    const occurredAt = new Date(at);
    return {
      id: postingId(brand.id, key),
      party: brand.id,
      kind: 'TEST',
      contentHash: contentHash('TEST', content),
      occurredAt: occurredAt.getTime(),
      day: dayOf(occurredAt, 'UTC'),
      recordedAt: occurredAt.getTime(),
      loads,
      plan: (view) => {
        const planned = plan(view);
        return Array.isArray(planned) ? { steps: planned, answer: {} } : planned;
      },
    };
  }

  /** The id of the transfer that credited the wallet. */
  async earn(brand: Brand, wallet: AccountId, amount: number, at: string, lot: { expires?: string; available?: string } = {}): Promise<Uuid> {
    const id = newUuid();
    const request = await this.earnRequest(brand, wallet, amount, at, id, lot);
    accepted(await this.ledger.post(request));
    return id;
  }

  async earnRequest(
    brand: Brand,
    wallet: AccountId,
    amount: number,
    at: string,
    id: Uuid,
    lot: { expires?: string; available?: string } = {},
    key?: string,
  ): Promise<PostingRequest> {
    const issueMonth = monthStart(dayOf(new Date(at), 'UTC'));
    const origin = { issuer: brand.id, issuerCode: brand.code, currencyId: this.currencyId, issueMonth, termsId: TERMS, offerId: null };
    const target = {
      originId: await this.ledger.lotOrigin(origin),
      expiresOn: lot.expires ? dayFromIso(lot.expires) : NEVER,
      availableOn: lot.available ? dayFromIso(lot.available) : ALWAYS,
    };
    return this.request(
      brand,
      at,
      { wallets: [wallet] },
      () => [{ do: 'credit', id, from: brand.issued, to: wallet, amount, code: 'EARN', lot: target, termsId: TERMS }],
      key,
    );
  }

  burnRequest(brand: Brand, wallet: AccountId, amount: number, at: string, id: Uuid = newUuid(), key?: string): PostingRequest {
    return this.request(
      brand,
      at,
      { wallets: [wallet] },
      () => [{ do: 'debit', id, from: wallet, to: brand.redeemed, amount, code: 'BURN', termsId: TERMS }],
      key,
    );
  }

  burn(brand: Brand, wallet: AccountId, amount: number, at: string, id?: Uuid): Promise<PostingOutcome> {
    return this.ledger.post(this.burnRequest(brand, wallet, amount, at, id));
  }

  hold(brand: Brand, wallet: AccountId, amount: number, at: string, expires: string, id: Uuid): Promise<PostingOutcome> {
    const expiresAt = Date.parse(expires);
    return this.ledger.post(
      this.request(brand, at, { wallets: [wallet] }, () => [
        { do: 'hold', id, from: wallet, to: brand.redeemed, amount, ...holdUntil(expiresAt), termsId: TERMS },
      ]),
    );
  }

  clawBack(brand: Brand, wallet: AccountId, reverses: Uuid, amount: number, at: string, id: Uuid = newUuid()): Promise<PostingOutcome> {
    return this.ledger.post(
      this.request(brand, at, { wallets: [wallet], transfers: [reverses] }, () => [{ do: 'clawBack', id, reverses, amount, expired: null }]),
    );
  }
}

export function accepted(outcome: PostingOutcome): PostingOutcome {
  if (outcome.refusal) throw new Error(`refused: ${JSON.stringify(outcome.refusal)}`);
  return outcome;
}
