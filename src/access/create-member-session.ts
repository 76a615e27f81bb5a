import type { App } from '../app';
import type { Uuid } from '../ids';
import { NotFound } from '../refusal';
import { ACCESS_TOKEN_SECONDS, mintMemberToken } from './access-tokens';
import { findLinkedMember } from './find-principal';
import { requireBrand } from './permissions';
import { databasePrincipal, type Principal } from './principal';

export interface CreateMemberSession {
  readonly memberId: Uuid;
}

export interface MemberSession {
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * A short session for the brand's own app, in which its linked member acts alone. A card shown at the till is no proof that the member uses
 * the app: the brand must have enrolled or linked the member. Throws NotFound otherwise.
 */
export async function createMemberSession(app: App, principal: Principal, command: CreateMemberSession): Promise<MemberSession> {
  const brandId = requireBrand(principal, { scope: 'members' });
  const linked = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query({
      name: 'own-link',
      text: 'SELECT FROM brand_link WHERE brand_id = $1 AND member_id = $2 AND unlinked_at IS NULL AND source <> $3',
      values: [brandId, command.memberId, 'PRESENTED'],
    }),
  );
  if (!linked.rowCount || !(await findLinkedMember(app, command.memberId, brandId))) throw new NotFound('Member');
  const expiresAt = new Date(Math.floor(app.clock.real().getTime() / 1_000 + ACCESS_TOKEN_SECONDS) * 1_000);
  return { token: await mintMemberToken(app, brandId, command.memberId), expiresAt };
}
