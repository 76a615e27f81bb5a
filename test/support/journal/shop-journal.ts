import { randomUUID } from 'node:crypto';
import { readWalletBalances } from '../../../src/members/members/find-member';
import { lockWallet, unlockWallet } from '../../../src/members/members/lock-wallet';
import { readMovements } from '../../../src/members/members/read-movements';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { releaseExpiredHolds } from '../../../src/programme/redemption/release-expired-holds';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { knowConfirmed } from '../confirmed-link';
import { purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../shop-coalition';
import { writtenRows } from '../written-rows';
import { instantOf, type Words } from './read-journal';
import { check, type Journal, journalOf, type Verb } from './run-journal';
import { SHARING } from './sharing-verbs';
import { ShopCast } from './shop-cast';

const key = () => ({ idempotencyKey: randomUUID() });
const when = ({ on }: Words) => (on === undefined ? {} : { occurredAt: instantOf(on) });
const amount = ({ points }: Words) => (points === undefined ? {} : { points: BigInt(points) });

const buy: Verb<ShopCast> = async (words, cast) => {
  const till = cast.till(words.brand);
  const { card } = await cast.person(words.who);
  const redemptionIds = words.burn === undefined ? [] : [cast.idOf(words.burn, 'redemptionId')];
  const command = purchaseOf(card, words.money ?? words.points ?? '', { redemptionIds, ...when(words) });
  return cast.ask(words, till, (changed) => recordPurchase(cast.shop.app, till.principal, { ...command, ...changed }));
};

/** A purchase that earns as many points as it costs. */
const earn: Verb<ShopCast> = async (words, cast) => {
  const bought = (await buy(words, cast)) as { points: number };
  check(`earned ${words.points}`, `earned ${bought.points}`);
  return bought;
};

const spendBy =
  (spend: typeof holdPoints | typeof redeemPoints): Verb<ShopCast> =>
  async (words, cast) => {
    const till = cast.till(words.brand);
    const { card } = await cast.person(words.who);
    const { source, until, dry } = words;
    const more = {
      ...(source && { source: 'POOL' }),
      ...(until && { expiresAt: instantOf(until) }),
      ...(dry && { dryRun: true }),
      ...(words.currency !== 'FLP' && { currency: words.currency }),
      ...when(words),
    };
    const command = spendingOf(card, Number(words.points), more);
    return cast.ask(words, till, (changed) => spend(cast.shop.app, till.principal, { ...command, ...changed }));
  };

/** Asked by the brand whose redemption it is, unless another is named. */
function askerOf(words: Words, cast: ShopCast): Till {
  const { till } = cast.did(words.of);
  if (words.brand !== undefined || till === null) return cast.till(words.brand);
  return till;
}

const capture: Verb<ShopCast> = (words, cast) => {
  const till = askerOf(words, cast);
  const command = captureHoldSchema.parse({ ...key(), redemptionId: cast.idOf(words.of, 'redemptionId'), ...amount(words), ...when(words) });
  return cast.ask(words, till, (changed) => captureHold(cast.shop.app, till.principal, { ...command, ...changed }));
};

const refund: Verb<ShopCast> = (words, cast) => {
  const till = askerOf(words, cast);
  const command = refundRedemptionSchema.parse({ ...key(), redemptionId: cast.idOf(words.of, 'redemptionId'), ...amount(words), ...when(words) });
  return cast.ask(words, till, (changed) => refundRedemption(cast.shop.app, till.principal, { ...command, ...changed }));
};

const voidHeld: Verb<ShopCast> = (words, cast) => {
  const till = askerOf(words, cast);
  const command = voidHoldSchema.parse({ ...key(), redemptionId: cast.idOf(words.of, 'redemptionId') });
  return cast.ask(words, till, (changed) => voidHold(cast.shop.app, till.principal, { ...command, ...changed }));
};

/** All of the goods of a purchase's first line. */
const giveBack: Verb<ShopCast> = (words, cast) => {
  const till = askerOf(words, cast);
  const command = returnOf(cast.idOf(words.of, 'purchaseId'), [{ lineNo: 1, quantity: '1' }], when(words));
  return cast.ask(words, till, (changed) => recordReturn(cast.shop.app, till.principal, { ...command, ...changed }));
};

/** What was done is asked again: the same answer, or with other points another command under its key. */
const again: Verb<ShopCast> = async (words, cast) => {
  const { send, answer } = cast.did(words.of);
  const repeated = await send(words.points === undefined ? {} : { points: Number(words.points) });
  expect(repeated).toEqual({ ...answer, duplicate: true });
  return repeated;
};

const balance: Verb<ShopCast> = async (words, cast) => {
  const { self, memberId } = await cast.person(words.who);
  const balances = (await readWalletBalances(cast.shop.app, self, memberId)) ?? [];
  const told = balances.find(({ currency }) => currency === words.currency) ?? { active: 0, pending: 0, held: 0, arrears: 0 };
  check(`balance ${words.points}`, `balance ${told.active}`);
  return told;
};

const lots: Verb<ShopCast> = async ({ who }, cast) => {
  const { walletId } = await cast.person(who);
  return (await cast.people.lots(walletId)).map(({ month, ends, remaining }) => `${month} until ${ends} ${remaining}`);
};

/** As the member sees them, or a brand does. */
const movements: Verb<ShopCast> = async ({ who, brand }, cast) => {
  const { self, memberId } = await cast.person(who);
  const by = brand === undefined ? self : cast.till(brand).principal;
  const told = await readMovements(cast.shop.app, by, memberId, { currency: 'FLP', limit: 10, before: null });
  return told.map(({ code, points }) => `${code} ${points}`);
};

const REDEMPTION: Readonly<Record<string, Verb<ShopCast>>> = {
  'earn {who} {points} FLP at {brand}[ on {on}][ as {name}]': earn,
  'buy {who} {money} GBP at {brand}[ paid with {burn}][ on {on}][ as {name}]': buy,
  'redeem {who} {points} {currency} at {brand}[ out of the {source}][ on {on}][ as a {dry} run][ as {name}]': spendBy(redeemPoints),
  'hold {who} {points} {currency} at {brand}[ out of the {source}][ until {until}][ on {on}][ as a {dry} run][ as {name}]': spendBy(holdPoints),
  'capture {of}[ {points} FLP][ at {brand}][ on {on}][ as {name}]': capture,
  'void {of}[ at {brand}][ as {name}]': voidHeld,
  'refund {of}[ {points} FLP][ at {brand}][ on {on}][ as {name}]': refund,
  'return {of}[ on {on}][ as {name}]': giveBack,
  'again {of}[ with {points} FLP]': again,
  'balance {who} {points} {currency}': balance,
  'lots {who}': lots,
  'movements {who}[ at {brand}]': movements,
  'link {who} at {brand}': async ({ who, brand }, cast) => {
    const { memberId, card } = await cast.person(who);
    await knowConfirmed(cast.shop, cast.till(brand), memberId, card);
    return [];
  },
  'lock {who}[ at {brand}]': async ({ who, brand }, cast) => {
    const { self, ref } = await cast.person(who);
    if (brand === undefined) return lockWallet(cast.shop.app, self, { member: null, reason: null });
    return lockWallet(cast.shop.app, cast.till(brand).principal, { member: ref, reason: 'card reported lost' });
  },
  'unlock {who}[ at {brand}]': async ({ who, brand }, cast) => {
    const { self, ref } = await cast.person(who);
    if (brand === undefined) return unlockWallet(cast.shop.app, self, { member: null, reason: null });
    return unlockWallet(cast.shop.app, cast.till(brand).principal, { member: ref, reason: null });
  },
  'holds end': async (_words, { shop }) => [`${await releaseExpiredHolds(shop.app, 100)} released`],
};

/**
 * Journals about a shop coalition: what its members and these brands do. People, and what was done, have their names
 * within a journal; each journal begins when the coalition was made.
 */
export function shopJournal(shop: ShopCoalition, tills: Readonly<Record<string, Till>>): Journal<ShopCast> {
  const start = shop.clock.now();
  return journalOf<ShopCast>({
    verbs: { ...REDEMPTION, ...SHARING },
    open() {
      shop.clock.set(start);
      return new ShopCast(shop, tills);
    },
    meet: ({ who, other }, cast) => Promise.all([who, other].flatMap((name) => (name === undefined ? [] : cast.person(name)))),
    moveTo: (at) => shop.clock.set(at),
    written: () => writtenRows(shop.database),
  });
}
