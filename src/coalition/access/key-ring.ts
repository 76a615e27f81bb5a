import { createSecretKey } from 'node:crypto';
import { itemAt } from '../../platform/one-of';
import { openSealed, seal } from '../../platform/sealed';
import type { VaultKey } from '../../platform/vault-key';
import { type KeyOwner, type KeyWrapping, VaultKeyMissing, VaultKeyWrong } from './key-wrapping';

/** Wraps by the first key of TESSERA_VAULT_KEY, and unwraps by whichever of them wrapped. */
export function wrapByRing(ring: readonly VaultKey[]): KeyWrapping {
  const first = itemAt(ring, 0);
  const keys = new Map(ring.map(({ id, key }) => [id, createSecretKey(key)]));
  const keyOf = (id: string) => {
    const key = keys.get(id);
    if (!key) throw new VaultKeyMissing(id);
    return key;
  };
  return {
    current: first.id,
    wrap: async (of) =>
      of.map(({ memberId, version, key }) => {
        const wrapped = seal(keyOf(first.id), key, aboutKey({ memberId, version }));
        return { memberId, version, vaultKeyId: first.id, wrapped };
      }),
    unwrap: async (of) =>
      of.map(({ memberId, version, vaultKeyId, wrapped }) => {
        const key = openSealed(keyOf(vaultKeyId), wrapped, aboutKey({ memberId, version }));
        if (!key) throw new VaultKeyWrong(vaultKeyId);
        return { memberId, version, key };
      }),
  };
}

/** Not the vault key's id: it stands beside, and a new wrapping changes nothing of what the key is. */
function aboutKey({ memberId, version }: KeyOwner): string {
  return `tessera/subject-key/${memberId}/${version}`;
}
