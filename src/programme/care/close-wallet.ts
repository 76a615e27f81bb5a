import { z } from 'zod';
import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { contentHash } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { AccountId, PostingRequest } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';
import { auditName, type MemberOrSelf } from '../../members/identification/asking-member';
import { findForOperator } from '../../members/identification/find-for-operator';
import type { Tx } from '../../platform/database/transaction';
import { refusals } from '../../platform/define-refusal';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { itemAt } from '../../platform/one-of';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { closingRefusals, everyAccount, requireNoHousehold } from './closing-accounts';

/** What is refused where a wallet is closed. */
export const closeWalletRefusals = refusals(notNow, closingRefusals);

export const closeWalletSchema = z.object({ member: z.custom<MemberOrSelf>(), reason: reasonSchema });
export type CloseWallet = z.output<typeof closeWalletSchema>;

export interface ClosedWallet {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly closedAt: Date;
}

/**
 * Closes a member's wallet for good. Its points end, whoever issued them. Its cards and logins find nobody from then
 * on. Nothing is earned or spent in it any more. By the member, with a login of an identity provider, or by the
 * operator's support. Closing it again changes nothing. Refuses as closeWalletRefusals lists; throws NotFound,
 * PermissionDenied.
 */
export async function closeWallet(app: App, principal: Principal, { member: asked, reason }: CloseWallet): Promise<ClosedWallet> {
  const database = databasePrincipal(principal);
  const { memberId, walletId, snapshot } = await app.database.transaction(database, async (tx) => {
    const { client } = tx;
    const memberId = await whose(app, tx, principal, asked);
    const { rows } = await client.query<{ id: Uuid }>('SELECT id FROM wallet WHERE member_id = $1', [memberId]);
    const [wallet] = rows;
    if (!wallet) throw new NotFound('Member');
    return { memberId, walletId: wallet.id, snapshot: await app.coalition.snapshot(client) };
  });
  const accounts = await everyAccount(app, walletId, [...snapshot.currenciesById.values()]);
  return app.database.transaction(database, async (tx) => {
    const { rows } = await tx.client.query<{ closed_at: Date | null; merged_into: Uuid | null }>(
      'SELECT status, closed_at, merged_into FROM member WHERE id = $1 FOR NO KEY UPDATE',
      [memberId],
    );
    const [member] = rows;
    if (!member || member.merged_into !== null) throw new NotFound('Member');
    if (member.closed_at !== null) return { memberId, walletId, closedAt: member.closed_at };
    await requireNoHousehold(tx.client, walletId);
    const closedAt = app.clock.now();
    // Made now: whoever waited for the member must not book what was recorded long ago.
    const requests = await Promise.all(accounts.map(({ account, currency }) => closureOf(app, snapshot, account, currency)));
    await tx.client.query("UPDATE member SET status = 'CLOSED', closed_at = $2 WHERE id = $1", [memberId, closedAt]);
    await tx.client.query('UPDATE member_identifier SET removed_at = $2 WHERE member_id = $1 AND removed_at IS NULL', [memberId, closedAt]);
    const target = auditName(app, principal, { memberId });
    await recordChange(app, tx, principal, { operation: 'closeWallet', target, member: memberId, reason });
    // The ledger comes last, all currencies together. What it refuses closes nothing. Cut off after it, the same
    // request finds it closed there and goes on.
    await app.ledger.transaction(async (client) => {
      for (const outcome of await app.ledger.postWithin(client, requests)) acceptedAnswer(outcome);
    });
    return { memberId, walletId, closedAt };
  });
}

async function whose(app: App, tx: Tx, principal: Principal, asked: MemberOrSelf): Promise<Uuid> {
  if (principal.kind === 'member') {
    // A brand holds the sessions that it mints, and must not end what is the member's.
    if (principal.brandId !== null) throw new PermissionDenied('A wallet is closed by its member with a login of an identity provider, or by the operator.');
    if (asked !== null && (asked.by !== 'id' || asked.memberId !== principal.memberId)) throw new NotFound('Member');
    return principal.memberId;
  }
  requireOperator(principal, ['SUPPORT']);
  if (asked === null) throw new NotFound('Member');
  // By id also one who was closed before: closing again changes nothing.
  return asked.by === 'id' ? asked.memberId : (await findForOperator(app, tx, principal, asked, ['SUPPORT'])).memberId;
}

async function closureOf(app: App, snapshot: CoalitionSnapshot, account: AccountId, currency: PointCurrency): Promise<PostingRequest> {
  const now = app.clock.now();
  // Whoever may have issued points of the currency: what is there is known only under the wallet's lock.
  const issuers = issuersOf(snapshot, currency);
  const expired = await app.ledger.openAccounts(issuers.map((owner) => ({ kind: 'EXPIRED' as const, owner, currencyId: currency.id })));
  const ends = issuers.map((issuer, at) => ({ issuer, id: newUuid(), to: itemAt(expired, at) }));
  return {
    id: derivedUuid('closure', String(account)),
    party: snapshot.operator?.id ?? itemAt(issuers, 0),
    kind: 'CLOSE_WALLET',
    contentHash: contentHash('CLOSE_WALLET', { account }),
    occurredAt: now.getTime(),
    day: dayOf(now, currency.timeZone),
    recordedAt: now.getTime(),
    loads: { wallets: [account] },
    plan: () => ({
      steps: [
        { do: 'end', account, code: 'CLOSURE', ends },
        { do: 'close', account, mergedInto: null },
      ],
      answer: {},
    }),
  };
}

function issuersOf(snapshot: CoalitionSnapshot, { id, ownerBrandId }: PointCurrency): Uuid[] {
  const issuers = new Set<Uuid>([snapshot.operator?.id, ownerBrandId].filter((brand) => brand != null));
  for (const { currencyId, brandId, partnerBrandId } of snapshot.partnerships) if (currencyId === id) issuers.add(brandId).add(partnerBrandId);
  return [...issuers];
}
