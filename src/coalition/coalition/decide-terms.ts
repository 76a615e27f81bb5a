import { LessThan } from 'typeorm';
import type { App } from '../../app';
import { DAY_MS } from '../../platform/clock';
import { refusingBy } from '../../platform/database/constraint-refusal';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { NotFound, PermissionDenied, Refusal } from '../../platform/refusal';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { recordChange } from '../access/record-change';
import { changeState, lockPartnership } from './change-partnership';
import type { PartnershipRecord } from './partnership.entity';
import { TermsRecord } from './terms.entity';

/** Terms are decided once. */
export class TermsDecided extends Refusal {
  constructor(status: string) {
    super({ code: 'TERMS_DECIDED', retrySafe: false, message: `These terms are ${status.toLowerCase()} already. Propose a new version to change anything.` });
  }
}

/** Terms that follow others cannot reach back over what has already happened under those. */
export class TermsStartPassed extends Refusal {
  constructor(effectiveFrom: Date) {
    super({
      code: 'TERMS_START_PASSED',
      retrySafe: false,
      message: `These terms were to start at ${effectiveFrom.toISOString()}, which has passed, and are not the first. Propose them again with a later start.`,
      fields: { effectiveFrom: effectiveFrom.toISOString() },
    });
  }
}

/** A price changes sooner than the notice that the terms before ask for, and whoever countersigns has not waived it. */
export class NoticeTooShort extends Refusal {
  constructor(earliest: Date, noticeDays: number) {
    super({
      code: 'NOTICE_TOO_SHORT',
      retrySafe: false,
      message: `These terms change a price, which asks for ${noticeDays} days of notice from their proposal: until ${earliest.toISOString()}. Propose a later start, or countersign with waiveNotice.`,
      fields: { earliest: earliest.toISOString() },
    });
  }
}

/** Two versions cannot start at the same instant. */
export class TermsStartTaken extends Refusal {
  constructor() {
    super({ code: 'TERMS_START_TAKEN', retrySafe: false, message: 'Other countersigned terms of this partnership start at the same instant.' });
  }
}

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
 * waived. Throws TermsStartPassed, NoticeTooShort, TermsStartTaken.
 */
export function countersignTerms(app: App, principal: Principal, command: CountersignTerms): Promise<TermsRecord> {
  return decide(app, principal, command, 'COUNTERSIGNED', async (tx, own, terms, partnership) => {
    const first = !(await tx.manager.existsBy(TermsRecord, { partnershipId: terms.partnershipId, status: 'COUNTERSIGNED' }));
    if (!first && terms.effectiveFrom < app.clock.now()) throw new TermsStartPassed(terms.effectiveFrom);
    const waived = await requireNotice(tx, terms, command.waiveNotice ?? false);
    if (partnership.state === 'PROPOSED') await changeState(app, tx, principal, own, partnership, 'ACTIVE', app.clock.now(), command.reason);
    return { noticeWaived: waived };
  });
}

/** Declines the other side's proposal. */
export function declineTerms(app: App, principal: Principal, command: DecideTerms): Promise<TermsRecord> {
  return decide(app, principal, command, 'DECLINED', async () => ({}));
}

const PRICES = ['issuancePrice', 'reimbursementPrice', 'openingPrice', 'pricesIncludeTax'] as const;

/** Throws NoticeTooShort; true where there was too little notice and it was waived. */
async function requireNotice(tx: Tx, terms: TermsRecord, waive: boolean): Promise<boolean> {
  const before = await tx.manager.findOne(TermsRecord, {
    where: { partnershipId: terms.partnershipId, status: 'COUNTERSIGNED', effectiveFrom: LessThan(terms.effectiveFrom) },
    order: { effectiveFrom: 'DESC' },
  });
  if (!before || PRICES.every((price) => before[price] === terms[price])) return false;
  const earliest = new Date(terms.proposedAt.getTime() + before.noticeDays * DAY_MS);
  if (terms.effectiveFrom >= earliest) return false;
  if (!waive) throw new NoticeTooShort(earliest, before.noticeDays);
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
  return refusingBy({ terms_version_one_start: () => new TermsStartTaken() }, () =>
    app.database.transaction(databasePrincipal(principal), async (tx) => {
      const terms = await tx.manager.findOne(TermsRecord, { where: { id: command.termsId } });
      if (!terms) throw new NotFound('Terms');
      const partnership = await lockPartnership(tx, terms.partnershipId);
      // The operator sees everybody's terms, but signs only its own.
      if (partnership.brandId !== own && partnership.partnerBrandId !== own) throw new PermissionDenied('Only the two sides decide about their terms.');
      if (terms.proposedByBrandId === own) throw new PermissionDenied('Terms are decided by the side that did not propose them.');
      const current = await tx.manager.findOneByOrFail(TermsRecord, { id: terms.id });
      if (current.status === status) return current;
      if (current.status !== 'PROPOSED') throw new TermsDecided(current.status);
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
