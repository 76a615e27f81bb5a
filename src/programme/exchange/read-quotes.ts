import type { PoolClient } from 'pg';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import type { ConversionAmounts } from './conversion-amounts';

/** A rate and its amounts, frozen for a wallet until the quote ends. */
export interface ConversionQuote {
  readonly id: Uuid;
  readonly walletId: Uuid;
  readonly memberId: Uuid;
  readonly party: Uuid;
  readonly contentHash: Buffer;
  readonly fromCurrencyId: number;
  readonly toCurrencyId: number;
  readonly rateId: Uuid;
  readonly amounts: ConversionAmounts;
  readonly quotedAt: Date;
  readonly expiresAt: Date;
}

/** A quote that the transaction's principal may see, or null. */
export async function readQuote(client: PoolClient, id: Uuid): Promise<ConversionQuote | null> {
  const { rows } = await client.query<QuoteRow>({ name: 'conversion-quote', text: 'SELECT * FROM conversion_quote WHERE id = $1', values: [id] });
  const [row] = rows;
  return row ? toQuote(row) : null;
}

export type QuoteRow = RowOf<Omit<ConversionQuote, 'party' | 'amounts'> & ConversionAmounts> & { readonly party_id: Uuid };

export function toAmounts({ points, fee, remainder, base, bonus }: RowOf<ConversionAmounts>): ConversionAmounts {
  return { points: BigInt(points), fee: BigInt(fee), remainder: BigInt(remainder), base: BigInt(base), bonus: BigInt(bonus) };
}

export function toQuote(row: QuoteRow): ConversionQuote {
  return {
    id: row.id,
    walletId: row.wallet_id,
    memberId: row.member_id,
    party: row.party_id,
    contentHash: row.content_hash,
    fromCurrencyId: row.from_currency_id,
    toCurrencyId: row.to_currency_id,
    rateId: row.rate_id,
    amounts: toAmounts(row),
    quotedAt: row.quoted_at,
    expiresAt: row.expires_at,
  };
}
