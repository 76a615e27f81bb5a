import { randomUUID } from 'node:crypto';
import { derivedUuid } from '../../../src/platform/ids';
import { notNow } from '../../../src/platform/not-now';
import { acceptInvitation, acceptInvitationSchema, endInvitation, listInvitations } from '../../../src/programme/sharing/answer-invitation';
import { closePool, closePoolSchema } from '../../../src/programme/sharing/close-pool';
import { createPool, createPoolSchema } from '../../../src/programme/sharing/create-pool';
import { inviteToPool, inviteToPoolSchema } from '../../../src/programme/sharing/invite-to-pool';
import { removeFromPool, removeFromPoolSchema } from '../../../src/programme/sharing/leave-pool';
import { findOwnPool, findPool } from '../../../src/programme/sharing/read-pool';
import { setPoolRole } from '../../../src/programme/sharing/set-pool-role';
import { type Person } from '../../support/households';
import { closeVerified, type HouseholdShop, openHouseholdShop } from '../../support/journal/household-shop';

const NOW = new Date('2026-03-15T12:00:00Z');

let shop: HouseholdShop['shop'];
let fuel: HouseholdShop['fuel'];
let people: HouseholdShop['people'];
let journal: HouseholdShop['journal'];

beforeAll(async () => {
  ({ shop, fuel, people, journal } = await openHouseholdShop(NOW));
});
afterEach(() => shop.clock.set(NOW));
afterAll(() => closeVerified(shop));

const key = () => ({ idempotencyKey: randomUUID() });

describe('create', () => {
  test('puts who opened a pool before those who joined at the same instant', async () => {
    const [ana, ben] = [await people.person(), await people.person()];
    await people.pool(ana);
    let idempotencyKey = randomUUID();
    while (derivedUuid('pool-invitation', ana.memberId, idempotencyKey) > '01') idempotencyKey = randomUUID();
    await inviteToPool(shop.app, ana.self, inviteToPoolSchema.parse({ idempotencyKey, member: ben.card, role: 'ADULT' }));
    const [{ invitationId }] = await listInvitations(shop.app, ben.self);
    await acceptInvitation(shop.app, ben.self, acceptInvitationSchema.parse({ invitationId }));
    expect((await findOwnPool(shop.app, ben.self))?.members.map(({ memberId }) => memberId)).toEqual([ana.memberId, ben.memberId]);
  });

  test('goes on with the same request only, where it was cut off before its posting', async () => {
    const ana = await people.person();
    const create = createPoolSchema.parse({ ...key(), share: { numerator: 1, denominator: 1 } });
    const post = jest.spyOn(shop.app.ledger, 'post').mockRejectedValueOnce(notNow.refuse('OVERLOADED'));
    await expect(createPool(shop.app, ana.self, create)).rejects.toMatchObject({ code: 'OVERLOADED' });
    post.mockRestore();
    await expect(createPool(shop.app, ana.self, { ...create, share: { numerator: 0, denominator: 1 } })).rejects.toMatchObject({ code: 'ALREADY_IN_POOL' });
    const poolId = await createPool(shop.app, ana.self, create);
    expect(await findOwnPool(shop.app, ana.self)).toMatchObject({ poolId, members: [{ share: { numerator: 1n } }] });
  });
});

describe('invite', () => {
  test('takes in whoever says yes, into one pool at a time', async () => {
    const [ana, ben, cem] = [await people.person(), await people.person(), await people.person()];
    const create = createPoolSchema.parse(key());
    const poolId = await createPool(shop.app, ana.self, create);
    expect(await createPool(shop.app, ana.self, create)).toBe(poolId);
    await expect(createPool(shop.app, ana.self, { ...create, share: { numerator: 1, denominator: 3 } })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    await expect(createPool(shop.app, ana.self, createPoolSchema.parse(key()))).rejects.toMatchObject({ code: 'ALREADY_IN_POOL' });
    const invite = inviteToPoolSchema.parse({ ...key(), member: ben.card, role: 'ADULT' });
    expect(await inviteToPool(shop.app, ana.self, invite)).toBe(poolId);
    expect(await inviteToPool(shop.app, ana.self, invite)).toBe(poolId);
    await expect(inviteToPool(shop.app, ana.self, { ...invite, role: 'CHILD' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await expect(inviteToPool(shop.app, ana.self, { ...invite, ...key() })).rejects.toMatchObject({ code: 'ALREADY_INVITED' });
    await expect(inviteToPool(shop.app, ana.self, { ...invite, ...key(), member: ana.card })).rejects.toMatchObject({ field: 'input.member' });
    await expect(inviteToPool(shop.app, ben.self, { ...invite, ...key(), member: cem.card })).rejects.toMatchObject({ name: 'NotFound' });
    // Invited is not in: nothing to see, nothing to spend, and the others do not see who it is.
    expect(await findOwnPool(shop.app, ben.self)).toBeNull();
    await expect(findPool(shop.app, ben.self, poolId)).rejects.toMatchObject({ name: 'NotFound' });
    const seen = await findPool(shop.app, ana.self, poolId);
    expect(seen).toMatchObject({ members: [{ memberId: ana.memberId, role: 'OWNER' }], invitations: [{ role: 'ADULT' }] });
    expect(JSON.stringify(seen.invitations)).not.toContain(ben.memberId);
    const [{ invitationId }] = await listInvitations(shop.app, ben.self);
    const accept = acceptInvitationSchema.parse({ invitationId, share: { numerator: 1, denominator: 2 } });
    await expect(acceptInvitation(shop.app, cem.self, accept)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(acceptInvitation(shop.app, { ...ben.self, brandId: fuel.brandId }, accept)).rejects.toMatchObject({ name: 'PermissionDenied' });
    expect(await acceptInvitation(shop.app, ben.self, accept)).toBe(poolId);
    expect(await acceptInvitation(shop.app, ben.self, accept)).toBe(poolId);
    expect((await findOwnPool(shop.app, ben.self))?.members.map(({ memberId, role }) => [memberId, role])).toEqual([
      [ana.memberId, 'OWNER'],
      [ben.memberId, 'ADULT'],
    ]);
    // Another household asks too.
    await createPool(shop.app, cem.self, createPoolSchema.parse(key()));
    await inviteToPool(shop.app, cem.self, inviteToPoolSchema.parse({ ...key(), member: ben.card, role: 'CHILD' }));
    const [second] = await listInvitations(shop.app, ben.self);
    await expect(acceptInvitation(shop.app, ben.self, acceptInvitationSchema.parse({ invitationId: second.invitationId }))).rejects.toMatchObject({
      code: 'ALREADY_IN_POOL',
    });
    expect(await endInvitation(shop.app, ben.self, second)).toBe(second.invitationId);
    expect(await endInvitation(shop.app, cem.self, second)).toBe(second.invitationId);
    await expect(endInvitation(shop.app, ana.self, second)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(acceptInvitation(shop.app, ben.self, acceptInvitationSchema.parse({ invitationId: second.invitationId }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  test('asks at most ten, counting invitations until they end after 14 days', async () => {
    const owner = await people.person();
    await people.pool(owner);
    const others = [];
    for (let i = 0; i < 10; i++) others.push(await people.person());
    const invite = (who: Person) => inviteToPool(shop.app, owner.self, inviteToPoolSchema.parse({ ...key(), member: who.card, role: 'CHILD' }));
    for (const other of others.slice(0, 9)) await invite(other);
    await expect(invite(others[9])).rejects.toMatchObject({ code: 'POOL_FULL', fields: { most: 10 } });
    const start = shop.clock.now();
    shop.clock.advance(14 * 86_400_000);
    expect(await listInvitations(shop.app, others[0].self)).toEqual([]);
    for (const other of others.slice(0, 9)) await invite(other);
    shop.clock.set(start);
  });
});

describe('the roles of a household', () => {
  test('let its owner decide, and nobody else', async () => {
    const { cast, goOn } = await journal`
      earn    ana 100 FLP at FUEL
      pool    ana with ben
      join    ana kid as a child
      contribute  ana 100 FLP
      role    ana ana CHILD  refused POOL_NEEDS_OWNER
      role    ana kid OWNER  refused InvalidInput, field input.role
      leave   ana            refused POOL_NEEDS_OWNER
      // Who is not in it hears nothing of it, whatever else they own.
      close   eve of ana     refused NotFound
      pool    eve
      close   eve of ana     refused NotFound`;
    const notOwner = { name: 'PermissionDenied', message: 'Only its owner may do this with a pool.' };
    const [ben, kid] = [await cast.person('ben'), await cast.person('kid')];
    await expect(setPoolRole(shop.app, ben.self, { memberId: kid.memberId, role: 'ADULT' })).rejects.toMatchObject(notOwner);
    await expect(removeFromPool(shop.app, ben.self, removeFromPoolSchema.parse({ ...key(), memberId: kid.memberId }))).rejects.toMatchObject(notOwner);
    await expect(closePool(shop.app, ben.self, closePoolSchema.parse({ ...key(), poolId: cast.poolOf('ana') }))).rejects.toMatchObject(notOwner);
    const invite = inviteToPoolSchema.parse({ ...key(), member: kid.card, role: 'CHILD' });
    await expect(inviteToPool(shop.app, ben.self, invite)).rejects.toMatchObject(notOwner);
    await goOn`
      role     ana ben OWNER
      members  kid  says ana ADULT, ben OWNER, kid CHILD
      leave    ana  says returned 100
      balance  ana 100 FLP`;
  });

  test('let a child spend nothing of its points', () => journal`
    earn        ana 100 FLP at FUEL
    pool        ana
    join        ana kid as a child
    contribute  ana 100 FLP
    redeem      kid  10 FLP at TAXI out of the pool  refused POOL_NOT_SPENDABLE
    role        ana kid ADULT
    redeem      kid  10 FLP at TAXI out of the pool  says source POOL, active 90`);

  test('let spend who is an adult again, or in it again', () => journal`
    earn        ana 100 FLP at FUEL
    pool        ana with ben
    contribute  ana 100 FLP
    role        ana ben CHILD
    role        ana ben ADULT
    role        ana ben ADULT
    redeem      ben  10 FLP at TAXI out of the pool
    remove      ana ben
    join        ana ben
    redeem      ben  10 FLP at TAXI out of the pool
    // A currency of which nothing ever went in is not listed, though the pool has an account in it.
    pooled      ana  80 FLP  says currency FLP, currencies 1`);

  test('let nobody spend who is in none', () => journal`
    earn    loner 50 FLP at FUEL
    redeem  loner 10 FLP at TAXI out of the pool  refused POOL_NOT_SPENDABLE`);
});

describe('contribute', () => {
  test('puts lots in with their age', async () => {
    const { cast } = await journal`
      earn        ana 30 FLP at TAXI on 2025-11-20
      earn        ana 70 FLP at FUEL
      pool        ana with ben
      contribute  ana 50 FLP as half      says points 50, active 50, in pool 50
      again       half
      again       half with 51 FLP        refused IDEMPOTENCY_CONFLICT
      pool lots   ana                     says 2025-11 until 2026-11-20 30, 2026-03 until 2027-03-15 20
      pooled      ben 50 FLP              says currency FLP, held 0
      pool ends   ben                     says 2026-11-20 30, 2027-03-15 20
      contributors ben                    says ana 50`;
    expect(cast.did('half').answer).toMatchObject({ poolId: cast.poolOf('ana') });
  });

  test('takes only what can be spent', () => journal`
    earn        ana 50 FLP at FUEL
    pool        ana
    contribute  ana 10 FLP
    contribute  ana 41 FLP  refused INSUFFICIENT_POINTS, available 40
    lock        ana
    contribute  ana  1 FLP  refused WALLET_LOCKED
    // A lost card spends nothing, neither here nor there.
    redeem      ana 10 FLP at TAXI out of the pool  refused WALLET_LOCKED`);
});

describe('leave', () => {
  test('takes the own points along, and those that are held when they come free', async () => {
    const { cast, goOn } = await journal`
      earn        ana 100 FLP at FUEL
      earn        ben  60 FLP at FUEL
      pool        ana with ben
      contribute  ana 100 FLP
      contribute  ben  60 FLP
      hold        ben 130 FLP at TAXI out of the pool as ride
      leave       ben  says returned 30`;
    await expect(findPool(shop.app, (await cast.person('ben')).self, cast.poolOf('ana'))).rejects.toMatchObject({ name: 'NotFound' });
    await goOn`
      redeem      ben  10 FLP at TAXI out of the pool  refused POOL_NOT_SPENDABLE
      close       ana       refused POOL_HAS_HOLDS, held 130
      // What was begun is settled, but the balance is the household's.
      void        ride      says released 130, balance null
      // Back in the own wallet without being fetched.
      balance     ben  60 FLP
      leave       ben       says returned nothing
      leave       eve from ana  refused NotFound
      pooled      ana 100 FLP`;
  });
});

describe('remove', () => {
  test('gives the own points back', () => journal`
    earn        ben 60 FLP at FUEL
    pool        ana with ben
    contribute  ben 60 FLP
    remove      ana ben as removal  says member ben, returned 60, duplicate false
    again       removal
    balance     ben 60 FLP
    // Invited anew, in again.
    join        ana ben
    members     ben                 says ana OWNER, ben ADULT`);
});

describe('close', () => {
  test('gives everything back to whom it came from, refunds afterwards too', async () => {
    const { cast, goOn } = await journal`
      earn        ana 100 FLP at FUEL
      earn        ben 100 FLP at FUEL
      pool        ana with ben
      contribute  ana 100 FLP
      contribute  ben 100 FLP
      redeem      ana 120 FLP at TAXI out of the pool as ride
      close       ana as closing  says returned 80
      again       closing
      members     ana             says nothing
      members     ben             says nothing
      balance     ana   0 FLP
      balance     ben  80 FLP
      refund      ride 110 FLP as most  says points 110, balance null
      // What was spent last came back first.
      balance     ana  90 FLP
      balance     ben 100 FLP
      again       most
      refund      ride  10 FLP
      balance     ana 100 FLP
      balance     ben 100 FLP
      pool lots   ana             says nothing
      leave       ana             says returned nothing
      movements   ana at FUEL     says EARN 100`;
    expect(cast.did('closing').answer).toMatchObject({ poolId: cast.poolOf('ana') });
    // The brand that refunded is told nothing of the household by it: neither a movement nor a balance.
    const { rows } = await shop.database.owner.query(
      `SELECT DISTINCT b.kind FROM posting p, json_array_elements(p.result::json -> 'balances') r JOIN account b ON b.id = (r ->> 'account')::bigint
       WHERE p.kind = 'REFUND_REDEMPTION' AND p.result::json -> 'answer' ->> 'redemptionId' = $1`,
      [cast.idOf('ride', 'redemptionId')],
    );
    expect(rows).toEqual([{ kind: 'POOL' }]);
    const closed = cast.poolOf('ana');
    await goOn`pool ana`;
    expect(cast.poolOf('ana')).not.toBe(closed);
  });
});
