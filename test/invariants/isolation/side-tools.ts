import type { ImportKind } from '../../../src/api/ingest/file-import';
import { importOpenings } from '../../../src/api/ingest/import-openings';
import type { SentRow } from '../../../src/api/ingest/row-fields';
import { startImport, startImportSchema } from '../../../src/api/ingest/start-import';
import type { Principal, StaffRole } from '../../../src/coalition/access/principal';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { addStaff } from '../../../src/coalition/sign-in/add-staff';
import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { proposeGoodwill, proposeGoodwillSchema } from '../../../src/programme/care/propose-goodwill';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { convertPoints, convertPointsSchema } from '../../../src/programme/exchange/convert-points';
import { quoteConversion, quoteConversionSchema } from '../../../src/programme/exchange/quote-conversion';
import { type HoldPoints, holdPoints, holdPointsSchema } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import type { SpentPoints } from '../../../src/programme/redemption/spend-points';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { acceptInvitation, listInvitations } from '../../../src/programme/sharing/answer-invitation';
import { contributeToPool, contributeToPoolSchema } from '../../../src/programme/sharing/contribute-to-pool';
import { createPool } from '../../../src/programme/sharing/create-pool';
import { givePoints, givePointsSchema } from '../../../src/programme/sharing/give-points';
import { inviteToPool } from '../../../src/programme/sharing/invite-to-pool';
import { addAcceptedStaff, bindLogin } from '../../support/logins';
import type { PointsApi } from '../../support/points-api';
import { purchaseOf, returnOf } from '../../support/shop-coalition';
import { insertPartnership } from './seeded-rows';
import { type Actor, actorWith, type Furniture, type Person, type SideTools } from './side';

export const IN_JANUARY = new Date('2026-01-15T10:00:00Z');
/** What is bought on that day is to be confirmed. */
const AWARD_DAY = new Date('2026-01-20T10:00:00Z');

/** What can be done for a side; `madeBefore`: how many things of its were numbered before. */
export function toolsOf(
  points: PointsApi,
  operator: Actor,
  { code, brandId, word, client }: Pick<Furniture, 'code' | 'brandId' | 'word' | 'client'>,
  madeBefore = 0,
) {
  const { app, database } = points.test;
  const { principal } = client;
  let made = madeBefore;

  async function staffOf(role: StaffRole): Promise<Actor> {
    const subject = `${word} ${role} ${++made}`;
    const { id } = await addAcceptedStaff(app, operator.principal, { idempotencyKey: `staff ${subject}`, brandId, issuer: localIssuer(app), subject, role });
    return actorWith(app, `${code}'s ${role}`, { kind: 'staff', staffId: id, brandId, role, ofOperator: false }, { as: 'login', subject });
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
  const sessionOf = (name: string, { memberId }: Person): Actor =>
    actorWith(app, `${code}'s ${name}`, { kind: 'member', memberId, brandId }, { as: 'session', brandId, memberId });
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
    const actor = actorWith(app, `${code}'s householder`, withLogin(person), { as: 'login', subject: person.card });
    await bindLogin(app, principal, person.memberId, await actor.token());
    return { person, actor };
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
  async function invite() {
    const subject = `${word} invited ${++made}`;
    const { id } = await addStaff(app, principal, { idempotencyKey: subject, brandId: null, issuer: localIssuer(app), subject, role: 'SUPPORT' });
    return { staffId: id, token: await mintLocalLogin(app, subject) };
  }
  async function addStaffMember(): Promise<Uuid> {
    const added = await staffOf('SUPPORT');
    return added.principal.kind === 'staff' ? added.principal.staffId : '';
  }
  const side: SideTools = { enrol, householder, addStaff: addStaffMember, invite, purchase, spend, quote, bringIn, sorry, award, bringBack, partnership };
  return { ...side, bringIn, staffOf, meet, sessionOf, withLogin, share, convert, awards, setAvailability };
}
