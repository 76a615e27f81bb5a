import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/coalition/access/principal';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { newUuid } from '../../../src/platform/ids';
import { VELOCITY_LIMIT } from '../../../src/programme/limits/velocity-limit';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import { createShopCoalition } from '../../support/shop-coalition';
import { type ExchangeTown, openExchangeTown } from '../exchange/exchange-town';

const limit = (given: Record<string, unknown>) =>
  VELOCITY_LIMIT.schema.parse({ idempotencyKey: randomUUID(), currency: 'FLP', measure: 'POINTS', window: 'WEEK', maximum: 100n, ...given });
const operatorOf = (brandId: string): Principal => ({ kind: 'staff', staffId: newUuid(), brandId, role: 'OPERATOR', ofOperator: true });

describe('a velocity limit', () => {
  test('gifts count for the giver, week by week', async () => {
    const shop = await createShopCoalition();
    try {
      const people = householdsOf(shop, await shop.brand('FUEL'));
      await people.allowGifts({ minimum: 1n, step: 1n, dailyMaximum: null });
      await setRule(shop.app, operatorOf(shop.operatorId), VELOCITY_LIMIT, limit({ act: 'GIFT' }));
      const [ana, ben] = [await people.person(500), await people.person()];
      await givePoints(shop.app, ana.self, giftOf(ben.card, 80));
      const written = await shop.written();
      await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 21))).rejects.toMatchObject({
        code: 'CAP_REACHED',
        fields: { act: 'GIFT', capLeft: 20, resetsAt: '2026-03-16T00:00:00.000Z' },
      });
      expect(await shop.written()).toEqual(written);
      // What was given counts for Ana alone.
      await givePoints(shop.app, ben.self, giftOf(ana.card, 80));
      shop.clock.set(new Date('2026-03-16T00:00:00Z'));
      await givePoints(shop.app, ana.self, giftOf(ben.card, 100));
    } finally {
      await shop.close();
    }
  });

  test('conversions count without the fee', async () => {
    const town: ExchangeTown = await openExchangeTown();
    try {
      await town.currency('AIR');
      await town.rate({ numerator: 1n, denominator: 2n, fee: 7n });
      await setRule(town.shop.app, town.operator, VELOCITY_LIMIT, limit({ act: 'CONVERT', measure: 'POINTS' }));
      const ana = await town.memberWith(500);
      await town.convert(ana.ref, 60);
      const before = await town.written();
      await expect(town.convert(ana.ref, 42)).rejects.toMatchObject({ code: 'CAP_REACHED', fields: { act: 'CONVERT', capLeft: 40 } });
      expect(await town.written()).toEqual(before);
      expect(await town.convert(ana.ref, 40)).toMatchObject({ received: 20 });
    } finally {
      await town.close();
    }
  });
});
