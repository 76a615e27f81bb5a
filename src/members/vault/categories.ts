import type { DataCategory } from '../../platform/disclosure';

/**
 * Kinds of personal data that the vault keeps, a row each: what a purpose can name. A new one needs a migration
 * (vault_entry_category). Free text about a member will be TEXT, in rows of its own under the same key.
 */
export const VAULT_CATEGORIES = ['NAME', 'CONTACT', 'BIRTH_DATE', 'LANGUAGE'] as const satisfies readonly DataCategory[];
export type VaultCategory = (typeof VAULT_CATEGORIES)[number];
