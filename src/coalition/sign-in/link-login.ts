import { z } from 'zod';
import type { App } from '../../app';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { codeHash } from '../access/one-time-code';
import { recordChange } from '../access/record-change';
import { loginHash } from './find-principal';
import { readLogin } from './read-login';

/** What is refused where a login is bound to a member. */
export const linkLoginRefusals = refusals(
  defineRefusal('LOGIN_TAKEN', {
    description: 'The login already belongs to a member.',
    retrySafe: true,
    message: 'This login already belongs to a member.',
  }),
  defineRefusal('LOGIN_BOUND', {
    description: 'The member has a login already. It is removed first.',
    retrySafe: true,
    message: "This member has a login already. It is removed first: by the member, or by the operator's support.",
  }),
);

export const linkLoginSchema = z.object({
  /** A fresh token of the identity provider for the login. */
  token: z.string().min(1).max(8_192),
  claimCode: z.string().regex(/^[\s0-9A-Za-z-]{12,30}$/, 'A claim code has twelve letters and digits.'),
});

/**
 * Binds a login to the member whom the claim code was made for. The token proves the login; the code proves that it is
 * the member's. Nothing else binds one. Throws LOGIN_TAKEN, LOGIN_BOUND, InvalidInput (token), NotFound (claim code:
 * unknown, used, ended, or what it rests on is no more).
 */
export async function linkLogin(app: App, command: z.output<typeof linkLoginSchema>): Promise<void> {
  const hash = loginHash(app, await readLogin(app, command.token));
  const claimHash = codeHash(app.keys, 'login-claim', command.claimCode);
  const now = app.clock.now();
  const memberId = await app.database.transaction({ kind: 'authenticator' }, async ({ client }) => {
    const { rows } = await client.query<{ member_id: string }>('SELECT member_id FROM login_claim WHERE hash = $1', [claimHash]);
    return rows[0]?.member_id;
  });
  if (!memberId) throw new NotFound('Claim code', ASK_FOR_ANOTHER);
  const member = { kind: 'member', memberId, brandId: null } as const;
  const refusals = {
    member_identifier_one_owner: () => linkLoginRefusals.refuse('LOGIN_TAKEN'),
    member_identifier_one_login: () => linkLoginRefusals.refuse('LOGIN_BOUND'),
  };
  await refusingBy(refusals, () =>
    app.database.transaction({ kind: 'member', memberId }, async (tx) => {
      // One at a time for a member.
      const { rows } = await tx.client.query("SELECT FROM member WHERE id = $1 AND status = 'ACTIVE' FOR NO KEY UPDATE", [memberId]);
      const { rows: bound } = await tx.client.query<{ hash: Buffer }>(
        "SELECT hash FROM member_identifier WHERE member_id = $1 AND kind = 'LOGIN' AND removed_at IS NULL",
        [memberId],
      );
      if (bound.some((row) => !row.hash.equals(hash))) throw linkLoginRefusals.refuse('LOGIN_BOUND');
      const loginId = newUuid();
      if (bound.length === 0)
        await tx.client.query("INSERT INTO member_identifier (id, member_id, kind, hash, added_at) VALUES ($1, $2, 'LOGIN', $3, $4)", [
          loginId,
          memberId,
          hash,
          now,
        ]);
      // The same login again, with the same code: it was cut off before it heard the answer.
      if (bound.length > 0) return;
      const { rowCount } = await tx.client.query(
        `UPDATE login_claim c SET used_at = $3, login_id = $4
         WHERE c.member_id = $1 AND c.hash = $2 AND c.used_at IS NULL AND c.expires_at > $3 AND ${STILL_STANDS}`,
        [memberId, claimHash, now, loginId],
      );
      if (rows.length === 0 || rowCount === 0) throw new NotFound('Claim code', ASK_FOR_ANOTHER);
      await recordChange(app, tx, member, { operation: 'linkLogin', target: loginId });
    }),
  );
}

/**
 * What a claim code rests on is still so. It is the member's latest. No login was removed since, as one is that a thief
 * had bound. The brand that made it is active, and its link with the member confirmed.
 */
const STILL_STANDS = `
  NOT EXISTS (SELECT FROM login_claim n WHERE n.member_id = c.member_id AND (n.made_at, n.id) > (c.made_at, c.id))
  AND NOT EXISTS (SELECT FROM member_identifier i WHERE i.member_id = c.member_id AND i.kind = 'LOGIN' AND i.removed_at > c.made_at)
  AND (c.brand_id IS NULL OR EXISTS (SELECT FROM brand_link l JOIN brand b ON b.id = l.brand_id
    WHERE l.brand_id = c.brand_id AND l.member_id = c.member_id AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL AND b.status = 'ACTIVE'))`;

const ASK_FOR_ANOTHER =
  "It is used once, within a quarter of an hour, and ends when another is made, a login is removed, or the brand that made it knows the member no longer. Ask the brand that enrolled you, or the operator's support, for another.";
