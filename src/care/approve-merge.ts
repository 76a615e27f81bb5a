import type { PoolClient } from 'pg';
import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import type { CoalitionSnapshot } from '../coalition/coalition-snapshot';
import { derivedUuid, newUuid, type Uuid } from '../ids';
import { contentHash } from '../ledger/idempotency';
import { acceptedAnswer } from '../ledger/outcome';
import type { PostingRequest } from '../ledger/posting';
import { dayOf } from '../points/calendar';
import { NotFound } from '../refusal';
import { everyAccount, requireNoHousehold } from './closing-accounts';
import { type DecideProposal, decide, findDecidable } from './decide-proposal';
import { moveMember } from './move-member';
import { planMerge } from './plan-merge';
import type { Proposal } from './proposal';

/**
 * Approves a merge and carries it out: points, cards and logins, customer ids and locks of the duplicate are the survivor's from then on, and whatever
 * comes back later of the duplicate's purchases and redemptions goes to the survivor. Approving again changes nothing, and finishes what was cut off.
 * Throws PermissionDenied, NotFound, ProposalDecided, ProposalLapsed, SecondPersonNeeded, MemberInHousehold, WALLET_HAS_HOLDS, ARREARS_REMAIN.
 */
export async function approveMerge(app: App, principal: Principal, command: DecideProposal): Promise<Proposal> {
  const found = await findDecidable(app, principal, 'MERGE', command, 'APPROVED');
  const merge = await prepare(app, principal, found);
  if (!merge) return found;
  // What the ledger would refuse is told before anybody has approved it.
  for (const request of merge.requests) acceptedAnswer(await app.ledger.preview(request));
  const proposal = await decide(app, principal, 'MERGE', command, 'APPROVED');
  await app.database.transaction(databasePrincipal(principal), async (tx) => {
    await tx.client.query('SELECT FROM member WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
      [merge.duplicate.memberId, merge.survivor.memberId],
    ]);
    await requireNoHousehold(tx.client, merge.duplicate.walletId);
    await moveMember(tx.client, merge.duplicate.memberId, merge.survivor.memberId, app.clock.now());
    // The ledger last, all currencies together: what it refuses moves nothing, and cut off after it, the same again finds it done there and goes on.
    await app.ledger.transaction(async (client) => {
      for (const outcome of await app.ledger.postWithin(client, merge.requests)) acceptedAnswer(outcome);
    });
  });
  if (merge.duplicate.locked) await app.ledger.setSpendLock(merge.survivor.walletId, true);
  return proposal;
}

interface Side {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly locked: boolean;
}

interface Merge {
  readonly duplicate: Side;
  readonly survivor: Side;
  readonly requests: readonly PostingRequest[];
}

/** null: it is done already. */
async function prepare(app: App, principal: Principal, proposal: Proposal): Promise<Merge | null> {
  const { memberId, survivorId } = proposal;
  if (survivorId === null) throw new Error(`merge ${proposal.id} names no survivor`);
  const { sides, snapshot } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const found = await readSides(client, memberId, survivorId);
    if (found && found.duplicate.status === 'ACTIVE') await requireNoHousehold(client, found.duplicate.walletId);
    return { sides: found, snapshot: await app.coalition.snapshot(client) };
  });
  if (!sides) throw new NotFound('Member');
  const { duplicate, survivor } = sides;
  if (duplicate.mergedInto === survivorId) return null;
  if (duplicate.status !== 'ACTIVE' || survivor.status !== 'ACTIVE') throw new NotFound('Member');
  return { duplicate, survivor, requests: await toRequests(app, snapshot, duplicate.walletId, survivor.walletId) };
}

async function readSides(client: PoolClient, duplicateId: Uuid, survivorId: Uuid) {
  const { rows } = await client.query(
    `SELECT m.id, w.id AS wallet_id, m.status, m.merged_into, w.locked_at IS NOT NULL AS locked
     FROM member m JOIN wallet w ON w.member_id = m.id WHERE m.id = ANY ($1::uuid[])`,
    [[duplicateId, survivorId]],
  );
  const side = (id: Uuid) => {
    const row = rows.find((each) => each.id === id);
    return row && { memberId: id, walletId: row.wallet_id as Uuid, locked: row.locked as boolean, status: row.status as string, mergedInto: row.merged_into };
  };
  const [duplicate, survivor] = [side(duplicateId), side(survivorId)];
  return duplicate && survivor ? { duplicate, survivor } : null;
}

async function toRequests(app: App, snapshot: CoalitionSnapshot, duplicateWallet: Uuid, survivorWallet: Uuid): Promise<PostingRequest[]> {
  const now = app.clock.now();
  const currencies = [...snapshot.currenciesById.values()];
  const duplicates = await everyAccount(app, duplicateWallet, currencies);
  const survivors = await everyAccount(app, survivorWallet, currencies);
  return duplicates.map(({ account: duplicate, currency }, at): PostingRequest => {
    const survivor = survivors[at].account;
    return {
      id: derivedUuid('merge', String(duplicate), String(survivor)),
      party: snapshot.operator?.id ?? duplicateWallet,
      kind: 'MERGE_WALLET',
      contentHash: contentHash('MERGE_WALLET', { duplicate, survivor }),
      occurredAt: now.getTime(),
      day: dayOf(now, currency.timeZone),
      recordedAt: now.getTime(),
      loads: { wallets: [survivor, duplicate] },
      plan: planMerge({ givenId: newUuid(), filledId: newUuid(), duplicate, survivor }),
    };
  });
}
