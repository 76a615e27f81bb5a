import { updateBrand } from '../../src/coalition/coalition/update-brand';
import { readWalletBalances } from '../../src/members/members/find-member';
import { seenByVictim } from './hostile/as-the-victim';
import { type LogStart, logStart, unmatched } from './hostile/change-log';
import { spentOf, standingOf, UNHARMED } from './hostile/harm';
import { Told } from './hostile/told';
import { enrolVictim, type Victim } from './hostile/victim';
import { type Call, HostileBrand } from './hostile/walk';
import { type Prepared } from './isolation/attack';
import { openKeptBrands } from './isolation/kept-brands';
import { Id, idAs } from './isolation/names';
import { rootFields } from './isolation/schema-walk';
import type { TwoBrands } from './isolation/two-brands';
import { CI, LONG, SEED } from './run-settings';

/** Calls of each walk; of them at least a tenth must be successful, else nothing was tried. */
const CALLS = LONG ? 20_000 : CI ? 1_000 : 300;
/** Calls between two steps of the clock by 20 seconds; and how often it moves by a day in a walk. */
const STILL = 50;
const DAYS = LONG ? 20 : 2;
const A_DAY = 86_400_000;
/** Points a member and day on a card alone: as brands have it by themselves. */
const CARD_ONLY_PER_DAY = 1_000;

let world: TwoBrands;
let prepared: Prepared[];

beforeAll(async () => {
  ({ world, prepared } = await openKeptBrands());
});
afterAll(() => world?.close());

/** An attacker of a victim, and who judges what it is told. */
interface Attacker {
  readonly brand: HostileBrand;
  readonly told: Told;
}

async function attackerOf(victim: Victim): Promise<Attacker> {
  // What an attacker before has limited, itself included, stands in the way of no other.
  await world.points.test.database.owner.query('DELETE FROM velocity_limit');
  const brand = await HostileBrand.open(world, prepared, victim, SEED);
  return { brand, told: await Told.open(world, victim, brand.people[0]) };
}

/** Walks on, and gives what was wrong in the answers. `days`: how often the clock moves by one. */
async function walkOn({ brand, told }: Attacker, calls: number, days: number, also: (call: Call) => Promise<string | null> = async () => null) {
  const { clock } = world.points.test;
  const wrong: string[] = [];
  const daily = Math.ceil(calls / (days + 1));
  let sent = 0;
  await brand.walk(calls, async (call) => {
    // Each call at an instant of its own: the change log says which entry is whose.
    clock.advance(1);
    for (const found of [told.wrongIn(call), await also(call)]) if (found) wrong.push(found);
    if (++sent % daily === 0) clock.advance(days > 0 ? A_DAY : 0);
    else if (sent % STILL === 0) clock.advance(20_000);
  });
  return wrong;
}

/** Goes on by 60 calls at a time until what must have been tried was tried: chance may pass it by in a short walk. */
async function goOn(attacker: Attacker, isTried: () => Promise<boolean> | boolean, also?: Parameters<typeof walkOn>[3]): Promise<string[]> {
  const wrong: string[] = [];
  for (let round = 0; round < 100 && !(await isTried()); round++) wrong.push(...(await walkOn(attacker, 60, 0, also)));
  return wrong;
}

/** That the walk went everywhere, and that enough of it was answered. */
function expectWhole({ brand: { tally } }: Attacker, what: string): void {
  const fields = rootFields(world.schema).map(({ name }) => name);
  const [sent, successful] = [tally.sent, tally.successful].map((counts) => fields.map((name) => counts.get(name) ?? 0));
  const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);
  if (LONG)
    process.stderr.write(
      `${what}: ${sum(sent)} calls, ${sum(successful)} successful; ${fields.length} queries and mutations, each sent ${Math.min(...sent)} times or more, ` +
        `${successful.filter((count) => count > 0).length} of them with success; seed ${SEED}\n`,
    );
  expect(fields.filter((_name, at) => sent[at] === 0)).toEqual([]);
  expect(sum(successful)).toBeGreaterThanOrEqual(CALLS / 10);
}

test('a hostile brand that knows phone and e-mail of another brand’s member gets nothing of the member’s by any walk over the API', async () => {
  const victim = await enrolVictim(world, 'victoria', 3_141_593, ['PHONE', 'EMAIL']);
  const [before, start] = [await standingOf(world, victim), await logStart(world)];
  expect(before).toMatchObject(UNHARMED);
  world.points.test.clock.advance(1_000);
  const attacker = await attackerOf(victim);
  const wrong = await walkOn(attacker, CALLS, 0);
  wrong.push(...(await goOn(attacker, () => wasMet(victim))));
  expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
  expect(await standingOf(world, victim)).toEqual(before);
  const spent = await spentOf(world, victim);
  expect(spent).toMatchObject({ by: [], days: [] });
  expect(spent.missing).toBeLessThanOrEqual(0);
  expectWhole(attacker, 'with phone and e-mail');
  await expectLogged(attacker, victim, start);
}, 1_800_000);

test('with the card besides it burns within the setting, is told the balance after that, and gets nothing more; the member sees it', async () => {
  const victim = await enrolVictim(world, 'wilhelmina', 5_271_009, ['PHONE', 'EMAIL', 'CARD']);
  const [before, start] = [await standingOf(world, victim), await logStart(world)];
  world.points.test.clock.advance(1_000);
  const burned: number[] = [];
  const attacker = await attackerOf(victim);
  let limited = 0;
  const look = async (call: Call) => {
    if (call.reply.body.includes('CARD_LIMIT_REACHED')) limited++;
    const made = burnsOnCard(victim, call);
    burned.push(...made.map(({ points }) => points));
    // What is said to have happened earlier is answered with the balance of then: holds that have ended since were
    // open.
    const now = !JSON.stringify(call.variables).includes('occurredAt');
    return made.length > 0 && now ? balanceAfter(victim, made) : null;
  };
  const wrong = await walkOn(attacker, CALLS, DAYS, look);
  wrong.push(...(await goOn(attacker, async () => burned.length > 0 && (await wasMet(victim)), look)));
  expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
  expect(await standingOf(world, victim)).toEqual(before);
  const spent = await spentOf(world, victim);
  expect(spent.days.filter(({ points }) => points > CARD_ONLY_PER_DAY)).toEqual([]);
  expect(spent.by.filter((code) => !['BURN', 'CAPTURE'].includes(code))).toEqual([]);
  expect(spent.missing).toBeLessThanOrEqual(0);
  // What it was told that it burned is all there is, and the road was gone.
  expect(spent.points).toBe(burned.reduce((sum, points) => sum + points, 0));
  expect(spent.points).toBeGreaterThan(0);
  if (LONG) process.stderr.write(`burned on the card: ${JSON.stringify(spent.days)}; ${limited} times refused by the limit\n`);
  expectWhole(attacker, 'with the card');
  const { redemptions } = await expectLogged(attacker, victim, start);
  const fuel = coalitionId('brand', world.a.brandId);
  expect(
    redemptions
      .filter(({ brandId }) => brandId === fuel)
      .map(({ points }) => points)
      .sort(),
  ).toEqual([...burned].sort());
}, 1_800_000);

/** The burns and holds that the call made on the victim's card. */
function burnsOnCard(victim: Victim, { each, variables, reply, refusal }: Call): { points: number; balance: Record<string, number> | null }[] {
  if (refusal !== null || !/^Mutation\.(redeem|redeemMany|hold)$/.test(each.root.name)) return [];
  const card = victim.known.find(({ kind }) => kind === 'CARD')?.value;
  const entries = [variables.input].flat() as { readonly member: { readonly identifier?: { readonly value: string } } }[];
  return [reply.result]
    .flat()
    .flatMap((answer, at) =>
      entries[at].member.identifier?.value === card && !answer.Redemption_dryRun && !answer.Redemption_duplicate
        ? { points: answer.Redemption_points, balance: answer.Redemption_balance }
        : [],
    );
}

/** What is wrong with the balance that was told after a burn; null: it is the member's. */
async function balanceAfter({ memberId }: Victim, made: readonly { readonly balance: Record<string, number> | null }[]): Promise<string | null> {
  const own = await readWalletBalances(world.points.test.app, { kind: 'member', memberId, brandId: null }, memberId);
  const active = own?.find(({ currency }) => currency === 'FLP')?.active;
  const told = made.at(-1)?.balance?.Balance_active;
  return told === active ? null : `after a burn the balance ${told} was told, and is ${active}`;
}

/**
 * That all that was done to members is in the change log, and nothing else; and what it did to the victim in the
 * victim's own part.
 */
async function expectLogged({ brand }: Attacker, victim: Victim, start: LogStart) {
  expect(await unmatched(world, start)).toEqual([]);
  const { owner } = world.points.test.database;
  const count = async (operation: string) =>
    (await owner.query('SELECT count(*)::int FROM audit_entry WHERE at > $1 AND operation = $2', [start.at, operation])).rows[0].count;
  expect(await count('createMemberSession')).toBe(brand.tally.successful.get('Mutation.createMemberSession') ?? 0);
  expect(await count('createTillCode')).toBe(brand.tally.successful.get('Mutation.createTillCode') ?? 0);
  const { rows } = await owner.query('SELECT operation FROM audit_entry WHERE member_id = $1 AND brand_id = $2', [victim.memberId, world.a.brandId]);
  expect(rows).toContainEqual({ operation: 'meetMember' });
  const view = await seenByVictim(world, victim);
  const fuel = coalitionId('brand', world.a.brandId);
  const seen = view.changes.filter(({ brandId }) => brandId === fuel).map(({ operation }) => operation);
  expect(seen.sort()).toEqual(rows.map(({ operation }) => operation).sort());
  return view;
}

async function wasMet({ memberId }: Victim): Promise<boolean> {
  const { rows } = await world.points.test.database.owner.query(
    "SELECT FROM audit_entry WHERE member_id = $1 AND brand_id = $2 AND operation = 'meetMember' LIMIT 1",
    [memberId, world.a.brandId],
  );
  return rows.length > 0;
}

function coalitionId(kind: 'brand', uuid: string): string {
  return idAs(world.points.test.app, world.operator.principal, new Id(kind, uuid));
}

// A check that cannot fail is no check.
describe('the same walk is seen to do harm', () => {
  /** Walks until it is seen, or for long; `fault` is there before each walk. */
  async function until(victim: Victim, fault: () => Promise<unknown>, seen: (wrong: readonly string[]) => Promise<boolean>): Promise<boolean> {
    const attacker = await attackerOf(victim);
    for (let round = 0; round < 30; round++) {
      await fault();
      const wrong = await walkOn(attacker, 60, 0);
      if (await seen(wrong)) return true;
    }
    return false;
  }

  test('over a link that nobody confirmed', async () => {
    const victim = await enrolVictim(world, 'xenia', 7_182_818, ['PHONE', 'EMAIL']);
    const confirm = () =>
      world.points.test.database.owner.query(
        `INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES (gen_random_uuid(), $1, $2, 'PRESENTED', '2026-01-01', '2026-01-01', 'LOGIN')
         ON CONFLICT (brand_id, member_id) WHERE unlinked_at IS NULL DO UPDATE SET confirmed_at = '2026-01-01', confirmed_by = 'LOGIN'`,
        [world.a.brandId, victim.memberId],
      );
    const harmed = async () => {
      const { logins, claims, sessions, identifiersEver, locked } = await standingOf(world, victim);
      const { points } = await spentOf(world, victim);
      return Number(logins) + Number(claims) + Number(sessions) + points > 0 || identifiersEver !== UNHARMED.identifiersEver || locked === true;
    };
    const told: string[] = [];
    const isSeen = async (wrong: readonly string[]) => {
      told.push(...wrong);
      return told.length > 0 && harmed();
    };
    expect(await until(victim, confirm, isSeen)).toBe(true);
  });

  test('with a card that burns without a limit', async () => {
    const victim = await enrolVictim(world, 'yolanda', 8_281_828, ['CARD']);
    const start = await logStart(world);
    world.points.test.clock.advance(1_000);
    const unlimited = () => updateBrand(world.points.test.app, world.operator.principal, { brandId: world.a.brandId, cardOnlyPerDay: null });
    const above = async () => (await spentOf(world, victim)).days.some(({ points }) => points > CARD_ONLY_PER_DAY);
    expect(await until(victim, unlimited, above)).toBe(true);
    expect(await unmatched(world, start)).toEqual([]);
  });

  test('by what is beside the change log, and by an entry that nothing was changed for', async () => {
    const { clock, database } = world.points.test;
    const of = [world.a.brandId, world.b.visitor.memberId];
    const since = async (start: LogStart) => (await unmatched(world, start)).map(({ kind, missing }) => `${kind}: no ${missing}`);
    const log = (operation: string) =>
      database.owner.query(
        `INSERT INTO audit_entry (id, at, actor, brand_id, member_id, operation, target_id) VALUES (gen_random_uuid(), $3, 'brand', $1, $2, $4, 'member')`,
        [...of, clock.now(), operation],
      );
    const link = () =>
      database.owner.query("INSERT INTO brand_link (id, brand_id, member_id, source, linked_at) VALUES (gen_random_uuid(), $1, $2, 'PRESENTED', $3)", [
        ...of,
        clock.now(),
      ]);
    // The link is there before.
    const giveCustomerId = () =>
      database.owner.query("UPDATE brand_link SET customer_hash = sha256('x'), source = 'LINKED' WHERE brand_id = $1 AND member_id = $2", of);
    for (const [operation, change, kind] of [['meetMember', link, 'links'] as const, ['linkMember', giveCustomerId, 'customer ids'] as const]) {
      const start = await logStart(world);
      clock.advance(1_000);
      await change();
      expect(await since(start)).toEqual([`${kind}: no entry`]);
      await log(operation);
      expect(await since(start)).toEqual([]);
      await log(operation);
      expect(await since(start)).toEqual([`${kind}: no change`]);
    }
  });
});
