import { randomUUID } from 'node:crypto';
import type { Uuid } from '../../../src/platform/ids';
import { closePool, closePoolSchema } from '../../../src/programme/sharing/close-pool';
import { contributeToPool, contributeToPoolSchema } from '../../../src/programme/sharing/contribute-to-pool';
import { setContributionShare } from '../../../src/programme/sharing/contribution-share';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { leavePool, leavePoolSchema, removeFromPool, removeFromPoolSchema } from '../../../src/programme/sharing/leave-pool';
import { findOwnPool, type PoolBalance, readPoolBalances } from '../../../src/programme/sharing/read-pool';
import { readPoolMovements } from '../../../src/programme/sharing/read-pool-movements';
import { setPoolRole } from '../../../src/programme/sharing/set-pool-role';
import { giftOf } from '../households';
import { instantOf, type Words } from './read-journal';
import { check, type Verb } from './run-journal';
import type { ShopCast } from './shop-cast';

const key = () => ({ idempotencyKey: randomUUID() });

function shareOf(words: Words): { numerator: number; denominator: number } | undefined {
  const [numerator, denominator] = words.share?.split('/').map(Number) ?? [];
  return words.share === undefined ? undefined : { numerator, denominator };
}

/** Asked by the giver, or by a brand for them. */
const gift: Verb<ShopCast> = async (words, cast) => {
  const [giver, other] = [await cast.person(words.who), await cast.person(words.other)];
  const till = words.brand === undefined ? null : cast.till(words.brand);
  const more = {
    ...(till && { from: giver.ref }),
    ...(words.dry && { dryRun: true }),
    ...(words.on && { occurredAt: instantOf(words.on) }),
  };
  const command = giftOf(other.card, Number(words.points), more);
  return cast.ask(words, till, (changed) => givePoints(cast.shop.app, till?.principal ?? giver.self, { ...command, ...changed }));
};

const contribute: Verb<ShopCast> = async (words, cast) => {
  const { self } = await cast.person(words.who);
  const command = contributeToPoolSchema.parse({ ...key(), currency: 'FLP', points: BigInt(words.points ?? 0) });
  const put = await cast.ask(words, null, (changed) => contributeToPool(cast.shop.app, self, { ...command, ...changed }));
  return { ...put, 'in pool': (put as { poolBalance?: { active: number } }).poolBalance?.active };
};

/** The other is asked, and says yes. */
const join: Verb<ShopCast> = async (words, cast) => {
  const [owner, other] = [await cast.person(words.who), await cast.person(words.other)];
  await cast.people.join(owner, other, words.child === undefined ? 'ADULT' : 'CHILD', shareOf(words));
  cast.inPool(words.other, cast.poolOf(words.who));
  return [];
};

/** Whose points came back, and how many. */
function withReturned(left: object, cast: ShopCast): object {
  const { returned, memberId } = left as { returned: readonly { points: number }[]; memberId?: Uuid };
  const member = memberId === undefined ? {} : { member: cast.nameOf(memberId) };
  return { ...left, ...member, returned: returned.map(({ points }) => points).join('+') || 'nothing' };
}

const leave: Verb<ShopCast> = async (words, cast) => {
  const { self } = await cast.person(words.who);
  const command = leavePoolSchema.parse({ ...key(), poolId: cast.poolOf(words.owner ?? words.who) });
  return withReturned(await cast.ask(words, null, (changed) => leavePool(cast.shop.app, self, { ...command, ...changed })), cast);
};

const remove: Verb<ShopCast> = async (words, cast) => {
  const [owner, other] = [await cast.person(words.who), await cast.person(words.other)];
  const command = removeFromPoolSchema.parse({ ...key(), memberId: other.memberId });
  return withReturned(await cast.ask(words, null, (changed) => removeFromPool(cast.shop.app, owner.self, { ...command, ...changed })), cast);
};

const close: Verb<ShopCast> = async (words, cast) => {
  const { self } = await cast.person(words.who);
  const command = closePoolSchema.parse({ ...key(), poolId: cast.poolOf(words.owner ?? words.who) });
  return withReturned(await cast.ask(words, null, (changed) => closePool(cast.shop.app, self, { ...command, ...changed })), cast);
};

async function poolBalances(who: string | undefined, cast: ShopCast): Promise<PoolBalance[]> {
  return readPoolBalances(cast.shop.app, (await cast.person(who)).self, cast.poolOf(who));
}

const poolMovements: Verb<ShopCast> = async ({ who }, cast) => {
  const page = { currency: 'FLP', limit: 10, before: null };
  const told = await readPoolMovements(cast.shop.app, (await cast.person(who)).self, cast.poolOf(who), page);
  return told.map(({ code, points, memberId, balanceAfter }) => `${code} ${points} of ${cast.nameOf(memberId as Uuid)} leaves ${balanceAfter}`);
};

/** Gifts and household pools. A pool is that of anybody who is in it, or was. */
export const SHARING: Readonly<Record<string, Verb<ShopCast>>> = {
  'gift {who} {other} {points} FLP[ at {brand}][ on {on}][ as a {dry} run][ as {name}]': gift,
  'pool {who}[ with {other}]': async ({ who, other }, cast) => {
    const owner = await cast.person(who);
    cast.inPool(who, await cast.people.pool(owner));
    if (other !== undefined) await join({ who, other }, cast);
    return [];
  },
  'join {who} {other}[ as a {child}][ sharing {share}]': join,
  'contribute {who} {points} FLP[ as {name}]': contribute,
  'share {who} {share}': async (words, cast) => {
    await setContributionShare(cast.shop.app, (await cast.person(words.who)).self, { share: shareOf(words) ?? { numerator: 0, denominator: 1 } });
    return [];
  },
  'role {who} {other} {role}': async ({ who, other, role }, cast) => {
    const { memberId } = await cast.person(other);
    await setPoolRole(cast.shop.app, (await cast.person(who)).self, { memberId, role: role as 'OWNER' | 'ADULT' | 'CHILD' });
    return [];
  },
  'leave {who}[ from {owner}][ as {name}]': leave,
  'remove {who} {other}[ as {name}]': remove,
  'close {who}[ of {owner}][ as {name}]': close,
  'pooled {who} {points} FLP': async ({ who, points }, cast) => {
    const told = await poolBalances(who, cast);
    check(`pooled ${points}`, `pooled ${told[0]?.active ?? 0}`);
    return { ...told[0], currencies: told.length };
  },
  'contributors {who}': async ({ who }, cast) =>
    (await poolBalances(who, cast))
      .flatMap(({ contributors }) => contributors)
      .map(({ memberId, points }) => `${cast.nameOf(memberId)} ${points}`)
      .sort(),
  'pool ends {who}': async ({ who }, cast) =>
    (await poolBalances(who, cast)).flatMap(({ nextExpiries }) => nextExpiries).map(({ on, points }) => `${on} ${points}`),
  'pool lots {who}': async ({ who }, cast) =>
    (await cast.people.lots(cast.poolOf(who))).map(({ month, ends, remaining }) => `${month} until ${ends} ${remaining}`),
  'pool movements {who}': poolMovements,
  // By name: who joined at one instant stands in no order.
  'members {who}': async ({ who }, cast) => {
    const pool = await findOwnPool(cast.shop.app, (await cast.person(who)).self);
    return (pool?.members ?? []).map(({ memberId, role }) => `${cast.nameOf(memberId)} ${role}`).sort();
  },
};
