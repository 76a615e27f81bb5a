import { createSecretKey } from 'node:crypto';
import type { MemberKey } from '../../coalition/access/key-wrapping';
import type { Uuid } from '../../platform/ids';
import { openSealed, seal } from '../../platform/sealed';
import type { VaultCategory } from './categories';
import type { CategoryContent } from './personal-data';

/** A row of the vault was changed, or put in another's place. Its content is not believed. */
export class VaultEntryDamaged extends Error {
  constructor(memberId: Uuid, category: VaultCategory) {
    super(`The vault's entry ${category} of member ${memberId} does not open with the member's key.`);
    this.name = 'VaultEntryDamaged';
  }
}

export function sealEntry({ memberId, version, key }: MemberKey, { category, content }: CategoryContent): Buffer {
  return seal(createSecretKey(key), content, aboutEntry(memberId, category, version));
}

/** Throws VaultEntryDamaged. */
export function openEntry({ memberId, version, key }: MemberKey, category: VaultCategory, sealed: Buffer): CategoryContent {
  const content = openSealed(createSecretKey(key), sealed, aboutEntry(memberId, category, version));
  if (!content) throw new VaultEntryDamaged(memberId, category);
  return { category, content };
}

function aboutEntry(memberId: Uuid, category: VaultCategory, keyVersion: number): string {
  return `tessera/vault/${memberId}/${category}/${keyVersion}`;
}
