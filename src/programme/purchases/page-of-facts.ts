import type { App } from '../../app';
import type { BrandPermission } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireReader, withMember } from '../../members/identification/asking-member';
import type { MemberRef } from '../../members/identification/member-ref';
import { walletsOfMember } from '../../members/identification/surviving-accounts';
import { bareText } from '../../platform/bare-text';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { type ReferenceKind, referenceName } from '../postings/reference-turns';

/** Which purchases or redemptions are looked for; what is null leaves none out. */
export interface FactFilter {
  readonly reference: string | null;
  /** null: the member who asks, or all members. */
  readonly member: MemberRef | null;
  readonly from: Date | null;
  /** The first instant that is not looked at. */
  readonly to: Date | null;
}

/** Newest first, after the place of the last one that was shown. */
export interface FactPage {
  readonly limit: number;
  readonly after: { readonly occurredAt: Date; readonly id: Uuid } | null;
}

const TABLES = { PURCHASE: 'purchase', REDEMPTION: 'redemption' } as const;

/**
 * The ids of a page of purchases or redemptions, newest first. A brand sees its own; a member the member's; a member in
 * a brand's session those at that brand. The operator names a member. `read` works on them in the same transaction.
 * Throws PermissionDenied, NotFound (member), InvalidInput.
 */
export async function pageOfFacts<Found>(
  app: App,
  principal: Principal,
  kind: Exclude<ReferenceKind, 'RETURN'>,
  permission: BrandPermission,
  { filter, page, read }: { readonly filter: FactFilter; readonly page: FactPage; readonly read: (tx: Tx, ids: readonly Uuid[]) => Promise<Found> },
): Promise<Found> {
  requireReader(principal, permission);
  const look = async (tx: Tx, walletIds: readonly Uuid[] | null) => read(tx, await idsOf(app, tx, principal, { kind, filter, page, walletIds }));
  if (filter.member || principal.kind === 'member')
    return withMember(app, principal, filter.member, permission, async (tx, { memberId }) => look(tx, await walletsOfMember(tx.client, memberId)));
  if (principal.kind === 'staff' && principal.ofOperator) throw new InvalidInput('member', 'Name the member whose they are.');
  return app.database.transaction(databasePrincipal(principal), (tx) => look(tx, null));
}

interface Asked {
  readonly kind: Exclude<ReferenceKind, 'RETURN'>;
  readonly filter: FactFilter;
  readonly page: FactPage;
  readonly walletIds: readonly Uuid[] | null;
}

async function idsOf(app: App, { client }: Tx, principal: Principal, { kind, filter, page, walletIds }: Asked): Promise<Uuid[]> {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const where = (condition: (...places: string[]) => string, ...given: readonly unknown[]) =>
    conditions.push(condition(...given.map((value) => `$${values.push(value)}`)));
  const ofOperator = principal.kind === 'staff' && principal.ofOperator;
  const brandId = ofOperator ? null : principal.brandId;
  if (brandId !== null) where((brand) => `f.brand_id = ${brand}`, brandId);
  if (walletIds !== null) where((wallets) => `f.wallet_id = ANY (${wallets}::uuid[])`, walletIds);
  if (filter.reference !== null) {
    // A brand's references are found by the names that they took; what a member may see is few.
    const named = walletIds === null && brandId !== null ? await namesOf(app, client, { brandId, kind, reference: filter.reference }) : null;
    if (named) where((names) => `f.id IN (SELECT made_id FROM claim WHERE name = ANY (${names}::uuid[]))`, named);
    else where((reference) => `bare_text(f.reference) = ${reference}`, bareText(filter.reference));
  }
  if (filter.from) where((from) => `f.occurred_at >= ${from}`, filter.from);
  if (filter.to) where((to) => `f.occurred_at < ${to}`, filter.to);
  if (page.after) where((at, id) => `(f.occurred_at, f.id) < (${at}::timestamptz, ${id}::uuid)`, page.after.occurredAt, page.after.id);
  const text = `SELECT f.id FROM ${TABLES[kind]} f WHERE ${conditions.join(' AND ') || 'true'} ORDER BY f.occurred_at DESC, f.id DESC LIMIT $${values.push(page.limit)}`;
  return (await client.query<{ id: Uuid }>(text, values)).rows.map(({ id }) => id);
}

/** In each points currency. */
async function namesOf(
  app: App,
  client: Tx['client'],
  { brandId, kind, reference }: { readonly brandId: Uuid; readonly kind: ReferenceKind; readonly reference: string },
): Promise<Uuid[]> {
  const { currenciesByCode } = await app.coalition.snapshot(client);
  return [...currenciesByCode.keys()].map((currency) => referenceName(brandId, kind, currency, reference));
}
