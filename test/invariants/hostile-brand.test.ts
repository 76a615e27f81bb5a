import { recordPurchase } from '../../src/earning/record-purchases';
import { newUuid, type Uuid } from '../../src/ids';
import { enrolMember, enrolMemberSchema } from '../../src/members/enrol-members';
import { purchaseOf } from '../support/shop-coalition';
import { type Prepared, prepareProbes, refusalOf, send } from './isolation/attack';
import { asSeenBy, Id, idAs, Name, namesIn, replacedAt, Who } from './isolation/names';
import { openTwoBrands, type TwoBrands } from './isolation/two-brands';
import { LONG, randomFrom, SEED } from './run-settings';

/** Calls of the walk; of them at least a tenth must be answered, else nothing was tried. */
const CALLS = LONG ? 20_000 : 2_000;
const [PHONE, EMAIL] = ['+436601234567', 'victoria@example.com'];
const SECRET = /victoria given|victoria family|1971-07-07/;

let world: TwoBrands;
let prepared: Prepared[];
let victim: Uuid;
const random = randomFrom(SEED);

// TAXI has enrolled somebody whose phone number and e-mail address FUEL knows.
beforeAll(async () => {
  world = await openTwoBrands();
  prepared = await prepareProbes(world);
  const { app } = world.points.test;
  const identifiers = [
    { kind: 'PHONE', value: PHONE },
    { kind: 'EMAIL', value: EMAIL },
  ];
  const personalData = { givenName: 'victoria given', familyName: 'victoria family', birthDate: '1971-07-07' };
  const command = enrolMemberSchema.parse({ idempotencyKey: 'victim', identifiers, personalData });
  victim = (await enrolMember(app, world.b.client.principal, command)).memberId;
  const lines = [{ sku: 'GOLD', quantity: '1', unitPrice: '3000000' }];
  await recordPurchase(app, world.b.client.principal, purchaseOf({ by: 'id', memberId: victim }, '1', { lines, moneyCurrency: 'EUR' }));
}, 60_000);
afterAll(() => world?.close());

/** The victim, in one of the ways that the attacker can name a member. */
function named(): Record<string, unknown> {
  const { app } = world.points.test;
  return random.pick<Record<string, unknown>>([
    { identifier: { kind: 'PHONE', value: PHONE } },
    { identifier: { kind: 'EMAIL', value: EMAIL } },
    { id: idAs(app, world.a.client.principal, new Id('member', victim)) },
    { customerId: 'victim of fuel' },
  ]);
}

/** Arguments of a call that would be good about the attacker's own things, with the victim in their place. */
function aimed({ probe, ofA }: Prepared): Record<string, unknown> {
  const { app } = world.points.test;
  const attacker = world.a.client.principal;
  let args = probe.args(world.a, ofA, newUuid()) as Record<string, unknown>;
  for (const { path, name } of namesIn(args)) {
    if (random.next() < 0.2) continue;
    if (name instanceof Who) args = replacedAt(args, path, named());
    else if (name instanceof Id && name.kind === 'member') args = replacedAt(args, path, idAs(app, attacker, new Id('member', victim)));
    else if (name instanceof Name && name.meaning === 'customerId') args = replacedAt(args, path, 'victim of fuel');
    else if (name instanceof Name && random.next() < 0.5) args = replacedAt(args, path, { kind: 'PHONE', value: PHONE });
  }
  return asSeenBy(app, attacker, args) as Record<string, unknown>;
}

/** Calls of the hostile brand, at random; what it was told that it may not know, and how many calls were answered. */
async function walk(calls: number): Promise<{ told: string[]; answered: number }> {
  const told: string[] = [];
  let answered = 0;
  for (let call = 0; call < calls; call++) {
    const each = random.pick(prepared);
    const actor = random.next() < 0.8 ? world.a.client : random.pick([world.a.staff.SUPPORT, world.a.staff.PROGRAMME_MANAGER, world.a.member]);
    const reply = await send(world, await actor.token(), each.root, aimed(each));
    if (refusalOf(world.schema, reply) === null) answered++;
    const balance = /"\w*(?:active|spendable|available|points)":([1-9]\d{6})\b/.exec(reply.body);
    if (SECRET.test(reply.body) || (balance && Number(balance[1]) > 2_000_000)) told.push(`${each.root.name} shows ${reply.body.slice(0, 300)}`);
  }
  return { told, answered };
}

/** What was done to the victim that nobody but the victim may do. */
async function harm(): Promise<Record<string, unknown>> {
  const { owner } = world.points.test.database;
  const { rows } = await owner.query(
    `SELECT (SELECT count(*)::int FROM member_identifier WHERE member_id = $1 AND kind = 'LOGIN') AS logins,
            (SELECT count(*)::int FROM login_claim WHERE member_id = $1) AS claims,
            (SELECT count(*)::int FROM member_identifier WHERE member_id = $1 AND kind IN ('PHONE', 'EMAIL') AND added_by_brand_id = $2 AND removed_at IS NULL) AS identifiers,
            (SELECT count(*)::int FROM hold h JOIN account a ON a.id = h.account_id JOIN wallet w ON w.id = a.owner_id WHERE w.member_id = $1) AS holds,
            (SELECT count(*)::int FROM transfer t JOIN account a ON a.id = t.debit_account JOIN wallet w ON w.id = a.owner_id
             WHERE w.member_id = $1 AND t.code <> 'CLAWBACK') AS taken,
            (SELECT locked_at IS NOT NULL FROM wallet WHERE member_id = $1) AS locked,
            (SELECT status FROM member WHERE id = $1) AS status`,
    [victim, world.b.brandId],
  );
  return rows[0];
}

const UNHARMED = { logins: 0, claims: 0, holds: 0, taken: 0, locked: false, status: 'ACTIVE' };

test('a hostile brand that knows phone and e-mail of another brand’s member gets nothing of the member’s by any walk over the API', async () => {
  const before = await harm();
  expect(before).toMatchObject(UNHARMED);
  const { told, answered } = await walk(CALLS);
  expect(told).toEqual([]);
  expect(await harm()).toEqual(before);
  expect(answered).toBeGreaterThan(CALLS / 10);
  // What it did is in the change log, and the member's own part of it.
  const { owner } = world.points.test.database;
  const { rows } = await owner.query('SELECT DISTINCT operation FROM audit_entry WHERE member_id = $1 AND brand_id = $2', [victim, world.a.brandId]);
  const { rowCount: links } = await owner.query('SELECT FROM brand_link WHERE member_id = $1 AND brand_id = $2', [victim, world.a.brandId]);
  if (links) expect(rows.map((row) => row.operation)).toContain('meetMember');
}, 900_000);

// A check that cannot fail is no check: with its link confirmed, as nobody has, the same walk must be seen to do harm.
test('the same walk over a link that was confirmed by nobody is seen', async () => {
  const { owner } = world.points.test.database;
  await owner.query(
    `INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES (gen_random_uuid(), $1, $2, 'PRESENTED', now(), now(), 'LOGIN')
     ON CONFLICT (brand_id, member_id) WHERE unlinked_at IS NULL DO UPDATE SET confirmed_at = now(), confirmed_by = 'LOGIN'`,
    [world.a.brandId, victim],
  );
  let seen = false;
  for (let round = 0; round < 10 && !seen; round++) {
    const { told } = await walk(100);
    const { holds, taken, locked } = await harm();
    seen = told.length > 0 || Number(holds) > 0 || Number(taken) > 0 || locked === true;
  }
  expect(seen).toBe(true);
}, 120_000);
