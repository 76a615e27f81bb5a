import type { Uuid } from '../../platform/ids';

/** Whose key it is, and which of the member's keys: a version is never used again. */
export interface KeyOwner {
  readonly memberId: Uuid;
  readonly version: number;
}

/** A member's key, in the clear: for memory alone. */
export interface MemberKey extends KeyOwner {
  /** 32 bytes. */
  readonly key: Buffer;
}

/** A member's key as the database keeps it. */
export interface WrappedKey extends KeyOwner {
  /** The vault key that it is wrapped by. */
  readonly vaultKeyId: string;
  readonly wrapped: Buffer;
}

/**
 * Wraps members' keys. Many at once and with a promise, so that a service which keeps vault keys to itself could do it
 * too.
 */
export interface KeyWrapping {
  /** Id of the vault key that wraps. */
  readonly current: string;
  /** In the order of the keys. */
  wrap(keys: readonly MemberKey[]): Promise<WrappedKey[]>;
  /** In the order of the keys. Throws VaultKeyMissing and VaultKeyWrong. */
  unwrap(keys: readonly WrappedKey[]): Promise<MemberKey[]>;
}

/** Nothing is lost: it can be read again once the vault key of that id is back. */
export class VaultKeyMissing extends Error {
  constructor(readonly vaultKeyId: string) {
    super(`TESSERA_VAULT_KEY lacks the key "${vaultKeyId}", which keys of members are wrapped by. Put it back.`);
    this.name = 'VaultKeyMissing';
  }
}

/** What was to be written is not: the database has forgotten the vault key of that id, after a rotation to another. */
export class VaultKeyForgotten extends Error {
  constructor(readonly vaultKeyId: string) {
    super(`TESSERA_VAULT_KEY begins with the key "${vaultKeyId}", which this database has forgotten. Start the process with the keys of today.`);
    this.name = 'VaultKeyForgotten';
  }
}

/** The vault key of that id is not the one that wrapped, or the row was changed. */
export class VaultKeyWrong extends Error {
  constructor(readonly vaultKeyId: string) {
    super(`A member's key does not open with the key "${vaultKeyId}" of TESSERA_VAULT_KEY.`);
    this.name = 'VaultKeyWrong';
  }
}
