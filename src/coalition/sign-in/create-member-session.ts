import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { NotFound } from '../../platform/refusal';
import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { recordChange } from '../access/record-change';
import { ACCESS_TOKEN_SECONDS, mintMemberToken } from './access-tokens';
import { findLinkedMember } from './find-principal';

export interface CreateMemberSession {
  readonly memberId: Uuid;
}

export interface MemberSession {
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * A short session for the brand's own app, in which its member acts alone. Asks for a confirmed link: a number that the
 * brand was told is no proof that the member uses the app. Throws NotFound otherwise.
 */
export async function createMemberSession(app: App, principal: Principal, command: CreateMemberSession): Promise<MemberSession> {
  const brandId = requireBrand(principal, { scope: 'members' });
  const memberId = await survivorOf(app, brandId, command.memberId);
  if (!(await findLinkedMember(app, memberId, brandId))) throw new NotFound('Member', CONFIRM_FIRST);
  await app.database.transaction(databasePrincipal(principal), (tx) => {
    const target = `mem_${app.keys.toPairwise('member', brandId, memberId).replaceAll('-', '')}`;
    return recordChange(app, tx, principal, { operation: 'createMemberSession', target, member: memberId });
  });
  const expiresAt = new Date(Math.floor(app.clock.real().getTime() / 1_000 + ACCESS_TOKEN_SECONDS) * 1_000);
  return { token: await mintMemberToken(app, brandId, memberId), expiresAt };
}

/** Who was merged is the survivor, on this road too. */
function survivorOf(app: App, brandId: Uuid, memberId: Uuid): Promise<Uuid> {
  return app.database.transaction({ kind: 'brand', brandId }, async ({ client }) => {
    const { rows } = await client.query<{ id: Uuid | null }>('SELECT surviving_member($1) AS id', [memberId]);
    return only(rows).id ?? memberId;
  });
}

const CONFIRM_FIRST = "Sessions are for members whose link with the brand is confirmed: by enrolment, by the member's login, or by a till code.";
