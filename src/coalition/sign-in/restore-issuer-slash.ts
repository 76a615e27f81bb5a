import type { App } from '../../app';
import { loginHash } from './find-principal';
import type { Login } from './identity-providers';

/**
 * Versions before cut the slash off that some issuers end with. This rewrites a login of staff or of a member that is
 * stored without it, as its provider writes itself: before it is bound or invited, and where it was not found
 * otherwise. One that is stored as it is written stays, beside the other. False: there cannot be any.
 */
export async function restoreIssuerSlash(app: App, { issuer, subject }: Pick<Login, 'issuer' | 'subject'>): Promise<boolean> {
  if (!issuer.endsWith('/')) return false;
  const cut = issuer.replace(/\/+$/, '');
  // By nobody who asks: the provider vouches that both are one login.
  await app.database.transaction({ kind: 'operator' }, async ({ client }) => {
    await client.query(
      `UPDATE staff SET issuer = $1 WHERE issuer = $2 AND subject = $3 AND removed_at IS NULL
       AND NOT EXISTS (SELECT FROM staff s WHERE s.issuer = $1 AND s.subject = $3 AND s.removed_at IS NULL)`,
      [issuer, cut, subject],
    );
    await client.query(
      `UPDATE member_identifier SET hash = $1 WHERE kind = 'LOGIN' AND hash = $2 AND removed_at IS NULL
       AND NOT EXISTS (SELECT FROM member_identifier i WHERE i.kind = 'LOGIN' AND i.hash = $1 AND i.removed_at IS NULL)`,
      [loginHash(app, { issuer, subject }), loginHash(app, { issuer: cut, subject })],
    );
  });
  return true;
}
