/** A key of TESSERA_VAULT_KEY. It wraps the keys that members' personal data are sealed with. */
export interface VaultKey {
  /** Names it in the database, in messages and in the log; it gives nothing of the key away. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}
