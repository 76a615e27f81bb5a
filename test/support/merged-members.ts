import { randomUUID } from 'node:crypto';
import type { Uuid } from '../../src/platform/ids';
import { approveMerge } from '../../src/programme/care/approve-merge';
import { proposeMerge } from '../../src/programme/care/propose-merge';
import { type ShopCoalition, staffPerson } from './shop-coalition';

/** Two of the operator's support find that two members are one person. */
export async function mergeMembers(shop: ShopCoalition, duplicateId: Uuid, survivorId: Uuid): Promise<void> {
  const [olga, otto] = [await staffPerson(shop, shop.operatorId), await staffPerson(shop, shop.operatorId)];
  const { id } = await proposeMerge(shop.app, olga, {
    idempotencyKey: randomUUID(),
    duplicate: { by: 'id', memberId: duplicateId },
    survivor: { by: 'id', memberId: survivorId },
    reason: 'the same person',
  });
  await approveMerge(shop.app, otto, { proposalId: id, reason: null });
}
