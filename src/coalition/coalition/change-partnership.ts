import type { App } from '../../app';
import { DAY_MS } from '../../platform/clock';
import type { Tx } from '../../platform/database/transaction';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { InvalidInput, NotFound, PermissionDenied } from '../../platform/refusal';
import { oneOf } from '../../platform/refusal-fields';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { actorOf, databasePrincipal, type Principal } from '../access/principal';
import { recordChange } from '../access/record-change';
import { PartnershipRecord, type PartnershipStateName } from './partnership.entity';
import { PartnershipEvent } from './partnership-event.entity';
import { stateAt } from './partnership-state';
import { TermsRecord } from './terms.entity';

/** What is refused where a partnership is suspended, resumed or ended. */
export const changePartnershipRefusals = refusals(
  defineRefusal('PARTNERSHIP_STATE', {
    typeName: 'PartnershipStateRefused',
    description: "The partnership's state does not allow the change.",
    retrySafe: false,
    fields: { state: oneOf('PartnershipState', 'The state that it is in.') },
    discloses: 'NOBODY',
    message: ({ state }, { wanted }: { wanted: string }) => `The partnership is ${state}: it cannot be ${wanted}.`,
  }),
);

export interface ChangePartnership {
  readonly partnershipId: Uuid;
  readonly reason?: string | null;
}

/** Suspends a partnership: from now on nothing is issued or redeemed under it. By either side, or the operator. */
export function suspendPartnership(app: App, principal: Principal, command: ChangePartnership): Promise<PartnershipRecord> {
  return change(app, principal, 'suspendPartnership', command, async (tx, by, partnership, history) => {
    const state = stateAt(history, app.clock.now());
    if (state === 'SUSPENDED') return;
    if (state !== 'ACTIVE' && state !== 'ENDING') throw changePartnershipRefusals.refuse('PARTNERSHIP_STATE', { state, wanted: 'suspended' });
    await changeState(app, tx, by, partnership, { state: 'SUSPENDED', at: app.clock.now() });
  });
}

/** Lifts a suspension: whoever made it, or the operator. */
export function resumePartnership(app: App, principal: Principal, command: ChangePartnership): Promise<PartnershipRecord> {
  return change(app, principal, 'resumePartnership', command, async (tx, by, partnership, history) => {
    const now = app.clock.now();
    const state = stateAt(history, now);
    if (state === 'ACTIVE' || state === 'ENDING') return;
    if (state !== 'SUSPENDED') throw changePartnershipRefusals.refuse('PARTNERSHIP_STATE', { state, wanted: 'resumed' });
    const suspension = history.findLast((event) => event.state === 'SUSPENDED');
    if (suspension?.byBrandId !== by.brandId && !isOperator(principal))
      throw new PermissionDenied('A suspension is lifted by the side that made it, or by the operator.');
    const ending = history.some((event) => event.state === 'ENDED' && event.at > now);
    await changeState(app, tx, by, partnership, { state: ending ? 'ENDING' : 'ACTIVE', at: now });
  });
}

export interface EndPartnership extends ChangePartnership {
  /** When it ends; null for as soon as the notice in the terms allows. */
  readonly endsAt: Date | null;
}

/** Announces a partnership's end, with the notice that the terms ask for. Until then it goes on as agreed. */
export function endPartnership(app: App, principal: Principal, command: EndPartnership): Promise<PartnershipRecord> {
  return change(app, principal, 'endPartnership', command, async (tx, by, partnership, history) => {
    const now = app.clock.now();
    const state = stateAt(history, now);
    const announced = history.find((event) => event.state === 'ENDED');
    if (announced && (command.endsAt === null || announced.at.getTime() === command.endsAt.getTime())) return;
    if (announced || state === 'ENDED') throw changePartnershipRefusals.refuse('PARTNERSHIP_STATE', { state, wanted: 'ended at another time' });
    const versions = await tx.manager.find(TermsRecord, { where: { partnershipId: partnership.id, status: 'COUNTERSIGNED' }, order: { effectiveFrom: 'ASC' } });
    const terms = versions.findLast((each) => each.effectiveFrom <= now) ?? versions[0];
    // Before anything was agreed there is nothing to give notice of.
    const earliest = new Date(now.getTime() + (terms?.noticeDays ?? 0) * DAY_MS);
    const endsAt = command.endsAt ?? earliest;
    if (endsAt < earliest)
      throw new InvalidInput('input.endsAt', `The terms ask for ${terms?.noticeDays ?? 0} days of notice: it can end at ${earliest.toISOString()} or later.`);
    // A suspension goes on; otherwise the notice runs.
    if (state !== 'SUSPENDED') await changeState(app, tx, by, partnership, { state: endsAt <= now ? 'ENDED' : 'ENDING', at: now });
    if (endsAt > now) await addEvent(tx, by, partnership.id, { state: 'ENDED', at: endsAt });
  });
}

function isOperator(principal: Principal): boolean {
  return principal.kind === 'staff' && principal.ofOperator;
}

async function change(
  app: App,
  principal: Principal,
  operation: string,
  command: ChangePartnership,
  work: (tx: Tx, by: ChangedBy, partnership: PartnershipRecord, history: readonly PartnershipEvent[]) => Promise<void>,
): Promise<PartnershipRecord> {
  const by = { principal, brandId: requireBrandOrOperator(principal, ADMIN, null), reason: command.reason };
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const partnership = await lockPartnership(tx, command.partnershipId);
    const history = await tx.manager.find(PartnershipEvent, { where: { partnershipId: partnership.id }, order: { seq: 'ASC' } });
    await work(tx, by, partnership, history);
    const changed = (await tx.manager.countBy(PartnershipEvent, { partnershipId: partnership.id })) > history.length;
    if (changed) await recordChange(app, tx, principal, { operation, target: partnership.id, reason: command.reason });
    return tx.manager.findOneByOrFail(PartnershipRecord, { id: partnership.id });
  });
}

/** The partnership, locked: its history and terms are changed by one at a time. Throws NotFound for those of others. */
export async function lockPartnership(tx: Tx, id: Uuid): Promise<PartnershipRecord> {
  const partnership = await tx.manager.findOne(PartnershipRecord, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!partnership) throw new NotFound('Partnership');
  return partnership;
}

/** Who changes a partnership, for which of its sides, and why. */
interface ChangedBy {
  readonly principal: Principal;
  readonly brandId: Uuid;
  readonly reason?: string | null;
}

interface NewState {
  readonly state: PartnershipStateName;
  readonly at: Date;
}

/** Sets the state of a locked partnership and writes it into its history. */
export async function changeState(app: App, tx: Tx, by: ChangedBy, partnership: PartnershipRecord, becomes: NewState): Promise<void> {
  const { state } = becomes;
  app.log.info({ partnershipId: partnership.id, state }, 'a partnership changes its state');
  await tx.manager.update(PartnershipRecord, { id: partnership.id }, { state });
  await addEvent(tx, by, partnership.id, becomes);
}

async function addEvent(tx: Tx, { principal, brandId, reason }: ChangedBy, partnershipId: Uuid, becomes: NewState): Promise<void> {
  const seq = (await tx.manager.maximum(PartnershipEvent, 'seq', { partnershipId })) ?? 0;
  await tx.manager.insert(PartnershipEvent, {
    partnershipId,
    seq: seq + 1,
    ...becomes,
    byBrandId: brandId,
    byActor: actorOf(principal),
    reason: reason ?? null,
  });
}
