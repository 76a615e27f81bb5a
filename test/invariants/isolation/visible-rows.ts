import type { Uuid } from '../../../src/platform/ids';

/** For whom a transaction may run, as the settings of the database name it; and the role of the posting kernel. */
export const ASKING = ['brand', 'member', 'operator', 'worker', 'authenticator', 'rotation', 'nobody'] as const;
export type Asking = (typeof ASKING)[number];

/** Which rows of a table somebody may see: SQL over the table's own columns, with :brand and :member for who asks. */
export type RowsOf = Readonly<Record<Asking, string>> & {
  /**
   * What a minted session is shown of that which both its brand and its member see: nothing of a household, and nothing
   * that a brand needs a purpose for.
   */
  readonly session?: string;
};

const ALL = 'true';
const NONE = 'false';

/** What nobody, the authenticator and the rotation see of most tables; `rest` says what the others see. */
const rows = (rest: Partial<RowsOf>): RowsOf => ({
  brand: NONE,
  member: NONE,
  operator: NONE,
  worker: NONE,
  authenticator: NONE,
  rotation: NONE,
  nobody: NONE,
  ...rest,
});
const coalition = (rest: Partial<RowsOf>): RowsOf => rows({ operator: ALL, worker: ALL, ...rest });
const directory = rows({ brand: ALL, member: ALL, operator: ALL, worker: ALL, authenticator: ALL, rotation: ALL });

const linked = (member: string) => `${member} IN (SELECT l.member_id FROM brand_link l WHERE l.brand_id = :brand AND l.unlinked_at IS NULL)`;
/** The member, and who was merged into the member. */
const merged = (member: string) => `${member} IN (SELECT m.id FROM member m WHERE m.id = :member OR m.merged_into = :member)`;
const walletsOf = { brand: `SELECT w.id FROM wallet w WHERE ${linked('w.member_id')}`, member: `SELECT w.id FROM wallet w WHERE ${merged('w.member_id')}` };
/** Wallets whose member the brand knows over a confirmed link: what they hold is told to it. */
const confirmedWallets =
  'SELECT w.id FROM wallet w JOIN brand_link l ON l.member_id = w.member_id WHERE l.brand_id = :brand AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL';
/** The household pool that a member is in. */
const poolOf = 'SELECT h.pool_id FROM household_member h WHERE h.member_id = :member AND h.joined_at IS NOT NULL AND h.ended_at IS NULL';
const accountsOf = {
  brand: `SELECT a.id FROM account a WHERE a.owner_id = :brand OR (a.kind = 'WALLET' AND a.owner_id IN (${confirmedWallets}))`,
  member: `SELECT a.id FROM account a WHERE (a.kind = 'WALLET' AND a.owner_id IN (${walletsOf.member})) OR (a.kind = 'POOL' AND a.owner_id IN (${poolOf}))`,
};
const ownAccounts = `SELECT a.id FROM account a WHERE a.kind = 'WALLET' AND a.owner_id IN (${walletsOf.member})`;
const side = ':brand IN (brand_id, partner_brand_id)';
const ofSide = `partnership_id IN (SELECT p.id FROM partnership p WHERE :brand IN (p.brand_id, p.partner_brand_id))`;
const ofClient = 'client_id IN (SELECT c.id FROM api_client c WHERE c.brand_id = :brand)';
const ownBrand = 'brand_id = :brand';
const ownParty = 'party_id = :brand';
const fact = coalition({ brand: ownBrand, member: `wallet_id IN (${walletsOf.member})` });

/**
 * Every table with row-level security, and who sees what of it: what is meant, written without looking at the policies.
 */
export const VISIBLE: Readonly<Record<string, RowsOf>> = {
  // The ledger.
  account: coalition({ brand: `id IN (${accountsOf.brand})`, member: `id IN (${accountsOf.member})` }),
  posting: coalition({ brand: ownParty, member: 'party_id = :member' }),
  claim: coalition({ brand: ownParty }),
  transfer: coalition({
    brand: ownParty,
    member: `debit_account IN (${accountsOf.member}) OR credit_account IN (${accountsOf.member})`,
    session: `(debit_account IN (${ownAccounts}) OR credit_account IN (${ownAccounts}))`,
  }),
  lot: coalition({ brand: `account_id IN (${accountsOf.brand})`, member: `account_id IN (${accountsOf.member})`, session: NONE }),
  hold: coalition({ brand: ownParty, member: `account_id IN (${accountsOf.member})`, session: `account_id IN (${ownAccounts})` }),
  allocation: coalition({}),
  lot_change: coalition({}),
  expired_lot: coalition({}),
  arrears: coalition({ brand: ownParty, member: `account_id IN (${accountsOf.member})` }),
  arrears_fill: coalition({}),
  lot_origin: coalition({}),
  journal_cursor: coalition({}),
  roll_up_bucket: coalition({}),
  account_roll_up: coalition({}),
  issuer_roll_up: coalition({}),
  test_clock_move: coalition({}),
  currency: directory,
  // Only the kernel may touch it: the application has no privilege at all.
  counter: rows({}),
  // Coalition and access.
  brand: directory,
  brand_event: coalition({ brand: ownBrand, authenticator: ALL }),
  point_currency: directory,
  conversion_rate: directory,
  conversion_route: directory,
  partnership: coalition({ brand: side }),
  partnership_event: coalition({ brand: ofSide }),
  terms_version: coalition({ brand: ofSide }),
  api_client: rows({ brand: ownBrand, operator: ALL, authenticator: ALL }),
  api_client_secret: rows({ brand: ofClient, operator: ALL, authenticator: ALL }),
  staff: rows({ brand: ownBrand, operator: ALL, authenticator: ALL }),
  audit_entry: rows({ brand: ownBrand, member: merged('member_id'), operator: ALL }),
  // Members.
  member: coalition({ brand: linked('id'), member: 'id = :member' }),
  vault_entry: rows({ member: 'member_id = :member', operator: ALL }),
  // The rotation wraps members' keys anew, and reads nothing that they seal.
  subject_key: rows({ member: 'member_id = :member', operator: ALL, rotation: ALL }),
  member_identifier: coalition({ brand: `added_by_brand_id = :brand AND ${linked('member_id')}`, member: 'member_id = :member' }),
  brand_link: coalition({ brand: ownBrand, member: merged('member_id') }),
  till_code: rows({ member: 'member_id = :member' }),
  login_claim: rows({ member: 'member_id = :member', operator: ALL, authenticator: ALL }),
  wallet: coalition({ brand: linked('member_id'), member: 'member_id = :member' }),
  // Rules, facts, settlement.
  earning_rule: coalition({ brand: ownBrand }),
  redemption_rule: coalition({ brand: ownBrand }),
  // Its own, and what the coalition holds it to.
  velocity_limit: coalition({ brand: 'owner_brand_id = :brand OR brand_id IS NULL OR brand_id = :brand' }),
  redemption: fact,
  purchase: fact,
  purchase_line: fact,
  purchase_redemption: fact,
  purchase_return: fact,
  purchase_return_line: fact,
  purchase_return_cancellation: fact,
  purchase_award: fact,
  award_resolution: fact,
  expiry_notice: coalition({
    brand: `contributor_id = 0 AND wallet_id IN (${confirmedWallets})`,
    member: `wallet_id IN (${walletsOf.member})`,
    session: NONE,
  }),
  expiry_progress: coalition({}),
  conversion: fact,
  // A quote of a wallet that is no more is good for nothing.
  conversion_quote: coalition({ brand: ownBrand, member: 'wallet_id IN (SELECT w.id FROM wallet w WHERE w.member_id = :member)' }),
  gift_rule: directory,
  care_proposal: coalition({ brand: ':brand IN (brand_id, deciding_brand_id)' }),
  file_import: coalition({ brand: ownBrand }),
  file_import_error: coalition({ brand: ownBrand }),
  file_import_reference: coalition({ brand: ownBrand }),
  file_import_retry: coalition({ brand: ownBrand }),
  gift: coalition({ brand: ownBrand, member: `${merged('member_id')} OR ${merged('to_member_id')}` }),
  household_pool: coalition({ member: `id IN (${poolOf})` }),
  household_member: coalition({ member: `member_id = :member OR pool_id IN (${poolOf})` }),
  period: coalition({ brand: ALL }),
  obligation: coalition({ brand: ':brand IN (debtor_brand_id, creditor_brand_id)' }),
  statement: coalition({ brand: ownBrand }),
  set_aside_event: coalition({}),
};

/** Tables of the schema without row-level security, and why nobody needs it there. */
export const OPEN_TABLES: Readonly<Record<string, string>> = {
  coalition_version: 'one number, which says only that something about the coalition has changed',
  deployment: 'a mark of the master key, from which neither the key nor anything under it can be found',
  vault_key: 'ids and marks of the vault keys, from which no key can be found',
  migration: 'names of the migrations that ran: part of the source',
};

/** A condition of the table for somebody. */
export function conditionFor(condition: string, ids: { readonly brand?: Uuid; readonly member?: Uuid }): string {
  const quoted = (id: Uuid | undefined) => (id === undefined ? 'NULL::uuid' : `'${id}'::uuid`);
  return condition.replaceAll(':brand', quoted(ids.brand)).replaceAll(':member', quoted(ids.member));
}

/** One row of text a table: what it is, and a checksum of the rows that meet its condition. */
export function checksumQuery(conditions: Readonly<Record<string, string>>): string {
  return Object.entries(conditions)
    .map(
      ([table, condition]) =>
        `SELECT '${table}' AS name, count(*)::int AS rows, md5(string_agg(t::text, ',' ORDER BY t::text)) AS sum FROM ${table} t WHERE ${condition}`,
    )
    .join(' UNION ALL ');
}

/** The rows of every table, or of some of its rows, as "count checksum". Run it as a superuser. */
export async function fingerprint(
  owner: { query(text: string): Promise<{ rows: { name: string; rows: number; sum: string | null }[] }> },
  conditions: Readonly<Record<string, string>> = everything(),
): Promise<Record<string, string>> {
  const { rows: found } = await owner.query(checksumQuery(conditions));
  return Object.fromEntries(found.map(({ name, rows: count, sum }) => [name, `${count} ${sum}`]));
}

/** All rows of all tables. */
export function everything(): Record<string, string> {
  return Object.fromEntries([...Object.keys(VISIBLE), 'coalition_version'].map((table) => [table, 'true']));
}

/** What a brand may see, without the directory and what is shared by all. */
export function belongingTo(brand: Uuid): Record<string, string> {
  const own = Object.entries(VISIBLE).filter(([, who]) => who.brand !== ALL && who.brand !== NONE);
  return Object.fromEntries([...own.map(([table, who]) => [table, conditionFor(who.brand, { brand })]), ['brand', `id = '${brand}'`]]);
}
