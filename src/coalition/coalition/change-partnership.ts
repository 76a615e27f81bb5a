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
    message: ({ state }, { wanted }: { wanted: string }) => `The partnership is ${state}: it cannot be ${wanted}.`,
  }),
);

export interface ChangePartnership {
  readonly partnershipId: Uuid;
  readonly reason?: string | null;
}

/** Suspends a partnership: from now on nothing is issued or redeemed under it. By either side, or the operator. */
export function suspendPartnership(app: App, principal: Principal, command: ChangePartnership): Promise<PartnershipRecord> {
  return change(app, principal, 'suspendPartnership', command, async (tx, own, partnership, history) => {
    const state = stateAt(history, app.clock.now());
    if (state === 'SUSPENDED') return;
    if (state !== 'ACTIVE' && state !== 'ENDING') throw changePartnershipRefusals.refuse('PARTNERSHIP_STATE', { state, wanted: 'suspended' });
    await changeState(app, tx, principal, own, partnership, 'SUSPENDED', app.clock.now(), command.reason);
  });
}

/** Lifts a suspension: whoever made it, or the operator. */
export function resumePartnership(app: App, principal: Principal, command: ChangePartnership): Promise<PartnershipRecord> {
  return change(app, principal, 'resumePartnership', command, async (tx, own, partnership, history) => {
    const now = app.clock.now();
    const state = stateAt(history, now);
    if (state === 'ACTIVE' || state === 'ENDING') return;
    if (state !== 'SUSPENDED') throw changePartnershipRefusals.refuse('PARTNERSHIP_STATE', { state, wanted: 'resumed' });
    const suspension = history.findLast((event) => event.state === 'SUSPENDED');
    if (suspension?.byBrandId !== own && !isOperator(principal))
      throw new PermissionDenied('A suspension is lifted by the side that made it, or by the operator.');
    const ending = history.some((event) => event.state === 'ENDED' && event.at > now);
    await changeState(app, tx, principal, own, partnership, ending ? 'ENDING' : 'ACTIVE', now, command.reason);
  });
}

export interface EndPartnership extends ChangePartnership {
  /** When it ends; null for as soon as the notice in the terms allows. */
  readonly endsAt: Date | null;
}

/** Announces a partnership's end, with the notice that the terms ask for. Until then it goes on as agreed. */
export function endPartnership(app: App, principal: Principal, command: EndPartnership): Promise<PartnershipRecord> {
  return change(app, principal, 'endPartnership', command, async (tx, own, partnership, history) => {
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
    if (state !== 'SUSPENDED') await changeState(app, tx, principal, own, partnership, endsAt <= now ? 'ENDED' : 'ENDING', now, command.reason);
    if (endsAt > now) await addEvent(tx, principal, own, partnership.id, 'ENDED', endsAt, command.reason);
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
  work: (tx: Tx, own: Uuid, partnership: PartnershipRecord, history: readonly PartnershipEvent[]) => Promise<void>,
): Promise<PartnershipRecord> {
  const own = requireBrandOrOperator(principal, ADMIN, null);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const partnership = await lockPartnership(tx, command.partnershipId);
    const history = await tx.manager.find(PartnershipEvent, { where: { partnershipId: partnership.id }, order: { seq: 'ASC' } });
    await work(tx, own, partnership, history);
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

/** Sets the state of a locked partnership and writes it into its history. */
export async function changeState(
  app: App,
  tx: Tx,
  principal: Principal,
  own: Uuid,
  partnership: PartnershipRecord,
  state: PartnershipStateName,
  at: Date,
  reason: string | null | undefined,
): Promise<void> {
  app.log.info({ partnershipId: partnership.id, state }, 'a partnership changes its state');
  await tx.manager.update(PartnershipRecord, { id: partnership.id }, { state });
  await addEvent(tx, principal, own, partnership.id, state, at, reason);
}

async function addEvent(
  tx: Tx,
  principal: Principal,
  own: Uuid,
  partnershipId: Uuid,
  state: PartnershipStateName,
  at: Date,
  reason: string | null | undefined,
): Promise<void> {
  const seq = (await tx.manager.maximum(PartnershipEvent, 'seq', { partnershipId })) ?? 0;
  await tx.manager.insert(PartnershipEvent, { partnershipId, seq: seq + 1, state, at, byBrandId: own, byActor: actorOf(principal), reason: reason ?? null });
}
