import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { contentHash } from '../../ledger/ledger/idempotency';
import { creditRefusals } from '../../ledger/ledger/ledger-refusals';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingRequest } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';
import { requireOpenWallet } from '../../members/identification/resolve-members';
import type { RowOf } from '../../platform/database/row-of';
import { refusals } from '../../platform/define-refusal';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { itemAt } from '../../platform/one-of';
import { NotFound } from '../../platform/refusal';
import { moveVelocityCounters } from '../limits/move-counters';
import { closingRefusals, everyAccount, requireNoHousehold } from './closing-accounts';
import { type DecideProposal, decide, findDecidable } from './decide-proposal';
import { moveMember } from './move-member';
import { planMerge, planMergeRefusals } from './plan-merge';
import type { Proposal } from './proposal';
import { proposalRefusals } from './proposal';

/** What is refused where a merge is approved. */
export const approveMergeRefusals = refusals(notNow, proposalRefusals, planMergeRefusals, closingRefusals, creditRefusals);

/**
 * Approves a merge and carries it out. Points, cards and logins, customer ids and locks of the duplicate are the
 * survivor's from then on. So is whatever comes back later of the duplicate's purchases and redemptions. The
 * duplicate's id leads there too, but for closeWallet. Approving again changes nothing, and finishes what was cut off.
 * Refuses as approveMergeRefusals lists; throws PermissionDenied, NotFound.
 */
export async function approveMerge(app: App, principal: Principal, command: DecideProposal): Promise<Proposal> {
  const found = await findDecidable(app, principal, 'MERGE', command, 'APPROVED');
  const merge = await findMerge(app, principal, found);
  if (!merge) return found;
  // What the ledger would refuse is told before anybody has approved it.
  for (const request of await mergesOf(app, merge)) acceptedAnswer(await app.ledger.preview(request));
  const proposal = await decide(app, principal, 'MERGE', command, 'APPROVED');
  await app.database.transaction(databasePrincipal(principal), async (tx) => {
    await tx.client.query('SELECT FROM member WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
      [merge.duplicate.memberId, merge.survivor.memberId],
    ]);
    // What came first: the wallet may have been closed, or merged the other way round.
    if (!requireMergeable(await readSides(tx.client, merge.duplicate.memberId, merge.survivor.memberId))) return;
    await requireNoHousehold(tx.client, merge.duplicate.walletId);
    // Made now: whoever waited for the members must not book what was recorded long ago.
    const requests = await mergesOf(app, merge);
    await moveMember(tx.client, merge.duplicate.memberId, merge.survivor.memberId, app.clock.now());
    // Both see it: cards and links came to the one, and were taken from the other.
    for (const { memberId } of [merge.survivor, merge.duplicate])
      await recordChange(app, tx, principal, { operation: 'mergeMembers', target: proposal.id, member: memberId });
    // The ledger comes last, all currencies together: what it refuses moves nothing. Cut off after it and sent again,
    // the request finds it done there and goes on.
    await app.ledger.transaction(async (client) => {
      for (const outcome of await app.ledger.postWithin(client, requests)) acceptedAnswer(outcome);
      const accounts = requests.map(({ loads: { wallets } }) => wallets);
      await moveVelocityCounters(
        client,
        accounts.map((wallets) => itemAt(wallets, 1)),
        accounts.map((wallets) => itemAt(wallets, 0)),
      );
    });
  });
  if (merge.duplicate.locked) await app.ledger.setSpendLock(merge.survivor.walletId, true);
  return proposal;
}

interface Side {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly locked: boolean;
  readonly status: string;
  readonly mergedInto: Uuid | null;
}

interface Sides {
  readonly duplicate: Side;
  readonly survivor: Side;
}

interface Merge extends Sides {
  readonly snapshot: CoalitionSnapshot;
}

/** null: it is done already. */
async function findMerge(app: App, principal: Principal, proposal: Proposal): Promise<Merge | null> {
  const { memberId, survivorId } = proposal;
  if (survivorId === null) throw new Error(`merge ${proposal.id} names no survivor`);
  const { sides, snapshot } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const found = await readSides(client, memberId, survivorId);
    if (found && found.duplicate.status === 'ACTIVE') await requireNoHousehold(client, found.duplicate.walletId);
    return { sides: found, snapshot: await app.coalition.snapshot(client) };
  });
  const open = requireMergeable(sides);
  return open && { ...open, snapshot };
}

/**
 * null: it is done already. Throws NotFound, and WALLET_CLOSED where one of them is no more or was merged otherwise.
 */
function requireMergeable(sides: Sides | null): Sides | null {
  if (!sides) throw new NotFound('Member');
  const { duplicate, survivor } = sides;
  if (duplicate.mergedInto === survivor.memberId) return null;
  requireOpenWallet({ closed: duplicate.status !== 'ACTIVE' || survivor.status !== 'ACTIVE' });
  return sides;
}

async function readSides(client: PoolClient, duplicateId: Uuid, survivorId: Uuid): Promise<Sides | null> {
  const { rows } = await client.query<RowOf<Omit<Side, 'memberId'>> & { id: Uuid }>(
    `SELECT m.id, w.id AS wallet_id, m.status, m.merged_into, w.locked_at IS NOT NULL AS locked
     FROM member m JOIN wallet w ON w.member_id = m.id WHERE m.id = ANY ($1::uuid[])`,
    [[duplicateId, survivorId]],
  );
  const side = (id: Uuid) => {
    const row = rows.find((each) => each.id === id);
    return row && { memberId: id, walletId: row.wallet_id, locked: row.locked, status: row.status, mergedInto: row.merged_into };
  };
  const [duplicate, survivor] = [side(duplicateId), side(survivorId)];
  return duplicate && survivor ? { duplicate, survivor } : null;
}

async function mergesOf(app: App, { duplicate, survivor, snapshot }: Merge): Promise<PostingRequest[]> {
  const currencies = [...snapshot.currenciesById.values()];
  const duplicates = await everyAccount(app, duplicate.walletId, currencies);
  const survivors = await everyAccount(app, survivor.walletId, currencies);
  const now = app.clock.now();
  return duplicates.map(({ account: from, currency }, at): PostingRequest => {
    const to = itemAt(survivors, at).account;
    return {
      id: derivedUuid('merge', String(from), String(to)),
      party: snapshot.operator?.id ?? duplicate.walletId,
      kind: 'MERGE_WALLET',
      contentHash: contentHash('MERGE_WALLET', { duplicate: from, survivor: to }),
      occurredAt: now.getTime(),
      day: dayOf(now, currency.timeZone),
      recordedAt: now.getTime(),
      loads: { wallets: [to, from] },
      plan: planMerge({ givenId: newUuid(), filledId: newUuid(), duplicate: from, survivor: to }),
    };
  });
}
