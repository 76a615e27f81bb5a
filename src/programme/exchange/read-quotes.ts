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
  const { rows } = await client.query({ name: 'conversion-quote', text: 'SELECT * FROM conversion_quote WHERE id = $1', values: [id] });
  return rows.length === 0 ? null : toQuote(rows[0]);
}

type QuoteRow = RowOf<Omit<ConversionQuote, 'party' | 'amounts'> & ConversionAmounts> & { readonly party_id: Uuid };

export function toQuote(row: QuoteRow): ConversionQuote {
  const [points, fee, remainder, base, bonus] = [row.points, row.fee, row.remainder, row.base, row.bonus].map(BigInt);
  return {
    id: row.id,
    walletId: row.wallet_id,
    memberId: row.member_id,
    party: row.party_id,
    contentHash: row.content_hash,
    fromCurrencyId: row.from_currency_id,
    toCurrencyId: row.to_currency_id,
    rateId: row.rate_id,
    amounts: { points, fee, remainder, base, bonus },
    quotedAt: row.quoted_at,
    expiresAt: row.expires_at,
  };
}
