import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { requireTerms } from '../../coalition/coalition/terms-in-force';
import { contentHash } from '../../ledger/ledger/idempotency';
import { fundsRefusals, keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { currencyCode, idempotencyKey, someExactPoints } from '../../ledger/ledger/request-fields';
import { type Asker, findActingMember, memberContent, requireAsker } from '../../members/identification/acting-member';
import type { MemberRef } from '../../members/identification/member-ref';
import { readStanding } from '../../members/members/read-balances';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { LOCKS, takeLock } from '../../platform/locks';
import { only } from '../../platform/one-of';
import { count, instant } from '../../platform/refusal-fields';
import { checkConversion, checkConversionRefusals } from './check-conversion';
import { type ConversionAmounts, givenInAll, insufficientPoints } from './conversion-amounts';
import { conversionRates } from './conversion-rates';
import { type ConversionQuote, readQuote } from './read-quotes';

/** What is refused where a conversion is quoted. */
export const quoteConversionRefusals = refusals(
  keyRefusals,
  checkConversionRefusals,
  fundsRefusals,
  defineRefusal('TOO_MANY_QUOTES', {
    description: 'So many quotes of the member are still good that no more are given.',
    retrySafe: true,
    fields: { live: count('How many.'), resetsAt: instant('When the first of them ends.') },
    discloses: { live: 'OWN', resetsAt: 'OWN' },
    message: ({ live, resetsAt }) => `${live} quotes of this member are still good. Use one of them, or wait until ${resetsAt}.`,
  }),
);

export const quoteConversionSchema = z
  .object({
    idempotencyKey,
    /** null: whoever asks. */
    member: z.custom<MemberRef | null>(),
    from: currencyCode,
    to: currencyCode,
    points: someExactPoints,
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'A currency does not convert into itself.' });
export type QuoteConversion = z.output<typeof quoteConversionSchema>;

/** Quotes of a member that are good at once, for each who asks. */
const MOST_LIVE = 20;

/**
 * Freezes the rate in force now, and what it gives for these points, until the quote ends; at the latest with the rate,
 * if its end is known. A quote outlives a rate that is ended at once. Whoever held one for more points than there are
 * could convert to and fro by the rates of two moments. So the unused quotes of a wallet's currency are never for more
 * than the wallet can spend when the last of them is asked for, whoever asks. A quote sets nothing aside: the
 * conversion says whether the wallet still has the points, and what is left of a daily maximum. Refuses as
 * quoteConversionRefusals lists; throws NotFound (member), PermissionDenied.
 */
export async function quoteConversion(app: App, principal: Principal, command: QuoteConversion): Promise<ConversionQuote> {
  const asker = requireAsker(principal, command.member, 'input.member');
  const { idempotencyKey: key, member: _, ...content } = command;
  const hash = contentHash('QUOTE_CONVERSION', { ...content, member: memberContent(app, asker) });
  const id = derivedUuid('conversion-quote', asker.party, key);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    // One at a time for a key: a repetition that comes at once, for whichever member, finds the first.
    await takeLock(tx.client, LOCKS.CONVERSION_QUOTE, id);
    const earlier = await readQuote(tx.client, id);
    if (earlier) return sameQuote(earlier, hash);
    const member = await findActingMember(app, tx, asker, id);
    // And for a wallet: nobody gets past the bounds.
    await takeLock(tx.client, LOCKS.CONVERSION_QUOTES_OF_WALLET, member.walletId);
    const version = await app.coalition.version(tx.client);
    const snapshot = await app.coalition.at(version);
    const from = requireCurrency(snapshot, command.from, 'input.from');
    const to = requireCurrency(snapshot, command.to, 'input.to');
    const now = app.clock.now();
    if (asker.brandId !== null) requireTerms(snapshot, { brandId: asker.brandId, currencyId: from.id, act: 'redeem' }, now, now);
    const { rate } = (await conversionRates(app, version)).inForce(from, to, now);
    const amounts = checkConversion(rate, from.scale, command.points);
    await requireRoom(tx.client, member.walletId, asker, now);
    const quoted = await quotedPoints(tx.client, member.walletId, from.id, now);
    await requireFunds(app, member.walletId, from, amounts, quoted);
    const expiresAt = new Date(Math.min(now.getTime() + app.config.quoteMs, rate.effectiveUntil?.getTime() ?? Number.POSITIVE_INFINITY));
    const quote = { id, walletId: member.walletId, memberId: member.memberId, party: asker.party, contentHash: hash };
    const frozen = { fromCurrencyId: from.id, toCurrencyId: to.id, rateId: rate.id, amounts, quotedAt: now, expiresAt };
    await insertQuote(tx.client, { ...quote, ...frozen }, asker.brandId);
    return { ...quote, ...frozen };
  });
}

function sameQuote(quote: ConversionQuote, hash: Buffer): ConversionQuote {
  if (!quote.contentHash.equals(hash)) throw keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
  return quote;
}

/** Throws TOO_MANY_QUOTES. */
async function requireRoom(client: PoolClient, walletId: Uuid, { party }: Asker, now: Date): Promise<void> {
  const { rows } = await client.query<{ live: number; first: Date }>({
    name: 'live-quotes',
    text: 'SELECT count(*)::int AS live, min(expires_at) AS first FROM conversion_quote WHERE wallet_id = $1 AND party_id = $2 AND expires_at > $3',
    values: [walletId, party, now],
  });
  const { live, first } = only(rows);
  if (live >= MOST_LIVE) throw quoteConversionRefusals.refuse('TOO_MANY_QUOTES', { live, resetsAt: first });
}

async function quotedPoints(client: PoolClient, walletId: Uuid, currencyId: number, now: Date): Promise<number> {
  const { rows } = await client.query<{ quoted: string }>({
    name: 'quoted-points',
    text: 'SELECT quoted_points($1, $2, $3) AS quoted',
    values: [walletId, currencyId, now],
  });
  return Number(only(rows).quoted);
}

/**
 * Throws INSUFFICIENT_POINTS where the wallet cannot spend this and all that it has quoted of the currency and not
 * used.
 */
async function requireFunds(app: App, walletId: Uuid, currency: PointCurrency, amounts: ConversionAmounts, quoted: number): Promise<void> {
  const [account] = await app.ledger.openAccounts([{ kind: 'WALLET', owner: walletId, currencyId: currency.id }]);
  // Read after what is quoted: a quote that is used in between counts twice rather than not at all.
  const { spendable } = (await readStanding(app, { account, currency })).balance;
  const available = Math.max(0, spendable - quoted);
  if (givenInAll(amounts) > BigInt(available)) throw insufficientPoints(available, amounts, quoted);
}

async function insertQuote(client: PoolClient, quote: ConversionQuote, brandId: Uuid | null): Promise<void> {
  const { points, fee, remainder, base, bonus } = quote.amounts;
  await client.query({
    name: 'insert-quote',
    text: `INSERT INTO conversion_quote (id, wallet_id, brand_id, member_id, party_id, content_hash, from_currency_id, to_currency_id, rate_id,
             points, fee, remainder, base, bonus, quoted_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    values: [
      quote.id,
      quote.walletId,
      brandId,
      quote.memberId,
      quote.party,
      quote.contentHash,
      quote.fromCurrencyId,
      quote.toCurrencyId,
      quote.rateId,
      ...[points, fee, remainder, base, bonus].map(String),
      quote.quotedAt,
      quote.expiresAt,
    ],
  });
}
