import { decodeJwt, errors } from 'jose';
import type { App } from '../app';
import { refusingBy } from '../database/constraint-refusal';
import { newUuid } from '../ids';
import { InvalidInput, PermissionDenied, Refusal } from '../refusal';
import { loginHash } from './find-principal';
import { isKnownIssuer, verifyLogin } from './identity-providers';
import { requireMember } from './permissions';
import { databasePrincipal, type Principal } from './principal';

/** A login identifies one member. */
export class LoginTaken extends Refusal {
  constructor() {
    super({ code: 'LOGIN_TAKEN', retrySafe: false, message: 'This login already belongs to a member.' });
  }
}

export interface LinkLogin {
  /** A fresh token of the identity provider for the login. */
  readonly token: string;
}

/** Lets the member of a session log in through the identity provider from now on: session and token together prove both. */
export async function linkLogin(app: App, principal: Principal, command: LinkLogin): Promise<void> {
  const memberId = requireMember(principal);
  if (principal.brandId === null) throw new PermissionDenied('This login is linked already.');
  const hash = loginHash(app, await readLogin(app, command.token));
  await refusingBy({ member_identifier_one_owner: () => new LoginTaken() }, () =>
    app.database.transaction(databasePrincipal(principal), async ({ client }) => {
      const { rowCount } = await client.query("SELECT FROM member_identifier WHERE member_id = $1 AND kind = 'LOGIN' AND hash = $2 AND removed_at IS NULL", [
        memberId,
        hash,
      ]);
      if (rowCount) return;
      await client.query("INSERT INTO member_identifier (id, member_id, kind, hash, added_at) VALUES ($1, $2, 'LOGIN', $3, $4)", [
        newUuid(),
        memberId,
        hash,
        app.clock.now(),
      ]);
    }),
  );
}

async function readLogin(app: App, token: string) {
  try {
    const issuer = decodeJwt(token).iss;
    if (issuer !== undefined && isKnownIssuer(app, issuer)) return await verifyLogin(app, issuer, token);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  throw new InvalidInput('input.token', 'This is no valid token of the identity provider.');
}
