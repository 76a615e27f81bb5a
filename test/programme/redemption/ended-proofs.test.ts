import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/coalition/access/principal';
import type { PostingRequest } from '../../../src/ledger/ledger/posting';
import type { Identifier } from '../../../src/members/identification/member-ref';
import { createTillCode } from '../../../src/members/identification/till-code';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import type { Uuid } from '../../../src/platform/ids';
import { only } from '../../../src/platform/one-of';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { givePoints, givePointsSchema } from '../../../src/programme/sharing/give-points';
import { householdsOf } from '../../support/households';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { untilItWaits, whileLocked } from '../../support/until-it-waits';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let cards = 0;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
});
afterAll(() => shop.close());

async function member() {
  const card: Identifier = { kind: 'CARD', value: `8100 ${++cards}` };
  const customerId = `C${cards}`;
  const command = enrolMemberSchema.parse({ idempotencyKey: randomUUID(), customerId, identifiers: [card] });
  const { memberId } = await enrolMember(shop.app, fuel.principal, command);
  const login: Principal = { kind: 'member', memberId, brandId: null };
  await recordPurchase(shop.app, fuel.principal, purchaseOf({ by: 'id', memberId }, '500'));
  return {
    memberId,
    card,
    login,
    byCard: { by: 'identifier', identifier: card },
    byId: { by: 'id', memberId },
    byCustomer: { by: 'customerId', customerId },
  } as const;
}

type Member = Awaited<ReturnType<typeof member>>;

/** An account of the member's in another currency. */
async function secondAccount(memberId: Uuid): Promise<number> {
  const { owner } = shop.database;
  const { rows: wallets } = await owner.query<{ id: Uuid }>('SELECT id FROM wallet WHERE member_id = $1', [memberId]);
  const { rows: currencies } = await owner.query<{ id: number }>(
    "INSERT INTO currency (code, kind, scale) VALUES ('OTH', 'POINTS', 0) ON CONFLICT (code) DO UPDATE SET kind = 'POINTS' RETURNING id",
  );
  return only(await shop.app.ledger.openAccounts([{ kind: 'WALLET', owner: only(wallets).id, currencyId: only(currencies).id }]));
}

/** Does something when a request has looked everything up, and before it is booked. */
async function betweenLookAndBooking<T>(meanwhile: () => Promise<unknown>, request: () => Promise<T>): Promise<T> {
  const { ledger } = shop.app as unknown as { ledger: { post: (posting: PostingRequest) => Promise<unknown> } };
  const post = ledger.post.bind(ledger);
  ledger.post = async (posting) => {
    ledger.post = post;
    await meanwhile();
    return post(posting);
  };
  try {
    return await request();
  } finally {
    ledger.post = post;
  }
}
const burnedOf = async (memberId: string) =>
  Number((await shop.database.owner.query('SELECT coalesce(sum(points), 0) AS sum FROM redemption WHERE member_id = $1', [memberId])).rows[0].sum);

describe('redeem by what ends meanwhile', () => {
  test('a card that was removed between look and booking burns and holds nothing', async () => {
    for (const spend of [redeemPoints, holdPoints]) {
      const ana = await member();
      // Another brand, which has met the member, and one that has not.
      if (spend === holdPoints) await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.byCard, '1'));
      const remove = () => removeIdentifier(shop.app, ana.login, { member: null, identifier: ana.card });
      const burn = betweenLookAndBooking(remove, () => spend(shop.app, taxi.principal, spendingOf(ana.byCard, 100)));
      await expect(burn).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
      expect(await burnedOf(ana.memberId)).toBe(0);
      // What is left of the member's proofs still burns.
      await redeemPoints(shop.app, fuel.principal, spendingOf(ana.byCustomer, 100));
      expect(await burnedOf(ana.memberId)).toBe(100);
    }
  });

  test('a link that was ended between look and booking burns nothing', async () => {
    for (const name of ['byId', 'byCustomer'] as const) {
      const ana = await member();
      // The wallet is one that the ledger keeps.
      await redeemPoints(shop.app, fuel.principal, spendingOf(ana.byId, 1));
      const end = () => unlinkMember(shop.app, ana.login, { member: null, brandId: fuel.brandId, reason: null });
      await expect(betweenLookAndBooking(end, () => redeemPoints(shop.app, fuel.principal, spendingOf(ana[name], 100)))).rejects.toMatchObject({
        code: 'MEMBER_UNKNOWN',
      });
      expect(await burnedOf(ana.memberId)).toBe(1);
    }
  });

  test('a till code burns nothing when the link that it confirmed is ended before the booking', async () => {
    const ana = await member();
    const { code } = await createTillCode(shop.app, ana.login);
    const end = () => unlinkMember(shop.app, ana.login, { member: null, brandId: taxi.brandId, reason: null });
    const burn = betweenLookAndBooking(end, () => redeemPoints(shop.app, taxi.principal, spendingOf({ by: 'tillCode', tillCode: code }, 100)));
    await expect(burn).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    expect(await burnedOf(ana.memberId)).toBe(0);
  });

  test('a brand whose link was ended between look and booking gives nothing of the member away', async () => {
    const [ana, ben] = [await member(), await member()];
    await householdsOf(shop, fuel).allowGifts();
    const command = givePointsSchema.parse({ idempotencyKey: randomUUID(), from: ana.byId, to: ben.byId, currency: 'FLP', points: 50n });
    const end = () => unlinkMember(shop.app, ana.login, { member: null, brandId: fuel.brandId, reason: null });
    await expect(betweenLookAndBooking(end, () => givePoints(shop.app, fuel.principal, command))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a request is booked though what proves nothing of it ends', async () => {
    const ana = await member();
    const other: Identifier = { kind: 'CARD', value: `8100 ${++cards}` };
    await addIdentifier(shop.app, fuel.principal, { member: ana.byId, identifier: other });
    const remove = () => removeIdentifier(shop.app, ana.login, { member: null, identifier: other });
    const { points } = await betweenLookAndBooking(remove, () => redeemPoints(shop.app, taxi.principal, spendingOf(ana.byCard, 100)));
    expect([points, await burnedOf(ana.memberId)]).toEqual([100, 100]);
  });

  test('accounts count the ended proofs of their wallet', async () => {
    const ana = await member();
    const counted = async () => {
      const { rows } = await shop.database.owner.query(
        `SELECT w.proofs_ended AS wallet, array_agg(a.proofs_ended ORDER BY a.id) AS accounts FROM wallet w JOIN account a ON a.owner_id = w.id WHERE w.member_id = $1
         GROUP BY w.proofs_ended`,
        [ana.memberId],
      );
      return rows[0];
    };
    await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.byCard, '1'));
    await unlinkMember(shop.app, ana.login, { member: null, brandId: taxi.brandId, reason: null });
    expect(await counted()).toEqual({ wallet: 0, accounts: [0] });
    await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.byCard, '1'));
    await linkMember(shop.app, taxi.principal, { member: ana.byId, customerId: 'ANA' });
    await confirmLink(shop.app, ana.login, taxi.brandId);
    await unlinkMember(shop.app, ana.login, { member: null, brandId: taxi.brandId, reason: null });
    expect(await counted()).toEqual({ wallet: 1, accounts: [1] });
    await secondAccount(ana.memberId);
    expect(await counted()).toEqual({ wallet: 1, accounts: [1, 1] });
  });

  describe('no burn is booked once it is answered that what proves it has ended', () => {
    const ends = {
      card: (ana: Member) => removeIdentifier(shop.app, ana.login, { member: null, identifier: ana.card }),
      link: (ana: Member) => unlinkMember(shop.app, ana.login, { member: null, brandId: fuel.brandId, reason: null }),
    };
    const burnBy = (proof: keyof typeof ends, ana: Member) =>
      redeemPoints(shop.app, (proof === 'card' ? taxi : fuel).principal, spendingOf(proof === 'card' ? ana.byCard : ana.byId, 1));

    test.each(['card', 'link'] as const)('a %s ends after what is being booked by it', async (proof) => {
      const ana = await member();
      // Read, but not written to: the burn stands still with the wallet in its hands.
      await whileLocked(shop.database, 'LOCK TABLE redemption IN SHARE MODE', async (letGo) => {
        const burning = await untilItWaits(shop.database, () => burnBy(proof, ana));
        const ending = await untilItWaits(shop.database, () => ends[proof](ana));
        await letGo();
        await ending.waiting;
        expect(await burnedOf(ana.memberId)).toBe(1);
        await burning.waiting;
      });
    });

    test.each([
      ['card', 'does not keep'],
      ['card', 'keeps'],
      ['link', 'does not keep'],
      ['link', 'keeps'],
    ] as const)('while a %s ends, what is asked by it waits and is refused, of a wallet that the ledger %s', async (proof, kept) => {
      const ana = await member();
      if (kept === 'keeps') await burnBy(proof, ana);
      const before = await burnedOf(ana.memberId);
      const other = await secondAccount(ana.memberId);
      // Accounts are locked in the order of their ids: the first is the ending's by then.
      await whileLocked(shop.database, `SELECT FROM account WHERE id = ${other} FOR UPDATE`, async (letGo) => {
        const ending = await untilItWaits(shop.database, () => ends[proof](ana));
        const burning = await untilItWaits(shop.database, () => burnBy(proof, ana));
        await letGo();
        await ending.waiting;
        await expect(burning.waiting).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
      });
      expect(await burnedOf(ana.memberId)).toBe(before);
    });
  });
});
