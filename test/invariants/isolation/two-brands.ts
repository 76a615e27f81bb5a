import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { ImportKind } from '../../../src/api/ingest/file-import';
import { importOpenings } from '../../../src/api/ingest/import-openings';
import type { SentRow } from '../../../src/api/ingest/row-fields';
import { startImport, startImportSchema } from '../../../src/api/ingest/start-import';
import { buildTesseraSchema } from '../../../src/api/server/build-schema';
import { type Principal, SCOPES, type StaffRole } from '../../../src/coalition/access/principal';
import { createPointCurrency, createPointCurrencySchema } from '../../../src/coalition/coalition/create-point-currency';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { mintClientToken, mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { addStaff } from '../../../src/coalition/sign-in/add-staff';
import { createMemberSession } from '../../../src/coalition/sign-in/create-member-session';
import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { dayFromIso } from '../../../src/ledger/points/calendar';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { lockWallet, unlockWallet } from '../../../src/members/members/lock-wallet';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { approveGoodwill } from '../../../src/programme/care/approve-goodwill';
import { proposeGoodwill, proposeGoodwillSchema } from '../../../src/programme/care/propose-goodwill';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { convertPoints, convertPointsSchema } from '../../../src/programme/exchange/convert-points';
import { quoteConversion, quoteConversionSchema } from '../../../src/programme/exchange/quote-conversion';
import { storeConversionRate, storeConversionRateSchema } from '../../../src/programme/exchange/store-conversion-rate';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { type HoldPoints, holdPoints, holdPointsSchema } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import type { SpentPoints } from '../../../src/programme/redemption/spend-points';
import { cancelReturn, cancelReturnSchema } from '../../../src/programme/returns/cancel-return';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { acceptInvitation, listInvitations } from '../../../src/programme/sharing/answer-invitation';
import { contributeToPool, contributeToPoolSchema } from '../../../src/programme/sharing/contribute-to-pool';
import { createPool } from '../../../src/programme/sharing/create-pool';
import { GIFT_RULE } from '../../../src/programme/sharing/gift-rule';
import { givePoints, givePointsSchema } from '../../../src/programme/sharing/give-points';
import { inviteToPool } from '../../../src/programme/sharing/invite-to-pool';
import { closePeriod } from '../../../src/settlement/months/close-period';
import { completeClose } from '../../../src/settlement/months/complete-close';
import { addAcceptedStaff, bindLogin } from '../../support/logins';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { purchaseOf, returnOf } from '../../support/shop-coalition';
import type { TestAppOptions } from '../../support/test-app';
import { insertExpiryNotices, insertPartnership, insertSetAside, insertSuspension } from './seeded-rows';

/** Somebody who sends requests. */
export interface Actor {
  readonly name: string;
  readonly principal: Principal;
  token(): Promise<string>;
}

export interface Person {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** The brand's own id of its customer. */
  readonly customerId: string;
  readonly card: string;
  readonly ref: MemberRef;
}

/** One of the two brands, with everything that a brand can have. */
export interface Side {
  readonly code: string;
  readonly brandId: Uuid;
  /** A word in every text that is this brand's own business: it must never be shown to the other. */
  readonly word: string;
  readonly client: Actor;
  readonly staff: Readonly<Record<StaffRole, Actor>>;
  /** A member of this brand only, and one of both. */
  readonly own: Person;
  readonly shared: Person;
  /** A member of this brand only, who will show the card at the other. */
  readonly visitor: Person;
  /** A member of this brand only, who was in arrears. */
  readonly poor: Person;
  /** A session that this brand's app opened for its own member; and for the shared one. */
  readonly member: Actor;
  readonly sharedMember: Actor;
  readonly statementId: Uuid;
  enrol(): Promise<Person>;
  /** A new member with points and a login of their own. */
  householder(): Promise<{ readonly person: Person; readonly actor: Actor }>;
  addStaff(): Promise<Uuid>;
  /** Somebody who has not accepted yet, and a token of theirs. */
  invite(): Promise<{ staffId: Uuid; token: string }>;
  purchase(person: Person, amount?: string, more?: Record<string, unknown>): Promise<Uuid>;
  spend(kind: 'redeem' | 'hold', person: Person, points?: number, more?: Record<string, unknown>): Promise<Uuid>;
  /** A quote of 10 FLP in AIR. */
  quote(person: Person): Promise<Uuid>;
  /** Starts the import of a file. */
  bringIn(kind: ImportKind): Promise<Uuid>;
  /** Goodwill that a programme manager has proposed. */
  sorry(by: Actor, person: Person): Promise<Uuid>;
  /** A purchase of 20 January, whose points wait to be confirmed. */
  award(person: Person): Promise<Uuid>;
  /** Buys something and brings it back; the return. */
  bringBack(person: Person): Promise<Uuid>;
  /** A partnership with the operator for a currency of its own, and the id of its only terms. */
  partnership(terms?: 'PROPOSED' | 'COUNTERSIGNED', state?: string): Promise<{ partnershipId: Uuid; termsId: Uuid; currency: string }>;
}

export interface TwoBrands {
  readonly points: PointsApi;
  readonly schema: GraphQLSchema;
  readonly operator: Actor;
  /** The attacker. */
  readonly a: Side;
  /** Whose things are attacked. */
  readonly b: Side;
  close(): Promise<void>;
}

// What one request may ask for is not tested here: selections ask for everything.
const NO_LIMITS = {
  TESSERA_QUERY_DEPTH: '30',
  TESSERA_QUERY_ALIASES: '10000',
  TESSERA_QUERY_TOKENS: '100000',
  TESSERA_QUERY_COST: '10000000',
  TESSERA_RATE_COST: '1000000000',
  TESSERA_RATE_MEMBER_OPERATIONS: '100000000',
  TESSERA_RATE_MEMBER_COST: '1000000000',
  TESSERA_RATE_STRANGER_OPERATIONS: '100000000',
  TESSERA_RATE_STRANGER_COST: '1000000000',
  TESSERA_FAILED_LOOK_UPS: '100000000',
};
const IN_JANUARY = new Date('2026-01-15T10:00:00Z');
/** What is bought on that day is to be confirmed. */
const AWARD_DAY = new Date('2026-01-20T10:00:00Z');
const ROLES = ['PROGRAMME_MANAGER', 'FINANCE', 'COMPLIANCE_OFFICER', 'SUPPORT'] as const;

/** FUEL attacks, TAXI is attacked. Both have earned, spent, held, captured, refunded, returned; January is closed. */
export async function openTwoBrands(options: TestAppOptions = {}): Promise<TwoBrands> {
  const points = await openPointsApi({ planOnce: true, ...options, variables: { ...NO_LIMITS, TESSERA_MODE: 'sandbox', ...options.variables } });
  const { app } = points.test;
  const { operator: principal, freshOperatorToken } = points.coalition;
  const operator: Actor = { name: 'the operator', principal, token: freshOperatorToken };
  // A side's things all have its word for a reference.
  await points.test.database.owner.query("UPDATE brand SET references_repeat = 'ANY'");
  await openExchange(points, principal);
  await setRule(app, principal, GIFT_RULE, GIFT_RULE.schema.parse({ idempotencyKey: 'gifts of FLP', currency: 'FLP', effectiveFrom: IN_JANUARY }));
  const sides = { b: await openSide(points, operator, 'TAXI', 'zebulon', '10473', null), a: null as Side | null };
  sides.a = await openSide(points, operator, 'FUEL', 'quixote', '20047', sides.b.shared);
  const period = await closePeriod(app, principal, { currency: 'FLP', month: dayFromIso('2026-01-01') });
  while (await completeClose(app, period.id)) await sleep(20);
  await insertSetAside(points.test.database.owner);
  await lockWallet(app, sides.b.client.principal, { member: sides.b.shared.ref, reason: `${sides.b.word} suspects something` });
  const { rows } = await points.test.database.owner.query('SELECT id, brand_id FROM statement');
  const stated = (side: Side) => Object.assign(side, { statementId: rows.find((row) => row.brand_id === side.brandId).id as Uuid });
  return { points, schema: buildTesseraSchema(), operator, a: stated(sides.a), b: stated(sides.b), close: () => points.close() };
}

/** A second currency, AIR, that FLP can be converted into. */
async function openExchange({ test: { app } }: PointsApi, operator: Principal): Promise<void> {
  const currency = { code: 'AIR', name: 'air', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } };
  await createPointCurrency(app, operator, { ...createPointCurrencySchema.parse({ idempotencyKey: 'AIR', ...currency }), ownerBrandId: null });
  const rate = { fromCurrency: 'FLP', toCurrency: 'AIR', numerator: 3n, denominator: 4n, minimum: 1n, increment: 1n, fee: 1n };
  await storeConversionRate(app, operator, storeConversionRateSchema.parse({ idempotencyKey: 'FLP in AIR', ...rate, effectiveFrom: app.clock.now() }));
}

async function openSide(points: PointsApi, operator: Actor, code: string, word: string, amount: string, known: Person | null): Promise<Side> {
  const { app, database } = points.test;
  const { id: brandId, clientId } = points.coalition.brands[code];
  await insertSuspension(database.owner, brandId, IN_JANUARY);
  const principal: Principal = { kind: 'client', clientId, brandId, scopes: new Set(SCOPES) };
  const client: Actor = { name: `${code}'s API client`, principal, token: () => mintClientToken(app, { id: clientId, scopes: SCOPES }) };
  let made = 0;

  async function staffOf(role: StaffRole): Promise<Actor> {
    const subject = `${word} ${role} ${++made}`;
    const { id } = await addAcceptedStaff(app, operator.principal, { idempotencyKey: `staff ${subject}`, brandId, issuer: localIssuer(app), subject, role });
    return {
      name: `${code}'s ${role}`,
      principal: { kind: 'staff', staffId: id, brandId, role, ofOperator: false },
      token: () => mintLocalLogin(app, subject),
    };
  }
  async function enrol(): Promise<Person> {
    const n = ++made;
    const [customerId, card] = [`${word} customer ${n}`, `${word} card ${n}`];
    const personalData = { givenName: `${word} given`, familyName: `${word} family`, email: `${word}${n}@example.com`, birthDate: '1980-01-01' };
    const command = { idempotencyKey: `enrol ${n}`, customerId, identifiers: [{ kind: 'CARD', value: card }], personalData, jurisdiction: 'AT' };
    const enrolled = await enrolMember(app, principal, enrolMemberSchema.parse(command));
    return { ...enrolled, customerId, card, ref: { by: 'id', memberId: enrolled.memberId } };
  }
  async function meet(person: Person): Promise<Person> {
    const customerId = `${word} customer ${++made}`;
    await linkMember(app, principal, { member: { by: 'identifier', identifier: { kind: 'CARD', value: person.card } }, customerId });
    await confirmLink(app, withLogin(person), brandId);
    return { ...person, customerId };
  }
  const sessionOf = (name: string, person: Person): Actor => ({
    name: `${code}'s ${name}`,
    principal: { kind: 'member', memberId: person.memberId, brandId },
    token: () => mintMemberToken(app, brandId, person.memberId),
  });
  const withLogin = ({ memberId }: Person): Principal => ({ kind: 'member', memberId, brandId: null });
  async function purchase(person: Person, price = '900', more: Record<string, unknown> = {}): Promise<Uuid> {
    const lines = [
      { sku: `${word} sku`, category: `${word} goods`, quantity: '1', unitPrice: price },
      { sku: 'GIFTCARD', quantity: '1', unitPrice: '1' },
    ];
    const { purchaseId } = await recordPurchase(
      app,
      principal,
      purchaseOf(person.ref, price, { lines, moneyCurrency: 'EUR', reference: `${word} reference`, ...more }),
    );
    return purchaseId;
  }
  async function spend(kind: 'redeem' | 'hold', person: Person, spent = 50, more: Record<string, unknown> = {}): Promise<Uuid> {
    const purchaseAmount = { amount: '100', moneyCurrency: 'EUR' };
    const command = {
      idempotencyKey: newUuid(),
      member: person.ref,
      currency: 'FLP',
      points: BigInt(spent),
      purchase: purchaseAmount,
      reference: `${word} reference`,
      ...more,
    };
    const { redemptionId }: SpentPoints =
      kind === 'hold'
        ? await holdPoints(app, principal, holdPointsSchema.parse(command))
        : await redeemPoints(app, principal, holdPointsSchema.parse(command) as HoldPoints);
    return redemptionId;
  }
  async function householder() {
    const person = await enrol();
    await purchase(person);
    const subject = person.card;
    const token = () => mintLocalLogin(app, subject);
    await bindLogin(app, principal, person.memberId, await token());
    return { person, actor: { name: `${code}'s householder`, principal: withLogin(person), token } };
  }
  /** What members share: a gift that the brand asks for and one that the giver does, and a pool that is spent from. */
  async function share(owner: Person, other: Person): Promise<void> {
    const gift = () => ({ idempotencyKey: newUuid(), to: other.ref, currency: 'FLP', points: 10n });
    await givePoints(app, principal, givePointsSchema.parse({ ...gift(), from: owner.ref }));
    await givePoints(app, withLogin(owner), givePointsSchema.parse({ ...gift(), from: null }));
    const nothing = { numerator: 0, denominator: 1 };
    await createPool(app, withLogin(owner), { idempotencyKey: newUuid(), share: nothing });
    await inviteToPool(app, withLogin(owner), { idempotencyKey: newUuid(), member: other.ref, role: 'ADULT' });
    const [{ invitationId }] = await listInvitations(app, withLogin(other));
    await acceptInvitation(app, withLogin(other), { invitationId, share: nothing });
    await contributeToPool(app, withLogin(owner), contributeToPoolSchema.parse({ idempotencyKey: newUuid(), currency: 'FLP', points: 300n }));
    await spend('redeem', other, 100, { source: 'POOL' });
    await spend('hold', owner, 100, { source: 'POOL' });
  }
  const conversion = (person: Person | null) => ({ idempotencyKey: newUuid(), member: person?.ref ?? null, from: 'FLP', to: 'AIR', points: 10n });
  async function quote(person: Person): Promise<Uuid> {
    return (await quoteConversion(app, principal, quoteConversionSchema.parse(conversion(person)))).id;
  }
  async function convert(person: Person): Promise<void> {
    await convertPoints(app, principal, convertPointsSchema.parse({ ...conversion(person), quoteId: await quote(person) }));
    await convertPoints(app, withLogin(person), convertPointsSchema.parse(conversion(null)));
    await quoteConversion(app, withLogin(person), quoteConversionSchema.parse(conversion(null)));
  }
  const partnership = (terms: 'PROPOSED' | 'COUNTERSIGNED' = 'COUNTERSIGNED', state = 'ACTIVE') =>
    insertPartnership(database.owner, {
      currency: `X${code}${++made}`,
      brandId,
      operatorId: operator.principal.brandId as Uuid,
      word,
      at: IN_JANUARY,
      terms,
      state,
    });

  async function setAvailability(from: string, availability: Record<string, unknown>): Promise<void> {
    const rule = { idempotencyKey: `rule from ${from}`, currency: 'FLP', moneyCurrency: 'EUR', pointsPerUnit: 1, excludedSkus: ['GIFTCARD'] };
    await setRule(app, principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, effectiveFrom: new Date(from), availability }));
  }
  async function bringIn(kind: ImportKind, rows: readonly SentRow[] = []): Promise<Uuid> {
    const file = { idempotencyKey: newUuid(), kind, currency: kind === 'MEMBERS' ? null : 'FLP', fileName: `${word} file.csv` };
    const { id } = await startImport(app, principal, startImportSchema.parse(file));
    if (rows.length > 0) await importOpenings(app, principal, { importId: id, rows, bytesDone: null });
    return id;
  }
  async function sorry(by: Actor, person: Person): Promise<Uuid> {
    const asked = { idempotencyKey: newUuid(), member: person.ref, currency: 'FLP', points: 10n, reason: `${word} is sorry` };
    return (await proposeGoodwill(app, by.principal, proposeGoodwillSchema.parse(asked))).id;
  }
  const award = (person: Person) => purchase(person, '700', { occurredAt: AWARD_DAY });
  const bringBack = async (person: Person) => (await recordReturn(app, principal, returnOf(await purchase(person), [{ lineNo: 1, quantity: '1' }]))).returnId;
  async function awards(person: Person): Promise<void> {
    await confirmPurchase(app, principal, { idempotencyKey: newUuid(), purchaseId: await award(person), occurredAt: null });
    await award(person);
  }

  await setAvailability('2026-01-20T00:00:00Z', { kind: 'ON_EVENT', days: 730 });
  await setAvailability('2026-01-21T00:00:00Z', { kind: 'IMMEDIATE' });
  const [own, visitor] = [await enrol(), await enrol()];
  await purchase(visitor, '5000');
  const shared = known ? await meet(known) : await enrol();
  for (const person of [own, shared]) {
    const bought = await purchase(person, `${amount}7.25`, { occurredAt: IN_JANUARY });
    const mistaken = returnOf(await purchase(person, `${amount}9`), [{ lineNo: 1, quantity: '1' }]);
    const { returnId } = await recordReturn(app, principal, mistaken);
    await cancelReturn(app, principal, cancelReturnSchema.parse({ idempotencyKey: newUuid(), returnId }));
    await recordReturn(app, principal, returnOf(bought, [{ lineNo: 1, quantity: '0.5' }], { occurredAt: IN_JANUARY }));
    const burned = await spend('redeem', person, 120, { occurredAt: IN_JANUARY });
    await spend('redeem', person, 130);
    await spend('hold', person, 140);
    const held = await spend('hold', person, 150);
    await captureHold(app, principal, captureHoldSchema.parse({ idempotencyKey: newUuid(), redemptionId: held, points: 100n }));
    await refundRedemption(app, principal, refundRedemptionSchema.parse({ idempotencyKey: newUuid(), redemptionId: burned, points: 20n }));
    await convert(person);
    await awards(person);
    await purchase(person, `${amount}3`, { redemptionIds: [await spend('redeem', person, 160)] });
  }
  // Arrears: all points of a purchase are spent before it comes back.
  const poor = await enrol();
  const returned = await purchase(poor, '200');
  await spend('redeem', poor, 100);
  await recordReturn(app, principal, returnOf(returned, [{ lineNo: 1, quantity: '1' }]));
  await purchase(poor, '30');
  await share(own, known ? visitor : poor);
  // What members and brands do to a wallet is written into the brand's trail.
  const sharedMember = sessionOf('shared member', shared);
  await lockWallet(app, sharedMember.principal, { member: null, reason: `${word} lost the phone` });
  await unlockWallet(app, withLogin(shared), { member: null, reason: null });
  await lockWallet(app, principal, { member: own.ref, reason: `${word} looks odd` });
  await unlockWallet(app, withLogin(own), { member: null, reason: null });
  await insertExpiryNotices(
    database.owner,
    [own, shared].map(({ walletId }) => walletId),
    app.clock.now(),
  );
  const staff = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await staffOf(role)]))) as Record<StaffRole, Actor>;
  await bringIn('OPENINGS', [
    { line: 2, cells: { customerId: own.customerId, points: '10', reference: `${word} reference` }, unreadable: null },
    { line: 3, cells: {}, unreadable: `${word} is no CSV` },
    { line: 4, cells: { customerId: own.customerId, points: '10', currency: 'NOPE' }, unreadable: null },
  ]);
  await approveGoodwill(app, staff.SUPPORT.principal, { proposalId: await sorry(staff.PROGRAMME_MANAGER, own), reason: `${word} is true` });
  await sorry(staff.PROGRAMME_MANAGER, own);
  await createMemberSession(app, principal, { memberId: own.memberId });
  await partnership('PROPOSED', 'PROPOSED');
  return {
    code,
    brandId,
    word,
    client,
    staff,
    own,
    shared,
    visitor,
    poor,
    member: sessionOf('member', own),
    sharedMember,
    statementId: '',
    enrol,
    async invite() {
      const subject = `${word} invited ${++made}`;
      const { id } = await addStaff(app, principal, { idempotencyKey: subject, brandId: null, issuer: localIssuer(app), subject, role: 'SUPPORT' });
      return { staffId: id, token: await mintLocalLogin(app, subject) };
    },
    async addStaff() {
      const added = await staffOf('SUPPORT');
      return added.principal.kind === 'staff' ? added.principal.staffId : '';
    },
    householder,
    purchase,
    spend,
    quote,
    bringIn,
    sorry,
    award,
    bringBack,
    partnership,
  };
}
