import { LessThan } from 'typeorm';
import type { App } from '../../app';
import { DAY_MS } from '../../platform/clock';
import { refusingBy } from '../../platform/database/constraint-refusal';
import type { Tx } from '../../platform/database/transaction';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { instant } from '../../platform/refusal-fields';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { recordChange } from '../access/record-change';
import { changeState, lockPartnership } from './change-partnership';
import type { PartnershipRecord } from './partnership.entity';
import { TermsRecord } from './terms.entity';

/** What is refused where terms are decided. */
export const declineTermsRefusals = refusals(
  defineRefusal('TERMS_DECIDED', {
    description: 'The terms are countersigned or declined already.',
    retrySafe: false,
    message: (_, { status }: { status: string }) => `These terms are ${status.toLowerCase()} already. Propose a new version to change anything.`,
  }),
);

/** What is refused where terms are countersigned. */
export const countersignTermsRefusals = refusals(
  declineTermsRefusals,
  defineRefusal('TERMS_START_PASSED', {
    description: 'The terms follow others and their start has passed.',
    retrySafe: false,
    fields: { effectiveFrom: instant('When they were to start.') },
    discloses: 'NOBODY',
    message: ({ effectiveFrom }) =>
      `These terms were to start at ${effectiveFrom}, which has passed, and are not the first. Propose them again with a later start.`,
  }),
  defineRefusal('NOTICE_TOO_SHORT', {
    description: 'The terms change a price sooner than the notice that the terms before ask for, and that was not waived.',
    retrySafe: false,
    fields: { earliest: instant('The earliest start that keeps the notice.') },
    discloses: 'NOBODY',
    message: ({ earliest }, { noticeDays }: { noticeDays: number }) =>
      `These terms change a price, which asks for ${noticeDays} days of notice from their proposal: until ${earliest}. Propose a later start, or countersign with waiveNotice.`,
  }),
  defineRefusal('TERMS_START_TAKEN', {
    description: 'Other countersigned terms of the partnership start at the same instant.',
    retrySafe: false,
    message: 'Other countersigned terms of this partnership start at the same instant.',
  }),
);

export interface DecideTerms {
  readonly termsId: Uuid;
  readonly reason?: string | null;
}

export interface CountersignTerms extends DecideTerms {
  /** A change of price may start sooner than the notice that the terms before ask for. */
  readonly waiveNotice?: boolean | null;
}

/**
 * Countersigns the other side's proposal: it is in force from its start on. The first one makes the partnership active.
 * A change of price starts no sooner than noticeDays of the terms before after its proposal, unless the notice is
 * waived. Refuses as countersignTermsRefusals lists.
 */
export function countersignTerms(app: App, principal: Principal, command: CountersignTerms): Promise<TermsRecord> {
  return decide(app, principal, command, 'COUNTERSIGNED', async (tx, own, terms, partnership) => {
    const first = !(await tx.manager.existsBy(TermsRecord, { partnershipId: terms.partnershipId, status: 'COUNTERSIGNED' }));
    if (!first && terms.effectiveFrom < app.clock.now()) throw countersignTermsRefusals.refuse('TERMS_START_PASSED', { effectiveFrom: terms.effectiveFrom });
    const waived = await requireNotice(tx, terms, command.waiveNotice ?? false);
    if (partnership.state === 'PROPOSED') {
      const by = { principal, brandId: own, reason: command.reason };
      await changeState(app, tx, by, partnership, { state: 'ACTIVE', at: app.clock.now() });
    }
    return { noticeWaived: waived };
  });
}

/** Declines the other side's proposal. */
export function declineTerms(app: App, principal: Principal, command: DecideTerms): Promise<TermsRecord> {
  return decide(app, principal, command, 'DECLINED', async () => ({}));
}

const PRICES = ['issuancePrice', 'reimbursementPrice', 'openingPrice', 'pricesIncludeTax'] as const;

/** Throws NOTICE_TOO_SHORT; true where there was too little notice and it was waived. */
async function requireNotice(tx: Tx, terms: TermsRecord, waive: boolean): Promise<boolean> {
  const before = await tx.manager.findOne(TermsRecord, {
    where: { partnershipId: terms.partnershipId, status: 'COUNTERSIGNED', effectiveFrom: LessThan(terms.effectiveFrom) },
    order: { effectiveFrom: 'DESC' },
  });
  if (!before || PRICES.every((price) => before[price] === terms[price])) return false;
  const earliest = new Date(terms.proposedAt.getTime() + before.noticeDays * DAY_MS);
  if (terms.effectiveFrom >= earliest) return false;
  if (!waive) throw countersignTermsRefusals.refuse('NOTICE_TOO_SHORT', { earliest, noticeDays: before.noticeDays });
  return true;
}

async function decide(
  app: App,
  principal: Principal,
  command: DecideTerms,
  status: 'COUNTERSIGNED' | 'DECLINED',
  prepare: (tx: Tx, own: Uuid, terms: TermsRecord, partnership: PartnershipRecord) => Promise<{ readonly noticeWaived?: boolean }>,
): Promise<TermsRecord> {
  const own = requireBrandOrOperator(principal, ADMIN, null);
  return refusingBy({ terms_version_one_start: () => countersignTermsRefusals.refuse('TERMS_START_TAKEN') }, () =>
    app.database.transaction(databasePrincipal(principal), async (tx) => {
      const terms = await tx.manager.findOne(TermsRecord, { where: { id: command.termsId } });
      if (!terms) throw new NotFound('Terms');
      const partnership = await lockPartnership(tx, terms.partnershipId);
      // The operator sees everybody's terms, but signs only its own.
      if (partnership.brandId !== own && partnership.partnerBrandId !== own) throw new PermissionDenied('Only the two sides decide about their terms.');
      if (terms.proposedByBrandId === own) throw new PermissionDenied('Terms are decided by the side that did not propose them.');
      const current = await tx.manager.findOneByOrFail(TermsRecord, { id: terms.id });
      if (current.status === status) return current;
      if (current.status !== 'PROPOSED') throw declineTermsRefusals.refuse('TERMS_DECIDED', { status: current.status });
      const agreed = await prepare(tx, own, current, partnership);
      const decision = { status, decidedByBrandId: own, decidedAt: app.clock.now(), ...agreed };
      await tx.manager.update(TermsRecord, { id: terms.id, status: 'PROPOSED' }, decision);
      await recordChange(app, tx, principal, {
        operation: status === 'COUNTERSIGNED' ? 'countersignTerms' : 'declineTerms',
        target: terms.id,
        reason: command.reason,
        ...(agreed.noticeWaived && { details: { noticeWaived: true } }),
      });
      return Object.assign(current, decision);
    }),
  );
}
