import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { withMember } from '../identification/asking-member';
import { LOOKS_AT_MEMBERS } from './find-member';

export interface PersonalData {
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** 'YYYY-MM-DD'. */
  readonly birthDate: string | null;
  /** BCP 47. */
  readonly language: string | null;
}

/**
 * The member's personal data; null when there are none, or when whoever asks may not read them. A brand never may. Nor
 * may a member's session that a brand minted: the brand holds it, and another brand may have entered what it would
 * read.
 */
export async function readPersonalData(app: App, principal: Principal, memberId: Uuid): Promise<PersonalData | null> {
  if (principal.kind === 'member' && principal.brandId !== null) return null;
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }) => {
    const { rows } = await client.query<RowOf<PersonalData>>(
      'SELECT given_name, family_name, email, phone, birth_date::text, language FROM member_personal_data WHERE member_id = $1',
      [memberId],
    );
    const [row] = rows;
    if (!row) return null;
    return { givenName: row.given_name, familyName: row.family_name, email: row.email, phone: row.phone, birthDate: row.birth_date, language: row.language };
  });
}
