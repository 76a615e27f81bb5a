import { z } from 'zod';
import type { App } from '../../app';
import { contentHash } from '../../ledger/ledger/idempotency';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey, plainText } from '../../ledger/ledger/request-fields';
import { violatedConstraint } from '../../platform/database/constraint-refusal';
import type { Tx } from '../../platform/database/transaction';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { AuditEntry } from './audit-entry.entity';
import { actorOf, databasePrincipal, type Principal } from './principal';

/** Why a change is made, in the words of who makes it: kept in the audit trail. No personal data. */
export const reasonSchema = z.string().trim().min(1, 'Give a reason, or none.').max(500, 'A reason has at most 500 characters.').pipe(plainText(500)).nullish();

export const idempotencyKeySchema = idempotencyKey;

/** What is recorded of a change of configuration. */
export interface Change {
  /** Name of the operation, e.g. "suspendBrand". */
  readonly operation: string;
  /** Uuid, or a currency's code, of what was changed. */
  readonly target: string;
  /**
   * The member whom it is about; by default the member who does it. That member is shown it too (listMemberChanges),
   * without target, reason and details.
   */
  readonly member?: Uuid;
  readonly reason?: string | null;
  /** Old and new values where they are worth knowing; ids and numbers only, no personal data. */
  readonly details?: Record<string, string | number | boolean | null>;
}

/** Writes the audit entry of a change, in the change's own transaction: neither is ever there without the other. */
export async function recordChange(app: App, tx: Tx, principal: Principal, change: Change, id: Uuid = newUuid()): Promise<void> {
  // insert, not save: whoever writes an entry may not be able to read it, so nothing may be returned.
  await tx.manager.insert(AuditEntry, {
    id,
    at: app.clock.now(),
    actor: actorOf(principal),
    brandId: principal.brandId,
    operation: change.operation,
    targetId: change.target,
    memberId: change.member ?? (principal.kind === 'member' ? principal.memberId : null),
    reason: change.reason ?? null,
    details: change.details ?? null,
  });
}

/** A request that creates something. */
export interface Creation {
  readonly operation: string;
  readonly idempotencyKey: string;
  readonly reason?: string | null;
  /** What the request asks for: the same key with other content is a conflict. */
  readonly content: unknown;
  /** What of it the audit trail shows; ids and codes only, no personal data. */
  readonly details?: Change['details'];
}

/**
 * Creates something at most once for a party's idempotency key. The record of it is the audit entry, whose id derives
 * from both. `create` makes the thing in one transaction with that entry, and says what it is (a uuid or code). A
 * repetition gets the same one, with `repeated` set. Throws Refusal IDEMPOTENCY_CONFLICT.
 */
export async function createOnce(
  app: App,
  principal: Principal,
  request: Creation,
  create: (tx: Tx) => Promise<string>,
): Promise<{ target: string; repeated: boolean }> {
  const party = principal.kind === 'member' ? principal.memberId : principal.brandId;
  const id = derivedUuid('change', party, request.idempotencyKey);
  const hash = contentHash(request.operation, request.content).toString('hex');
  for (let attempt = 1; ; attempt++) {
    try {
      return await app.database.transaction(databasePrincipal(principal), async (tx) => {
        const earlier = await tx.manager.findOneBy(AuditEntry, { id });
        if (earlier) {
          if (earlier.details?.contentHash !== hash) throw keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
          return { target: earlier.targetId, repeated: true };
        }
        const target = await create(tx);
        await recordChange(
          app,
          tx,
          principal,
          { operation: request.operation, target, reason: request.reason, details: { ...request.details, contentHash: hash } },
          id,
        );
        return { target, repeated: false };
      });
    } catch (error) {
      // Somebody was quicker with the same key, and the second look finds what they made. Whichever constraint stopped
      // us, look once more.
      if (attempt > 1 || !violatedConstraint(error)) throw error;
    }
  }
}
