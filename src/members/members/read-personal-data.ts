import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { withMember } from '../identification/asking-member';
import type { PersonalData } from '../vault/personal-data';
import { readVault } from '../vault/read-vault';
import { LOOKS_AT_MEMBERS } from './find-member';

/**
 * The member's personal data; null when there are none, or when whoever asks may not read them. A brand never may. Nor
 * may a member's session that a brand minted: the brand holds it, and another brand may have entered what it would
 * read.
 */
export async function readPersonalData(app: App, principal: Principal, memberId: Uuid): Promise<PersonalData | null> {
  if (principal.kind === 'member' && principal.brandId !== null) return null;
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, ({ client }) => readVault(app.keyWrapping, client, memberId));
}
