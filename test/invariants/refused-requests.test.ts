import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ALTERED } from './bad-input/cases';
import { leaksOf } from './bad-input/well-formed';
import { actorOf as actorAt, ownCall, type Prepared, prepareProbes, type Reply, refusalOf, send } from './isolation/attack';
import { asSeenBy, Id, replacedAt, Who } from './isolation/names';
import { type Actor, openTwoBrands, type Person, type TwoBrands } from './isolation/two-brands';
import { everything, fingerprint } from './isolation/visible-rows';

let world: TwoBrands;
let prepared: Prepared[];

beforeAll(async () => {
  world = await openTwoBrands();
  prepared = await prepareProbes(world);
}, 60_000);
afterAll(() => world?.close());

const find = (name: string) => prepared.find(({ root }) => root.name === `Mutation.${name}`) as Prepared;
const actorOf = (each: Prepared): Actor => actorAt(world, each, world.a);

/** Calls a mutation as the brand, with names of things as it sees them. */
async function call(name: string, input: unknown): Promise<Reply> {
  const each = find(name);
  const actor = actorOf(each);
  const variables = asSeenBy(world.points.test.app, actor.principal, { input }) as Record<string, unknown>;
  return send(world, await actor.token(), each.root, variables);
}

/** All rows; stored refusals and the wallets' and brands' accounts that were opened with nothing in them only when asked. */
function writtenNow(all = false): Promise<Record<string, string>> {
  const conditions = all ? everything() : { ...everything(), posting: "outcome <> 'REFUSED'" };
  return fingerprint(world.points.test.database.owner, conditions);
}

const refusedPostings = async () =>
  (await world.points.test.database.owner.query("SELECT count(*)::int AS n FROM posting WHERE outcome = 'REFUSED'")).rows[0].n;
const key = () => randomUUID();
const eur = (amount: string, currency = 'EUR') => ({ amount, currency });
const lines = (...prices: string[]) => prices.map((unitPrice) => ({ sku: 'thing', quantity: '1', unitPrice }));
const purchase = (more: object = {}) => ({
  idempotencyKey: key(),
  member: new Who(world.a.own),
  currency: 'FLP',
  lines: lines('10'),
  moneyCurrency: 'EUR',
  ...more,
});
const spending = (more: object = {}) => ({
  idempotencyKey: key(),
  member: new Who(world.a.own),
  currency: 'FLP',
  points: 20,
  purchaseAmount: eur('100'),
  ...more,
});

/** The answer of a field without what tells a repetition from a first answer. */
function settled(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, (name, value) => (/_(duplicate|secret)$/.test(name) ? undefined : value)));
}

describe('an idempotency key', () => {
  it('used again gets the first answer, and is refused with other content: in each mutation that has one', async () => {
    const problems: string[] = [];
    for (const [name, [path, value]] of Object.entries(ALTERED)) {
      const each = prepared.find(({ root }) => root.name === name) as Prepared;
      const actor = actorOf(each);
      const token = await actor.token();
      const good = ownCall(world, each, world.a, actor, `once ${name}`);
      const first = await send(world, token, each.root, good);
      if (refusalOf(world.schema, first) !== null) problems.push(`${name}: ${first.body.slice(0, 300)}`);
      const before = await writtenNow(true);
      const [again, other] = [await send(world, token, each.root, good), await send(world, token, each.root, replacedAt(good, path, value))];
      expect({ name, ...{ answer: settled(again.result) } }).toEqual({ name, ...{ answer: settled(first.result) } });
      if (refusalOf(world.schema, other) !== 'IdempotencyConflict') problems.push(`${name} with another ${path}: ${other.body.slice(0, 300)}`);
      const after = await writtenNow(true);
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      if (changed.length > 0) problems.push(`${name} wrote again: ${changed}`);
    }
    expect(problems).toEqual([]);
  });

  it('gets the first answer after everything that it was decided by has changed', async () => {
    const { a, operator } = world;
    const [buyer, input] = [await a.enrol(), { idempotencyKey: key(), lines: lines('1000') }];
    const bought = { ...purchase(input), member: new Who(buyer) };
    const first = await call('recordPurchase', bought);
    const burnt = { ...spending({ points: 100 }), member: new Who(buyer) };
    const spent = await call('redeem', burnt);
    const tooMuch = { ...spending({ points: 3_000, purchaseAmount: eur('10000') }), member: new Who(buyer) };
    const refused = await call('redeem', tooMuch);
    expect(refusalOf(world.schema, refused)).toBe('InsufficientPoints');
    // New rules for the same moments, a brand that is suspended, a member that is no longer known, points that are there now.
    const rule = { currency: 'FLP', moneyCurrency: 'EUR', effectiveFrom: '2025-02-01T00:00:00Z' };
    await call('setEarningRule', { ...rule, idempotencyKey: key(), pointsPerUnit: 7 });
    await call('setRedemptionRule', { ...rule, idempotencyKey: key(), pointsPerUnit: 1, minimum: 5_000 });
    await call('recordPurchase', { ...purchase({ lines: lines('100000') }), member: new Who(buyer) });
    await call('unlinkMember', { member: new Who(buyer), reason: null });
    const brand = { input: { brandId: asSeenBy(world.points.test.app, operator.principal, new Id('brand', a.brandId)) } };
    await send(world, await operator.token(), find('suspendBrand').root, brand);
    expect(refusalOf(world.schema, await call('recordPurchase', purchase()))).toBe('TermsNotActive');
    for (const [name, sent, answer] of [
      ['recordPurchase', bought, first],
      ['redeem', burnt, spent],
      ['redeem', tooMuch, refused],
    ] as const)
      expect(settled((await call(name, sent)).result)).toEqual(settled(answer.result));
    await send(world, await operator.token(), find('resumeBrand').root, brand);
    const back = { currency: 'FLP', moneyCurrency: 'EUR', effectiveFrom: '2025-03-01T00:00:00Z' };
    await call('setEarningRule', { ...back, idempotencyKey: key(), pointsPerUnit: 1 });
    await call('setRedemptionRule', {
      ...back,
      idempotencyKey: key(),
      pointsPerUnit: 100,
      minimum: 10,
      step: 10,
      maximum: 5_000,
      share: { numerator: 1, denominator: 2 },
    });
  });
});

describe('a request that cannot be', () => {
  // What is refused, by the code or, for bad input, by the field that is named.
  const CASES: readonly [what: string, mutation: string, input: () => Promise<unknown> | unknown, refused: string][] = [
    ['a points currency that nobody knows', 'recordPurchase', () => purchase({ currency: 'NOPE' }), 'input.currency'],
    ['a points currency that nobody knows', 'redeem', () => spending({ currency: 'NOPE' }), 'input.currency'],
    [
      'a points currency that nobody knows',
      'setEarningRule',
      () => ({ idempotencyKey: key(), currency: 'NOPE', moneyCurrency: 'EUR', pointsPerUnit: 1, effectiveFrom: '2027-01-01T00:00:00Z' }),
      'input.currency',
    ],
    ['money that is not the rule’s', 'recordPurchase', () => purchase({ moneyCurrency: 'USD' }), 'MONEY_CURRENCY_MISMATCH'],
    ['money that is not the rule’s', 'redeem', () => spending({ purchaseAmount: eur('100', 'USD') }), 'MONEY_CURRENCY_MISMATCH'],
    ['terms that nobody signed', 'recordPurchase', async () => purchase({ currency: await unsigned() }), 'TERMS_NOT_ACTIVE'],
    ['terms that nobody signed', 'hold', async () => spending({ currency: await unsigned() }), 'TERMS_NOT_ACTIVE'],
    ['terms that had not begun', 'redeem', () => spending({ occurredAt: '2024-06-01T00:00:00Z' }), 'TERMS_NOT_ACTIVE'],
    ['a purchase in the future', 'recordPurchase', () => purchase({ occurredAt: '2026-03-15T12:30:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a burn in the future', 'redeem', () => spending({ occurredAt: '2026-04-15T12:00:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a return before its purchase', 'recordReturn', async () => ({ ...(await aReturn('1')), occurredAt: '2026-03-01T00:00:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a capture in the future', 'captureHold', async () => ({ ...(await aHold()), occurredAt: '2026-04-01T00:00:00Z' }), 'OCCURRED_AT_OUT_OF_RANGE'],
    ['more than the wallet holds', 'redeem', async () => ({ ...spending(), member: new Who(await world.a.enrol()) }), 'INSUFFICIENT_POINTS'],
    ['less than the minimum', 'redeem', () => spending({ points: 5 }), 'BELOW_MINIMUM'],
    ['points between two steps', 'hold', () => spending({ points: 15 }), 'NOT_A_STEP'],
    ['more than the maximum', 'redeem', () => spending({ points: 5_010, purchaseAmount: eur('100000') }), 'ABOVE_MAXIMUM'],
    ['more than a share of the purchase', 'redeem', () => spending({ points: 5_000, purchaseAmount: eur('99.99') }), 'SHARE_EXCEEDED'],
    ['a share of no purchase', 'redeem', () => spending({ purchaseAmount: null }), 'PURCHASE_AMOUNT_REQUIRED'],
    ['a hold that ends before it begins', 'hold', () => spending({ expiresAt: '2026-03-01T00:00:00Z' }), 'input.expiresAt'],
    ['a hold for ever', 'hold', () => spending({ expiresAt: '2027-03-01T00:00:00Z' }), 'input.expiresAt'],
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
        return purchase({ redemptionIds: [id, id] });
      },
      'input.redemptionIds',
    ],
    [
      'a member by two names',
      'recordPurchase',
      () => purchase({ member: { customerId: world.a.own.customerId, identifier: { kind: 'CARD', value: world.a.own.card } } }),
      'input.member',
    ],
    ['a member by no name', 'redeem', () => spending({ member: {} }), 'input.member'],
    ['a bulk of none', 'recordPurchases', () => [], 'input'],
    ['a bulk of 101', 'recordPurchases', () => Array.from({ length: 101 }, () => purchase()), 'input'],
    ['a bulk of 101', 'enrolMembers', () => Array.from({ length: 101 }, () => ({ idempotencyKey: key() })), 'input'],
    ['one bad entry in a bulk', 'recordPurchases', () => [purchase(), purchase({ lines: lines('10', '-1') })], 'input.1.lines.1.unitPrice'],
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

  it.each(CASES)('%s is refused: %s', async (_what, mutation, make, refused) => {
    const input = await make();
    // Accounts are opened with nothing in them before a posting is decided: the member's own are there already.
    await call('redeem', { ...spending({ points: 1 }), ...(input as object), dryRun: true });
    const [before, stored] = [await writtenNow(), await refusedPostings()];
    const reply = await call(mutation, input);
    const code =
      reply.errors[0]?.extensions.field ?? reply.errors[0]?.extensions.code ?? [reply.result].flat().map((each) => each?.[`${each?.__typename}_code`])[0];
    expect([reply.status, code]).toEqual([200, refused]);
    expect(leaksOf({ body: reply.body, code: null, field: null, taken: false, status: 200 })).toBeNull();
    const after = await writtenNow();
    expect(Object.keys(after).filter((table) => after[table] !== before[table] && !(table === 'account' && OPENS.includes(refused)))).toEqual([]);
    expect(await refusedPostings()).toBe(stored + (STORED.test(refused) && mutation !== 'closePeriod' ? 1 : 0));
  });

  /** Outcomes that are kept with the key: refusals, not bad input. */
  const STORED = /^[A-Z_]+$/;
  /** Refused after an account for the currency was opened. */
  const OPENS = ['TERMS_NOT_ACTIVE', 'INSUFFICIENT_POINTS'];

  it('leaves one account with nothing in it at most, where a member has none yet', async () => {
    const { owner } = world.points.test.database;
    const newcomer = await world.a.enrol();
    const before = (await owner.query('SELECT max(id)::int AS last FROM account')).rows[0].last;
    await call('redeem', { ...spending({ dryRun: true }), member: new Who(newcomer) });
    await call('redeem', { ...spending(), member: new Who(newcomer) });
    const { rows } = await owner.query('SELECT kind, credits + debits + held + arrears + seq AS moved FROM account WHERE id > $1', [before]);
    expect(rows).toEqual([{ kind: 'WALLET', moved: '0' }]);
  });

  it('is judged once in a bulk: the same key twice is one purchase, or a conflict', async () => {
    const same = purchase();
    const twice = await call('recordPurchases', [same, same, { ...same, lines: lines('11') }, purchase()]);
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
    const before = await writtenNow(true);
    for (const [name, input] of [
      ['recordPurchase', purchase({ dryRun: true })],
      ['recordPurchase', purchase({ dryRun: true, lines: lines('0'), currency: 'NOPE' })],
      ['recordPurchases', [purchase({ dryRun: true })]],
      ['recordReturn', { idempotencyKey: key(), purchaseId: new Id('purchase', paidFor), lines: [{ lineNo: 1, quantity: '1' }], dryRun: true }],
      ['redeem', spending({ dryRun: true })],
      ['hold', spending({ dryRun: true })],
      ['hold', spending({ dryRun: true, points: 5_000, purchaseAmount: eur('1000000') })],
    ] as const)
      await call(name, input);
    expect(await writtenNow(true)).toEqual(before);
    await call('redeem', spending({ dryRun: true, member: stranger }));
    const after = await writtenNow(true);
    expect(Object.keys(after).filter((table) => after[table] !== before[table])).toEqual([]);
  });
});

describe('over a socket', () => {
  let port: number;
  beforeAll(async () => {
    const { server } = world.points.api;
    await server.listen({ host: '127.0.0.1', port: 0 });
    port = (server.server.address() as AddressInfo).port;
  });

  const PURCHASE =
    'mutation ($input: RecordPurchaseInput!) { result: recordPurchase(input: $input) { __typename ... on RecordedPurchase { purchaseId points duplicate } } }';
  const bodyOf = (buyer: Person, idempotencyKey: string) => {
    const input = asSeenBy(world.points.test.app, world.a.client.principal, { ...purchase({ idempotencyKey }), member: new Who(buyer) });
    return JSON.stringify({ query: PURCHASE, variables: { input } });
  };
  const headers = async () => ({ 'content-type': 'application/json', authorization: `Bearer ${await world.a.client.token()}` });

  it('an answer that was cut off is given again: one purchase', async () => {
    const buyer = await world.a.enrol();
    const [body, sent] = [bodyOf(buyer, key()), await headers()];
    for (const wait of [0, 1, 3, 10])
      await new Promise<void>((done) => {
        const cut = httpRequest({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers: sent });
        cut.on('error', () => done());
        cut.end(body, () => setTimeout(() => cut.destroy(new Error('cut off')), wait));
      });
    const again = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers: sent, body });
    const { result } = ((await again.json()) as { data: { result: unknown } }).data;
    expect(result).toMatchObject({ __typename: 'RecordedPurchase', points: 10 });
    const { rows } = await world.points.test.database.owner.query('SELECT count(*)::int AS n FROM purchase WHERE member_id = $1', [buyer.memberId]);
    expect(rows[0].n).toBe(1);
  });

  const raw = (text: string) =>
    new Promise<string>((done) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.end(text));
      socket.on('data', (data) => (answer += data));
      socket.on('close', () => done(answer));
      socket.on('error', () => done(answer));
    });
  const requestOf = (extra: string, body = '{"query":"{ viewer { kind } }"}', length = Buffer.byteLength(body)) =>
    `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${extra}\r\n${body}`;

  it('malformed requests and headers get a clear no, and put nothing into the answer', async () => {
    const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
    const injected = await raw(requestOf('X-Request-Id: abcdefgh%0d%0aSet-Cookie: a=b\r\nX-Request-Id: b\r\n'));
    expect(injected.split('\r\n\r\n')[0]).not.toMatch(/set-cookie|%0d/i);
    expect(injected).toMatch(/x-request-id: [0-9a-f-]{36}/);
    for (const odd of [
      'X-Request-Id: a\u0000bcdefgh\r\n',
      'Authorization: Bearer a\u0000b\r\n',
      'Broken Header: x\r\n',
      `X-Long: ${'x'.repeat(70_000)}\r\n`,
      'Transfer-Encoding: chunked\r\n',
    ])
      expect([400, 401, 431]).toContain(statusOf(await raw(requestOf(odd))));
    for (const authorization of [
      'Bearer',
      'Bearer  ',
      'Bearer a b',
      'Basic YTpi',
      `Bearer ${'a'.repeat(9_000)}`,
      'Bearer a.b.c',
      'Bearer ..',
      "Bearer ' OR 1=1",
    ])
      expect(statusOf(await raw(requestOf(`Authorization: ${authorization}\r\n`)))).toBe(401);
    expect(statusOf(await raw('GARBAGE\r\n\r\n'))).toBe(400);
    expect(statusOf(await raw(requestOf('', '{"query":"{ viewer'.padEnd(30))))).toBe(400);
    expect(await raw(requestOf('Origin: https://evil.example\r\n'))).not.toMatch(/access-control-allow/i);
    for (const body of [
      'null',
      '5',
      '[]',
      '"x"',
      '{}',
      '{"query":5}',
      '{"query":null}',
      '{"query":"{ viewer { kind } }","variables":5}',
      '{"query":"{ viewer { kind } }","operationName":{}}',
      '{"query":"\\u0000"}',
      '{"__proto__":{"query":"{ viewer { kind } }"}}',
      `${'['.repeat(50_000)}`,
    ]) {
      const answer = await raw(requestOf('', body));
      expect([body.slice(0, 40), statusOf(answer)]).toEqual([body.slice(0, 40), 400]);
      expect(leaksOf({ body: answer.split('\r\n\r\n')[1], code: null, field: null, taken: false, status: 400 })).toBeNull();
    }
    const { status } = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: await headers(),
      body: JSON.stringify({ query: '{ viewer { kind } }' }),
    });
    expect(status).toBe(200);
  });

  it('a request that never ends holds nothing that others need', async () => {
    const slow = Array.from({ length: 50 }, () =>
      connect(port, '127.0.0.1', function (this: import('node:net').Socket) {
        this.write(requestOf('', '{', 100));
      }),
    );
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: await headers(),
      body: JSON.stringify({ query: '{ brands { edges { node { code } } } }' }),
    });
    expect(answer.status).toBe(200);
    for (const socket of slow) socket.destroy();
  });
});
