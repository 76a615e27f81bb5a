import { setRule } from '../../../src/coalition/rules/set-rule';
import { closeWallet, closeWalletRefusals } from '../../../src/programme/care/close-wallet';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, spendingOf } from '../../support/shop-coalition';

test('a wallet whose points are counted to the end is not closed, and says so', async () => {
  const shop = await createShopCoalition();
  try {
    const fuel = await shop.brand('FUEL');
    const { ref, memberId, walletId } = await fuel.enrol();
    const { purchaseId } = await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '100'));
    // Points that wait to be confirmed lie beside what is owed, and end with the wallet.
    const rule = { idempotencyKey: 'waits', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: new Date('2026-01-01T00:00:01Z') };
    await setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, availability: { kind: 'ON_EVENT', days: 60 } }));
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '50'));
    await redeemPoints(shop.app, fuel.principal, spendingOf(ref, 100));
    await recordReturn(shop.app, fuel.principal, returnOf(purchaseId, [{ sku: 'THING', quantity: '1' }]));
    await shop.database.owner.query(
      'UPDATE account SET credits = credits + $2::bigint, debits = debits + $2::bigint, version = version + 1 WHERE owner_id = $1',
      [walletId, String(Number.MAX_SAFE_INTEGER - 240)],
    );
    const closing = closeWallet(shop.app, { kind: 'member', memberId, brandId: null }, { member: null, reason: null });
    await expect(closing).rejects.toMatchObject({ code: 'BALANCE_OUT_OF_RANGE' });
    expect(closeWalletRefusals.definitions).toContainEqual(expect.objectContaining({ code: 'BALANCE_OUT_OF_RANGE' }));
  } finally {
    await shop.close();
  }
});
