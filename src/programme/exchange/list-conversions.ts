import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { withMember } from '../../members/identification/asking-member';
import { walletsOfMember } from '../../members/identification/surviving-accounts';
import { LOOKS_AT_MEMBERS } from '../../members/members/find-member';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import type { ConversionAmounts } from './conversion-amounts';
import { type ConversionQuote, type QuoteRow, toAmounts, toQuote } from './read-quotes';

/** A conversion as it was made. */
export interface Conversion {
  readonly id: Uuid;
  readonly from: string;
  readonly to: string;
  readonly amounts: ConversionAmounts;
  readonly rateId: Uuid;
  readonly quoteId: Uuid | null;
  /** null: the member asked. */
  readonly brandId: Uuid | null;
  readonly occurredAt: Date;
}

/**
 * Conversions of a member, and of who was merged into the member, newest first. A brand sees those that it asked for;
 * row-level security decides. Throws PermissionDenied, NotFound.
 */
export function listConversions(app: App, principal: Principal, memberId: Uuid, page: { limit: number; before: Uuid | null }): Promise<Conversion[]> {
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, { memberId: id }) => {
    const { rows } = await client.query<RowOf<Omit<Conversion, 'from' | 'to' | 'amounts'> & ConversionAmounts> & { from_code: string; to_code: string }>({
      name: 'list-conversions',
      text: `SELECT c.*, f.code AS from_code, t.code AS to_code FROM conversion c JOIN currency f ON f.id = c.from_currency_id JOIN currency t ON t.id = c.to_currency_id
             WHERE c.wallet_id = ANY ($1::uuid[]) AND ($2::uuid IS NULL OR c.id < $2) ORDER BY c.id DESC LIMIT $3`,
      values: [await walletsOfMember(client, id), page.before, page.limit],
    });
    return rows.map((row) => ({
      id: row.id,
      from: row.from_code,
      to: row.to_code,
      amounts: toAmounts(row),
      rateId: row.rate_id,
      quoteId: row.quote_id,
      brandId: row.brand_id,
      occurredAt: row.occurred_at,
    }));
  });
}

/**
 * Quotes of a member that are still good and were not used, soonest to end first: those of whoever asks, or all of the
 * member's for the member.
 */
export function listLiveQuotes(app: App, principal: Principal, memberId: Uuid): Promise<ConversionQuote[]> {
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, { walletId }) => {
    const { rows } = await client.query<QuoteRow>({
      name: 'list-live-quotes',
      text: `SELECT q.* FROM conversion_quote q WHERE q.wallet_id = $1 AND q.expires_at > $2
               AND NOT EXISTS (SELECT FROM conversion c WHERE c.wallet_id = q.wallet_id AND c.quote_id = q.id)
             ORDER BY q.expires_at, q.id LIMIT 100`,
      values: [walletId, app.clock.now()],
    });
    return rows.map(toQuote);
  });
}
