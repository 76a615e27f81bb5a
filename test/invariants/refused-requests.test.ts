import { Desk, eur, key, lines, settled } from './bad-input/desk';
import { leaksOf } from './bad-input/well-formed';
import { Id, Who } from './isolation/names';
import type { TwoBrands } from './isolation/two-brands';

let desk: Desk;
let world: TwoBrands;

beforeAll(async () => {
  desk = await Desk.open();
  world = desk.world;
});
afterAll(() => world?.close());

describe('a request that cannot be', () => {
  // What is refused, by the code or, for bad input, by the field that is named.
  const CASES: readonly [what: string, mutation: string, input: () => Promise<unknown> | unknown, refused: string][] = [
    ['a points currency that nobody knows', 'recordPurchase', () => desk.purchase({ currency: 'NOPE' }), 'input.currency'],
    ['a points currency that nobody knows', 'redeem', () => desk.spending({ currency: 'NOPE' }), 'input.currency'],
    [
      'a points currency that nobody knows',
      'setEarningRule',
      () => ({ idempotencyKey: key(), currency: 'NOPE', moneyCurrency: 'EUR', pointsPerUnit: 1, effectiveFrom: '2027-01-01T00:00:00Z' }),
      'input.currency',
    ],
    ['money that is not the rule’s', 'recordPurchase', () => desk.purchase({ moneyCurrency: 'USD' }), 'MONEY_CURRENCY_MISMATCH'],
    ['money that is not the rule’s', 'redeem', () => desk.spending({ purchaseAmount: eur('100', 'USD') }), 'MONEY_CURRENCY_MISMATCH'],
    ['terms that nobody signed', 'recordPurchase', async () => desk.purchase({ currency: await unsigned() }), 'TERMS_NOT_ACTIVE'],
    ['terms that nobody signed', 'hold', async () => desk.spending({ currency: await unsigned() }), 'TERMS_NOT_ACTIVE'],
    ['terms that had not begun', 'redeem', () => desk.spending({ occurredAt: '2024-06-01T00:00:00Z' }), 'TERMS_NOT_ACTIVE'],
    ['a purchase in the future', 'recordPurchase', () => desk.purchase({ occurredAt: '2026-03-15T12:30:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a burn in the future', 'redeem', () => desk.spending({ occurredAt: '2026-04-15T12:00:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a return before its purchase', 'recordReturn', async () => ({ ...(await aReturn('1')), occurredAt: '2026-03-01T00:00:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a capture in the future', 'captureHold', async () => ({ ...(await aHold()), occurredAt: '2026-04-01T00:00:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['more than the wallet holds', 'redeem', async () => ({ ...desk.spending(), member: new Who(await world.a.enrol()) }), 'INSUFFICIENT_POINTS'],
    ['less than the minimum', 'redeem', () => desk.spending({ points: 5 }), 'BELOW_MINIMUM'],
    ['points between two steps', 'hold', () => desk.spending({ points: 15 }), 'NOT_A_STEP'],
    ['more than the maximum', 'redeem', () => desk.spending({ points: 5_010, purchaseAmount: eur('100000') }), 'ABOVE_MAXIMUM'],
    ['more than a share of the purchase', 'redeem', () => desk.spending({ points: 5_000, purchaseAmount: eur('99.99') }), 'SHARE_EXCEEDED'],
    ['a share of no purchase', 'redeem', () => desk.spending({ purchaseAmount: null }), 'PURCHASE_AMOUNT_REQUIRED'],
    ['a hold that ends before it begins', 'hold', () => desk.spending({ expiresAt: '2026-03-01T00:00:00Z' }), 'input.expiresAt'],
    ['a hold for ever', 'hold', () => desk.spending({ expiresAt: '2027-03-01T00:00:00Z' }), 'input.expiresAt'],
    ['a capture above the hold', 'captureHold', async () => ({ ...(await aHold()), points: 21 }), 'CAPTURE_EXCEEDS_HOLD'],
    [
      'a capture of what was burned',
      'captureHold',
      async () => ({ idempotencyKey: key(), redemptionId: new Id('redemption', await world.a.spend('redeem', world.a.own, 20)) }),
      'HOLD_NOT_OPEN',
    ],
    [
      'a refund above the redemption',
      'refundRedemption',
      async () => ({ idempotencyKey: key(), redemptionId: new Id('redemption', await world.a.spend('redeem', world.a.own, 20)), points: 21 }),
      'REFUND_EXCEEDS_REDEMPTION',
    ],
    ['a refund of what is only held', 'refundRedemption', () => aHold(), 'REDEMPTION_NOT_CAPTURED'],
    ['a return above the purchase', 'recordReturn', () => aReturn('1.001'), 'RETURN_EXCEEDS_PURCHASE'],
    [
      'a return of a line that there is not',
      'recordReturn',
      async () => ({ ...(await aReturn('1')), lines: [{ lineNo: 9, quantity: '1' }] }),
      'input.lines.0.lineNo',
    ],
    [
      'a return of the same line twice',
      'recordReturn',
      async () => ({
        ...(await aReturn('1')),
        lines: [
          { lineNo: 1, quantity: '1' },
          { lineNo: 1, quantity: '1' },
        ],
      }),
      'input.lines',
    ],
    [
      'a purchase paid by the same redemption twice',
      'recordPurchase',
      async () => {
        const id = new Id('redemption', await world.a.spend('redeem', world.a.own, 20));
        return desk.purchase({ redemptionIds: [id, id] });
      },
      'input.redemptionIds',
    ],
    [
      'a member by two names',
      'recordPurchase',
      () => desk.purchase({ member: { customerId: world.a.own.customerId, identifier: { kind: 'CARD', value: world.a.own.card } } }),
      'input.member',
    ],
    ['a member by no name', 'redeem', () => desk.spending({ member: {} }), 'input.member'],
    ['a bulk of none', 'recordPurchases', () => [], 'input'],
    ['a bulk of 101', 'recordPurchases', () => Array.from({ length: 101 }, () => desk.purchase()), 'input'],
    ['a bulk of 101', 'enrolMembers', () => Array.from({ length: 101 }, () => ({ idempotencyKey: key() })), 'input'],
    [
      'prices that points cannot have',
      'proposeTerms',
      () => ({
        idempotencyKey: key(),
        currency: 'FLP',
        effectiveFrom: '2027-01-01T00:00:00Z',
        mayIssue: true,
        mayRedeem: true,
        issuancePrice: eur('0.0000001'),
        reimbursementPrice: eur('0.01'),
      }),
      'input.issuancePrice.amount',
    ],
    ['a month that is not over', 'closePeriod', () => ({ currency: 'FLP', month: '2026-03' }), 'PERIOD_NOT_ENDED'],
    ['a month before the others', 'closePeriod', () => ({ currency: 'FLP', month: '2025-12' }), 'LATER_PERIOD_CLOSED'],
  ];

  const aHold = async () => ({ idempotencyKey: key(), redemptionId: new Id('redemption', await world.a.spend('hold', world.a.own, 20)) });
  const aReturn = async (quantity: string) => ({
    idempotencyKey: key(),
    purchaseId: new Id('purchase', await world.a.purchase(world.a.own, '10')),
    lines: [{ lineNo: 1, quantity }],
  });
  const unsigned = async () => (await world.a.partnership('PROPOSED', 'PROPOSED')).currency;

  it.each(CASES)('%s is refused: %s', async (what, mutation, make, refused) => {
    const input = await make();
    // Accounts are opened with nothing in them before a posting is decided: the member's own are there already.
    await desk.call('redeem', { ...desk.spending({ points: 1 }), ...(input as object), dryRun: true });
    const [before, stored] = [await desk.writtenNow(), await desk.refusedPostings()];
    const reply = await desk.call(mutation, input);
    const code = reply.errors[0]?.extensions.field ?? reply.errors[0]?.extensions.code ?? [reply.result].flat()[0]?.Refusal_code;
    expect([reply.status, code]).toEqual([200, refused]);
    expect(leaksOf({ body: reply.body, code: null, field: null, taken: false, status: 200 })).toBeNull();
    const after = await desk.writtenNow();
    expect(Object.keys(after).filter((table) => after[table] !== before[table] && !(table === 'account' && OPENS.includes(refused)))).toEqual([]);
    expect(await desk.refusedPostings()).toBe(stored + (KEPT.includes(refused) || what === 'a return before its purchase' ? 1 : 0));
  });

  /**
   * What the ledger has decided is kept with the key; what rests on rules, terms and the clock is not, nor is bad
   * input.
   */
  const KEPT = ['INSUFFICIENT_POINTS', 'CAPTURE_EXCEEDS_HOLD', 'HOLD_NOT_OPEN', 'REFUND_EXCEEDS_REDEMPTION', 'RETURN_EXCEEDS_PURCHASE'];
  /** Refused after an account for the currency was opened. */
  const OPENS = ['TERMS_NOT_ACTIVE', 'INSUFFICIENT_POINTS'];

  it('leaves one account with nothing in it at most, where a member has none yet', async () => {
    const { owner } = world.points.test.database;
    const newcomer = await world.a.enrol();
    const before = (await owner.query('SELECT max(id)::int AS last FROM account')).rows[0].last;
    await desk.call('redeem', { ...desk.spending({ dryRun: true }), member: new Who(newcomer) });
    await desk.call('redeem', { ...desk.spending(), member: new Who(newcomer) });
    const { rows } = await owner.query('SELECT kind, credits + debits + held + arrears + seq AS moved FROM account WHERE id > $1', [before]);
    expect(rows).toEqual([{ kind: 'WALLET', moved: '0' }]);
  });

  it('is judged once in a bulk: the same key twice is one purchase, or a conflict', async () => {
    const same = desk.purchase();
    const twice = await desk.call('recordPurchases', [same, same, { ...same, lines: lines('11') }, desk.purchase()]);
    const [one, two, three, four] = twice.result;
    expect(settled(two)).toEqual(settled(one));
    expect([three.__typename, four.__typename]).toEqual(['IdempotencyConflict', 'RecordedPurchase']);
    const { rows } = await world.points.test.database.owner.query(
      'SELECT count(*)::int AS n FROM purchase WHERE id IN (SELECT p.id FROM purchase p ORDER BY p.recorded_at DESC, p.id DESC LIMIT 2)',
    );
    expect(rows[0].n).toBe(2);
  });

  it('and one that is only tried out writes nothing at all', async () => {
    const { a } = world;
    const paidFor = await a.purchase(a.own, '10');
    const stranger = { identifier: { kind: 'CARD', value: world.b.visitor.card } };
    const before = await desk.writtenNow(true);
    for (const [name, input] of [
      ['recordPurchase', desk.purchase({ dryRun: true })],
      ['recordPurchase', desk.purchase({ dryRun: true, lines: lines('0'), currency: 'NOPE' })],
      ['recordPurchases', [desk.purchase({ dryRun: true })]],
      ['recordReturn', { idempotencyKey: key(), purchaseId: new Id('purchase', paidFor), lines: [{ lineNo: 1, quantity: '1' }], dryRun: true }],
      ['redeem', desk.spending({ dryRun: true })],
      ['hold', desk.spending({ dryRun: true })],
      ['hold', desk.spending({ dryRun: true, points: 5_000, purchaseAmount: eur('1000000') })],
    ] as const)
      await desk.call(name, input);
    expect(await desk.writtenNow(true)).toEqual(before);
    await desk.call('redeem', desk.spending({ dryRun: true, member: stranger }));
    const after = await desk.writtenNow(true);
    expect(Object.keys(after).filter((table) => after[table] !== before[table])).toEqual([]);
  });
});
