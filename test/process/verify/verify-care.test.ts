import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Principal } from '../../../src/coalition/access/principal';
import { newUuid } from '../../../src/platform/ids';
import type { Finding } from '../../../src/process/verify/finding';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { approveGoodwill } from '../../../src/programme/care/approve-goodwill';
import { approveMerge } from '../../../src/programme/care/approve-merge';
import { closeWallet } from '../../../src/programme/care/close-wallet';
import { proposeGoodwill, proposeGoodwillSchema } from '../../../src/programme/care/propose-goodwill';
import { proposeMerge } from '../../../src/programme/care/propose-merge';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { createShopCoalition, purchaseOf, type ShopCoalition } from '../../support/shop-coalition';

let shop: ShopCoalition;
let checker: Client;

beforeAll(async () => {
  shop = await createShopCoalition();
  const fuel = await shop.brand('FUEL');
  const person = async (): Promise<Principal> => {
    const staffId = newUuid();
    await shop.database.owner.query(
      "INSERT INTO staff (id, issuer, subject, brand_id, role, created_at) VALUES ($1::uuid, 'test', $1::text, $2, 'SUPPORT', now())",
      [staffId, shop.operatorId],
    );
    return { kind: 'staff', staffId, brandId: shop.operatorId, role: 'SUPPORT', ofOperator: true };
  };
  const [olga, otto] = [await person(), await person()];
  const [one, two, three] = [await fuel.enrol(), await fuel.enrol(), await fuel.enrol()];
  for (const { ref } of [one, two, three]) await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '100'));
  const goodwill = proposeGoodwillSchema.parse({ idempotencyKey: randomUUID(), member: two.ref, currency: 'FLP', points: 30n, reason: 'late' });
  const given = await proposeGoodwill(shop.app, olga, goodwill);
  await approveGoodwill(shop.app, otto, { proposalId: given.id, reason: null });
  const merge = {
    idempotencyKey: randomUUID(),
    duplicate: { by: 'id', memberId: one.memberId } as const,
    survivor: { by: 'id', memberId: two.memberId } as const,
    reason: 'one person',
  };
  await approveMerge(shop.app, otto, { proposalId: (await proposeMerge(shop.app, olga, merge)).id, reason: null });
  await closeWallet(shop.app, olga, { member: { by: 'id', memberId: three.memberId }, reason: null });
  checker = new Client({ connectionString: shop.database.urls.app });
  await checker.connect();
});
afterAll(async () => {
  await checker.end();
  await shop.close();
});

/** What verify finds first while the alteration stands. */
async function faultOf(sql: string): Promise<Finding | undefined> {
  const client = await shop.database.owner.connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    const saved = await client
      .query('CREATE TEMP TABLE kept AS SELECT * FROM care_proposal; CREATE TEMP TABLE kept_accounts AS SELECT * FROM account')
      .then(() => true);
    expect((await client.query(sql)).rowCount).toBeGreaterThan(0);
    const found = (await verifyBooks(checker)).filter(({ wrong }) => wrong > 0);
    if (saved) {
      await client.query(
        'UPDATE care_proposal p SET points = k.points, status = k.status, deciding_brand_id = k.deciding_brand_id FROM kept k WHERE k.id = p.id',
      );
      await client.query('UPDATE account a SET closed_at = k.closed_at, merged_into = k.merged_into FROM kept_accounts k WHERE k.id = a.id');
    }
    await client.query('DROP TABLE kept; DROP TABLE kept_accounts');
    return found.find(({ of }) => of === 'transfers of goodwill' || of === 'accounts of closed members');
  } finally {
    await client.query("SET session_replication_role = 'origin'");
    client.release();
  }
}

test('passes, having looked at each', async () => {
  const findings = await verifyBooks(checker);
  expect(findings.filter(({ wrong }) => wrong > 0)).toEqual([]);
  expect(findings.find(({ of }) => of === 'transfers of goodwill')).toMatchObject({ checked: 1 });
  expect(findings.find(({ of }) => of === 'accounts of closed members')).toMatchObject({ checked: 2 });
});

test.each<[string, string, object]>([
  [
    'goodwill that nobody approved',
    "UPDATE care_proposal SET status = 'DECLINED' WHERE kind = 'GOODWILL'",
    { what: expect.stringContaining('proposal of goodwill'), expected: 'an approved proposal' },
  ],
  [
    'goodwill of other points',
    "UPDATE care_proposal SET points = points + 1 WHERE kind = 'GOODWILL'",
    { expected: expect.stringContaining('31 of'), found: expect.stringContaining('30 of') },
  ],
  [
    'goodwill of another funder',
    "UPDATE care_proposal SET deciding_brand_id = (SELECT id FROM brand WHERE NOT is_operator LIMIT 1) WHERE kind = 'GOODWILL'",
    { what: expect.stringContaining('goodwill') },
  ],
  [
    'a merged wallet that leads nowhere',
    'UPDATE account SET merged_into = NULL WHERE merged_into IS NOT NULL',
    { what: 'whose its points are', found: "nobody's" },
  ],
  [
    'a closed wallet that is open again',
    "UPDATE account a SET closed_at = NULL FROM wallet w JOIN member m ON m.id = w.member_id WHERE a.owner_id = w.id AND m.status = 'CLOSED' AND m.merged_into IS NULL",
    { what: 'state', expected: 'closed', found: 'open' },
  ],
])('names %s', async (_, sql, first) => {
  expect(await faultOf(sql)).toMatchObject({ wrong: 1, first });
});
