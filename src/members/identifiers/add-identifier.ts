import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import { loginHash } from '../../coalition/sign-in/find-principal';
import { readLogin } from '../../coalition/sign-in/read-login';
import { refusingOnSecondLook } from '../../platform/database/constraint-refusal';
import type { Tx } from '../../platform/database/transaction';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { count } from '../../platform/refusal-fields';
import { auditName, type MemberOrSelf, withMember } from '../identification/asking-member';
import { hashesFor, presentHolders, requireKeepableFor } from '../identification/identifier-holders';
import type { Identifier, NameHashes } from '../identification/member-ref';
import { identifierRefusals } from '../identification/member-refusals';
import type { ResolvedMember } from '../identification/resolve-members';
import { proofRefusals, requireMemberProof } from '../identification/what-proves';

/** What is refused where a member gets another identifier. */
export const addIdentifierRefusals = refusals(
  identifierRefusals,
  proofRefusals,
  defineRefusal('TOO_MANY_IDENTIFIERS', {
    description: 'The member has as many identifiers as a member can have.',
    retrySafe: true,
    fields: { maximum: count('Most that a member has.') },
    discloses: 'NOBODY',
    message: 'A member has at most 20 identifiers. Remove one first.',
  }),
);

export interface AddIdentifier {
  readonly member: MemberOrSelf;
  readonly identifier: Identifier;
  /**
   * Of a member who adds its own: a token of its login that says the number or address is verified; null: there is
   * none.
   */
  readonly token?: string | null;
}

/** How an identifier comes to a member. */
interface Addition {
  readonly claim: boolean;
  readonly verifiedAt: Date | null;
}

/**
 * Gives a member one more identifier; one that the member has already stays as it is. The operator's support adds every
 * kind, and so does a brand over a confirmed link. A member's login adds a PHONE or EMAIL: a claim, which finds nobody
 * until a token of the login proves it, or a brand adds it. What is proved is taken over from whoever has it without
 * proof. Refuses as addIdentifierRefusals lists; throws InvalidInput.
 */
export async function addIdentifier(app: App, principal: Principal, { member: ref, identifier, token = null }: AddIdentifier): Promise<ResolvedMember> {
  const { kind } = identifier;
  if (token !== null && principal.kind !== 'member')
    throw new InvalidInput('input.token', 'Only members prove what they add by a token of their login. Leave it out.');
  const proved = principal.kind === 'member' ? await ownProof(app, principal, identifier, token) : null;
  const addition: Addition = { claim: proved === false, verifiedAt: proved ? app.clock.now() : null };
  const meanings = {
    member_identifier_one_owner: () => identifierRefusals.refuse('IDENTIFIER_TAKEN', { kind }),
    member_identifier_most: () => addIdentifierRefusals.refuse('TOO_MANY_IDENTIFIERS', { maximum: 20 }),
    member_identifier_rests: () => identifierRefusals.refuse('IDENTIFIER_RESTS', { kind }),
    // Closed, or merged, since it was looked up.
    member_identifier_of_active: () => new NotFound('Member'),
  };
  return refusingOnSecondLook(meanings, () =>
    withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'], takes: 'addIdentifier' }, async (tx, member) => {
      // Whoever knows a phone number must not give its member a card of their own.
      requireMemberProof(member);
      const hashes = await hashesFor(app, tx.client, principal, identifier, 'input.identifier.value');
      if (addition.verifiedAt) await takeOver(app, tx, principal, kind, hashes);
      const holders = await presentHolders(tx.client, kind, hashes);
      // What somebody else has may be claimed all the same: that it is had is not told.
      if (!addition.claim && holders.some((holder) => holder !== member.memberId)) throw identifierRefusals.refuse('IDENTIFIER_TAKEN', { kind });
      if (holders.includes(member.memberId) && !addition.verifiedAt) return member;
      await requireKeepableFor(app, tx.client, principal, identifier, 'input.identifier.value');
      if (await insert(app, tx.client, principal, { memberId: member.memberId, kind, hash: hashes.hash }, addition)) {
        const operation = addition.claim ? 'claimIdentifier' : 'addIdentifier';
        await recordChange(app, tx, principal, { operation, target: auditName(app, principal, member), member: member.memberId, details: { kind } });
      }
      return member;
    }),
  );
}

/**
 * Whether the token proves that the asking member's login has this number or address. Throws InvalidInput for other
 * kinds and for somebody else's token.
 */
async function ownProof(app: App, principal: Principal, identifier: Identifier, token: string | null): Promise<boolean> {
  const memberId = requireMemberLogin(principal);
  const { kind } = identifier;
  if (kind !== 'PHONE' && kind !== 'EMAIL')
    throw new InvalidInput('input.identifier.kind', 'A member adds a PHONE or EMAIL. Cards and codes are added by the brand that gives them.');
  if (token === null) return false;
  const login = await readLogin(app, token);
  return app.database.transaction({ kind: 'member', memberId }, async ({ client }) => {
    const { rows } = await client.query<{ owner: Uuid | null }>('SELECT find_member_by_identifier($1, $2) AS owner', ['LOGIN', loginHash(app, login)]);
    if (only(rows).owner !== memberId) throw new InvalidInput('input.token', 'This token is of another login than the member has.');
    const value = kind === 'EMAIL' ? login.verifiedEmail : login.verifiedPhone;
    if (value === null) throw new InvalidInput('input.token', `This token does not say that the ${kind} is verified.`);
    await requireKeepableFor(app, client, principal, identifier, 'input.identifier.value');
    const [own, said] = await Promise.all([hashesFor(app, client, principal, { kind, value }), hashesFor(app, client, principal, identifier)]);
    if (!own.hash.equals(said.hash)) throw new InvalidInput('input.token', `This token is about another ${kind}.`);
    return true;
  });
}

/** From whoever has it without proof; both see it. */
async function takeOver(app: App, tx: Tx, principal: Principal, kind: Identifier['kind'], { hash, spelled }: NameHashes): Promise<void> {
  const { rows } = await tx.client.query<{ member_id: Uuid }>('SELECT take_identifier_over($1, $2::bytea[], $3) AS member_id', [
    kind,
    spelled ? [hash, spelled] : [hash],
    app.clock.now(),
  ]);
  for (const holder of new Set<Uuid>(rows.map((row) => row.member_id)))
    await recordChange(app, tx, principal, { operation: 'takeIdentifierOver', target: kind, member: holder });
}

/**
 * Whether it was not there yet. What was claimed, or had without proof, ends and is made anew: who had what, and when,
 * stays on record.
 */
async function insert(
  app: App,
  client: PoolClient,
  principal: Principal,
  { memberId, kind, hash }: { readonly memberId: Uuid; readonly kind: Identifier['kind']; readonly hash: Buffer },
  { claim, verifiedAt }: Addition,
): Promise<boolean> {
  const now = app.clock.now();
  if (verifiedAt)
    await client.query(
      'UPDATE member_identifier SET removed_at = $4 WHERE member_id = $1 AND kind = $2 AND hash = $3 AND removed_at IS NULL AND verified_at IS NULL',
      [memberId, kind, hash, now],
    );
  const { rowCount } = await client.query(
    `INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at, claim, verified_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8
     WHERE NOT EXISTS (SELECT FROM member_identifier WHERE member_id = $2 AND kind = $3 AND hash = $4 AND removed_at IS NULL AND claim = $7)
     ON CONFLICT (member_id, kind, hash) WHERE removed_at IS NULL AND claim DO NOTHING`,
    [newUuid(), memberId, kind, hash, principal.kind === 'member' ? null : principal.brandId, now, claim, verifiedAt],
  );
  return rowCount === 1;
}
