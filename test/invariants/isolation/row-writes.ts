import type { PoolClient } from 'pg';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { type Asker, asking, isSession } from './asking';

/** What row-level security says about a write: who can make it, of all askers. */
export interface RowWrite {
  readonly table: string;
  readonly what: string;
  readonly sql: string;
  readonly by: readonly string[];
  /** Tried as this role, whoever it works for, instead of as each asker of tessera_app. */
  readonly role?: string;
}

export interface Things {
  /** brand 1 and brand 2 of the askers. */
  readonly brands: readonly [Uuid, Uuid];
  readonly operator: Uuid;
  /** A member whom only brand 1 knows, and who is none of the askers; it has no personal data. */
  readonly stranger: Uuid;
  /** A member asker whom only brand 1 knows. */
  readonly own: Uuid;
  readonly ownWallet: Uuid;
  /** Two points currencies, of which the first does not convert into the second. */
  readonly currencies: readonly [number, number];
  readonly rate: Uuid;
  /**
   * A partnership of brand 1 with the operator, without countersigned terms, and terms that the operator proposed
   * there.
   */
  readonly partnership: Uuid;
  readonly proposal: Uuid;
  /** A pool that nobody is in; the one of `own`, who owns it, and somebody who is in it but no asker. */
  readonly emptyPool: Uuid;
  readonly pool: Uuid;
  readonly housemate: Uuid;
  /**
   * Two people on brand 1's staff, of whom the first has proposed goodwill that nobody has decided, and an import of
   * brand 1.
   */
  readonly people: readonly [Uuid, Uuid];
  readonly fileImport: Uuid;
}

/**
 * Writes that only a policy allows or refuses: the values are good ones. "brand 1", "member 1" ... are names of askers.
 */
export function rowWrites({
  brands: [one, two],
  operator,
  stranger,
  own,
  ownWallet,
  currencies,
  rate,
  partnership,
  proposal,
  emptyPool,
  pool,
  housemate,
  people,
  fileImport,
}: Things): RowWrite[] {
  const id = () => `'${newUuid()}'`;
  const bytes = (length: number) => `decode(repeat('00', ${length}), 'hex')`;
  const rule = `currency_id, version, money_currency, points_per_unit, effective_from, created_at`;
  const terms = (by: Uuid) =>
    `INSERT INTO terms_version (id, partnership_id, version, status, proposed_by_brand_id, proposed_at, effective_from, may_issue, may_redeem, issuance_price, reimbursement_price, backdating_days)
     VALUES (${id()}, '${partnership}', 99, 'PROPOSED', '${by}', now(), now(), true, true, 1, 1, 1)`;
  const member = (by: Uuid) => `INSERT INTO member (id, enrolled_by_brand_id, enrolled_at) VALUES (${id()}, '${by}', now())`;
  const link = (brand: Uuid) =>
    `INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, unlinked_at) VALUES (${id()}, '${brand}', '${own}', 'LINKED', now(), now())`;
  const audit = (brand: Uuid) => `INSERT INTO audit_entry (id, at, actor, brand_id, operation, target_id) VALUES (${id()}, now(), 'x', '${brand}', 'x', 'x')`;
  const client = (brand: Uuid) => `INSERT INTO api_client (id, brand_id, name, scopes, created_at) VALUES (${id()}, '${brand}', 'x', '{}', now())`;
  const staff = (brand: Uuid) => `INSERT INTO staff (id, issuer, subject, brand_id, role, created_at) VALUES (${id()}, 'x', 'x', '${brand}', 'SUPPORT', now())`;
  const event = (by: Uuid) =>
    `INSERT INTO partnership_event (partnership_id, seq, state, at, by_brand_id, by_actor) VALUES ('${partnership}', 99, 'SUSPENDED', now(), '${by}', 'x')`;
  const quote = (brand: Uuid | null, party: Uuid) =>
    `INSERT INTO conversion_quote (id, wallet_id, brand_id, member_id, party_id, content_hash, from_currency_id, to_currency_id, rate_id, points, fee, remainder, base, bonus, quoted_at, expires_at)
     VALUES (${id()}, '${ownWallet}', ${brand ? `'${brand}'` : 'NULL'}, '${own}', '${party}', sha256('x'), 1, 2, '${rate}', 1, 0, 0, 1, 0, now(), now() + interval '1 minute')`;
  const housemember = (of: Uuid, who: Uuid, role: string) =>
    `INSERT INTO household_member (id, wallet_id, pool_id, member_id, role, invited_at, invitation_ends_at) VALUES (${id()}, '${ownWallet}', '${of}', '${who}', '${role}', now(), now())`;
  const limit = (owner: Uuid, brand: string) =>
    `INSERT INTO velocity_limit (id, owner_brand_id, currency_id, act, measure, time_window, brand_id, maximum, effective_from, created_at)
     SELECT ${id()}, '${owner}', id, 'EARN', 'POINTS', 'DAY', ${brand}::uuid, 1, now(), now() FROM point_currency LIMIT 1`;
  const goodwill = (kind: 'GOODWILL' | 'MERGE') => `
    INSERT INTO care_proposal (id, kind, brand_id, deciding_brand_id, member_id, survivor_id, currency_id, points, reason, proposed_by, proposed_at)
    SELECT ${id()}, '${kind}', '${one}', '${one}', '${own}', ${kind === 'MERGE' ? `'${stranger}', NULL, NULL` : 'NULL, id, 1'}, 'x', '${people[0]}', now() FROM point_currency LIMIT 1`;
  const operatorOnly = (table: string, what: string, sql: string): RowWrite => ({ table, what, sql, by: ['operator'] });
  return [
    operatorOnly('brand', 'makes a brand', `INSERT INTO brand (id, code, name, created_at) VALUES (${id()}, 'NEWBRAND', 'x', now())`),
    operatorOnly('brand_event', 'suspends a brand', `INSERT INTO brand_event (brand_id, seq, status, at) VALUES ('${one}', 99, 'SUSPENDED', now())`),
    operatorOnly('brand', 'renames a brand', `UPDATE brand SET name = 'x' WHERE id = '${one}'`),
    operatorOnly('currency', 'adds a currency', "INSERT INTO currency (code, kind, scale) VALUES ('NEWCODE', 'POINTS', 0)"),
    operatorOnly(
      'point_currency',
      'makes a points currency',
      `INSERT INTO point_currency (id, name, time_zone, clearing_model, settlement_currency_id, expiry_kind, created_at)
       SELECT id, 'x', 'UTC', 'ISSUER', id, 'NONE', now() FROM currency WHERE code = 'EUR'`,
    ),
    operatorOnly(
      'conversion_rate',
      'ends a rate',
      `UPDATE conversion_rate SET effective = tstzrange(lower(effective), lower(effective) + interval '1 day') WHERE id = '${rate}'`,
    ),
    operatorOnly(
      'conversion_route',
      'opens a route',
      `INSERT INTO conversion_route (id, from_currency_id, to_currency_id, created_at) VALUES (${id()}, ${currencies.join(', ')}, now())`,
    ),
    { table: 'care_proposal', what: 'proposes goodwill in the name of brand 1', sql: goodwill('GOODWILL'), by: ['brand 1', 'operator'] },
    operatorOnly('care_proposal', 'proposes a merge in the name of brand 1', goodwill('MERGE')),
    {
      table: 'care_proposal',
      what: 'decides for brand 1',
      sql: `UPDATE care_proposal SET status = 'DECLINED', decided_by = '${people[1]}', decided_at = now() WHERE status = 'PROPOSED' AND kind = 'GOODWILL' AND deciding_brand_id = '${one}'`,
      by: ['brand 1', 'operator'],
    },
    {
      table: 'file_import',
      what: 'starts an import of brand 1',
      sql: `INSERT INTO file_import (id, brand_id, kind, dry_run, currency_id, started_by, started_at, updated_at) SELECT ${id()}, '${one}', 'OPENINGS', false, id, 'x', now(), now() FROM point_currency LIMIT 1`,
      by: ['brand 1'],
    },
    {
      table: 'file_import',
      what: "goes on with brand 1's import",
      sql: `UPDATE file_import SET updated_at = now() WHERE id = '${fileImport}'`,
      by: ['brand 1'],
    },
    {
      table: 'file_import_error',
      what: "adds to the errors of brand 1's import",
      sql: `INSERT INTO file_import_error (import_id, line, brand_id, code, message) VALUES ('${fileImport}', 99, '${one}', 'x', 'x')`,
      by: ['brand 1'],
    },
    {
      table: 'file_import_retry',
      what: "adds to the lines of brand 1's import that may be sent again",
      sql: `INSERT INTO file_import_retry (import_id, line, brand_id) VALUES ('${fileImport}', 99, '${one}')`,
      by: ['brand 1'],
    },
    {
      table: 'file_import_retry',
      what: "takes lines of brand 1's import that may be sent again",
      sql: `DELETE FROM file_import_retry WHERE import_id = '${fileImport}'`,
      by: ['brand 1'],
    },
    {
      table: 'file_import_error',
      what: "removes errors of brand 1's import",
      sql: `DELETE FROM file_import_error WHERE import_id = '${fileImport}'`,
      by: ['brand 1'],
    },
    {
      table: 'file_import_reference',
      what: "adds to the references of brand 1's import",
      sql: `INSERT INTO file_import_reference (import_id, reference, line, brand_id) VALUES ('${fileImport}', ${id()}, 99, '${one}')`,
      by: ['brand 1'],
    },
    {
      table: 'file_import_reference',
      what: "removes references of brand 1's import",
      sql: `DELETE FROM file_import_reference WHERE import_id = '${fileImport}'`,
      by: ['brand 1'],
    },
    { table: 'lot', what: 'removes lots that have points', sql: 'DELETE FROM lot WHERE remaining > 0 OR held > 0', by: [], role: 'tessera_kernel' },
    {
      table: 'counter',
      what: 'removes what no velocity limit counted',
      sql: "DELETE FROM counter WHERE NOT key ^@ 'velocity:'",
      by: [],
      role: 'tessera_kernel',
    },
    { table: 'conversion_quote', what: 'quotes for brand 1', sql: quote(one, one), by: ['brand 1'] },
    { table: 'conversion_quote', what: 'quotes for a member', sql: quote(null, own), by: ['member 1'] },
    operatorOnly(
      'gift_rule',
      'sets a rule for gifts',
      `INSERT INTO gift_rule (id, currency_id, version, minimum, step, effective_from, created_at) SELECT ${id()}, id, 99, 1, 1, '2040-01-01', now() FROM point_currency LIMIT 1`,
    ),
    {
      table: 'household_pool',
      what: 'opens a pool',
      sql: `INSERT INTO household_pool (id, opened_at) VALUES (${id()}, now())`,
      by: ['member 1', 'member 2', 'member 3', 'member 4'],
    },
    { table: 'household_pool', what: 'closes a pool', sql: `UPDATE household_pool SET closed_at = now() WHERE id = '${pool}'`, by: ['member 1'] },
    { table: 'household_member', what: 'takes an empty pool', sql: housemember(emptyPool, own, 'OWNER'), by: ['member 1'] },
    { table: 'household_member', what: 'invites somebody', sql: housemember(pool, stranger, 'ADULT'), by: ['member 1'] },
    {
      table: 'household_member',
      what: 'ends a membership',
      sql: `UPDATE household_member SET ended_at = now(), end_reason = 'REMOVED' WHERE pool_id = '${pool}' AND member_id = '${housemate}'`,
      by: ['member 1', 'operator'],
    },
    { table: 'member', what: 'enrols a member', sql: member(one), by: ['brand 1', 'operator'] },
    {
      table: 'subject_key',
      what: 'gives a member a key',
      sql: `INSERT INTO subject_key (member_id, version, vault_key_id, wrapped_key, made_at) SELECT '${stranger}', 1, id, ${bytes(60)}, now() FROM vault_key LIMIT 1`,
      by: ['brand 1', 'operator'],
    },
    {
      table: 'subject_key',
      what: "wraps a member's key anew",
      sql: `UPDATE subject_key SET wrapped_key = ${bytes(60)} WHERE member_id = '${own}'`,
      by: ['rotation'],
    },
    {
      table: 'vault_entry',
      what: "writes down a member's data",
      sql: `INSERT INTO vault_entry (member_id, category, key_version, sealed, updated_at) VALUES ('${own}', 'LANGUAGE', 1, ${bytes(29)}, now())`,
      by: ['brand 1', 'operator'],
    },
    { table: 'member', what: 'closes a member', sql: `UPDATE member SET status = 'CLOSED' WHERE id = '${own}'`, by: ['member 1', 'operator'] },
    { table: 'brand_link', what: 'links a member to brand 1', sql: link(one), by: ['brand 1', 'member 1', 'operator'] },
    { table: 'brand_link', what: 'links a member to brand 2', sql: link(two), by: ['brand 2', 'member 1', 'operator'] },
    {
      table: 'login_claim',
      what: 'makes a claim code in the name of brand 1, which enrolled the member',
      sql: `INSERT INTO login_claim (id, member_id, hash, brand_id, made_at, expires_at) VALUES (${id()}, '${own}', sha256('y'), '${one}', now(), now())`,
      by: ['brand 1'],
    },
    {
      table: 'login_claim',
      what: 'makes a claim code in the name of brand 2, which did not',
      sql: `INSERT INTO login_claim (id, member_id, hash, brand_id, made_at, expires_at) VALUES (${id()}, '${own}', sha256('y'), '${two}', now(), now())`,
      by: [],
    },
    {
      table: 'login_claim',
      what: 'makes a claim code as the operator',
      sql: `INSERT INTO login_claim (id, member_id, hash, made_at, expires_at) VALUES (${id()}, '${own}', sha256('y'), now(), now())`,
      by: ['operator'],
    },
    {
      table: 'till_code',
      what: 'makes a till code',
      sql: `INSERT INTO till_code (member_id, hash, made_at, expires_at) VALUES ('${own}', sha256('x'), now(), now())
            ON CONFLICT (member_id) DO UPDATE SET hash = EXCLUDED.hash`,
      by: ['member 1'],
    },
    {
      table: 'member_identifier',
      what: 'gives a member a card',
      sql: `INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at) VALUES (${id()}, '${own}', 'CARD', sha256('x'), '${one}', now())`,
      by: ['brand 1', 'member 1', 'operator'],
    },
    {
      table: 'member_identifier',
      what: 'gives a card to a member over a link that nobody confirmed',
      sql: `INSERT INTO brand_link (id, brand_id, member_id, source, linked_at) VALUES (${id()}, '${two}', '${own}', 'PRESENTED', now());
            INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at) VALUES (${id()}, '${own}', 'CARD', sha256('y'), '${two}', now())`,
      by: ['member 1', 'operator'],
    },
    {
      table: 'member_identifier',
      what: 'takes a number over from a member who has not proved it',
      sql: "SELECT take_identifier_over('PHONE', ARRAY[sha256('phone')], now())",
      by: ['member 2', 'member 3', 'member 4'],
    },
    {
      table: 'wallet',
      what: 'locks a wallet',
      sql: `UPDATE wallet SET locked_at = now() WHERE member_id = '${own}'`,
      by: ['brand 1', 'member 1', 'operator', 'worker'],
    },
    {
      table: 'audit_entry',
      what: "writes into brand 1's trail",
      sql: audit(one),
      by: ['brand 1', 'member 1', 'member 2', 'member 3', 'member 4', 'operator', 'worker'],
    },
    { table: 'api_client', what: 'makes a client of brand 1', sql: client(one), by: ['brand 1', 'operator'] },
    {
      table: 'api_client_secret',
      what: 'gives a client of brand 1 a secret',
      sql: `INSERT INTO api_client_secret (id, client_id, slot, secret_hash, created_at) SELECT ${id()}, id, 2, '', now() FROM api_client WHERE brand_id = '${one}' LIMIT 1`,
      by: ['brand 1', 'operator'],
    },
    { table: 'staff', what: 'adds staff to brand 1', sql: staff(one), by: ['brand 1', 'operator'] },
    {
      table: 'staff',
      what: 'accepts an invitation to brand 1',
      sql: `UPDATE staff SET accepted_at = now() WHERE accepted_at IS NULL AND brand_id = '${one}'`,
      by: ['brand 1', 'operator', 'authenticator'],
    },
    {
      table: 'staff',
      what: 'takes back an invitation to brand 1',
      sql: `UPDATE staff SET removed_at = now() WHERE accepted_at IS NULL AND brand_id = '${one}'`,
      by: ['brand 1', 'operator'],
    },
    {
      table: 'partnership',
      what: 'joins brand 1 to the coalition',
      sql: `INSERT INTO partnership (id, brand_id, partner_brand_id, currency_id, state, created_at)
            SELECT ${id()}, '${one}', '${operator}', c.id, 'PROPOSED', now() FROM point_currency c WHERE NOT EXISTS (SELECT FROM partnership p WHERE p.currency_id = c.id AND p.brand_id = '${one}') LIMIT 1`,
      by: ['brand 1', 'operator'],
    },
    {
      table: 'partnership',
      what: 'suspends a partnership',
      sql: `UPDATE partnership SET state = 'SUSPENDED' WHERE id = '${partnership}'`,
      by: ['brand 1', 'operator'],
    },
    { table: 'partnership_event', what: 'writes down a change in the name of brand 1', sql: event(one), by: ['brand 1', 'operator'] },
    { table: 'partnership_event', what: 'writes down a change in the name of the operator', sql: event(operator), by: ['operator'] },
    { table: 'terms_version', what: 'proposes terms in the name of brand 1', sql: terms(one), by: ['brand 1', 'operator'] },
    { table: 'terms_version', what: 'proposes terms in the name of the operator', sql: terms(operator), by: ['operator'] },
    {
      table: 'terms_version',
      what: 'countersigns for brand 1',
      sql: `UPDATE terms_version SET status = 'COUNTERSIGNED', decided_by_brand_id = '${one}', decided_at = now() WHERE id = '${proposal}'`,
      by: ['brand 1', 'operator'],
    },
    ...['earning_rule', 'redemption_rule'].map((table) => ({
      table,
      what: `withdraws brand 1's ${table}`,
      sql: `UPDATE ${table} SET withdrawn_at = '2000-01-01' WHERE brand_id = '${one}'`,
      by: ['brand 1', 'operator'],
    })),
    operatorOnly('gift_rule', 'withdraws a rule for gifts', "UPDATE gift_rule SET withdrawn_at = '2000-01-01'"),
    {
      table: 'earning_rule',
      what: "adds to brand 1's earning rule",
      sql: `INSERT INTO earning_rule (id, brand_id, ${rule}) SELECT ${id()}, '${one}', id, 99, 'EUR', 1, '2040-01-01', now() FROM point_currency LIMIT 1`,
      by: ['brand 1', 'operator'],
    },
    {
      table: 'redemption_rule',
      what: "adds to brand 1's redemption rule",
      sql: `INSERT INTO redemption_rule (id, brand_id, minimum, step, ${rule}) SELECT ${id()}, '${one}', 1, 1, id, 99, 'EUR', 1, '2040-01-01', now() FROM point_currency LIMIT 1`,
      by: ['brand 1', 'operator'],
    },
    operatorOnly('point_currency', 'says when members are told', "UPDATE point_currency SET notice_days = '{1}'"),
    {
      table: 'expiry_notice',
      what: 'tells a member',
      sql: `INSERT INTO expiry_notice (id, wallet_id, account_id, currency_id, origin_id, available_on, contributor_id, ends_on, days, points, told_at)
            SELECT ${id()}, w.id, 1, 1, 1, now(), 0, now(), 7, 1, now() FROM wallet w WHERE w.member_id = '${own}'`,
      by: ['worker'],
    },
    {
      table: 'expiry_progress',
      what: 'says that a day is done',
      sql: "INSERT INTO expiry_progress (currency_id, task, day) SELECT id, 'AWARDS', now() FROM point_currency ORDER BY id LIMIT 1",
      by: ['worker'],
    },
    { table: 'velocity_limit', what: 'sets a limit for brand 1', sql: limit(one, `'${one}'`), by: ['brand 1', 'operator'] },
    { table: 'velocity_limit', what: 'sets a limit in the name of brand 1 for all brands', sql: limit(one, 'NULL'), by: ['operator'] },
    { table: 'velocity_limit', what: 'sets a limit in the name of brand 1 for another', sql: limit(one, `'${two}'`), by: ['operator'] },
    {
      table: 'velocity_limit',
      what: "ends brand 1's limit",
      sql: `UPDATE velocity_limit SET ends_at = '2040-01-01' WHERE owner_brand_id = '${one}'`,
      by: ['brand 1', 'operator'],
    },
    operatorOnly('velocity_limit', "ends the coalition's limit", "UPDATE velocity_limit SET ends_at = '2040-01-01' WHERE brand_id IS NULL"),
    operatorOnly('test_clock_move', 'moves the test clock', 'INSERT INTO test_clock_move (ahead_ms, moved_at) VALUES (100000, now())'),
    { table: 'period', what: 'closes a month', sql: "UPDATE period SET status = 'SETTLED' WHERE status = 'CLOSED'", by: ['operator', 'worker'] },
    {
      table: 'statement',
      what: 'draws up a statement',
      sql: `INSERT INTO statement (id, period_id, brand_id, net, payable_minor, carried_remainder, due_on, content, hash, closed_at)
            SELECT ${id()}, id, '${one}', 0, 0, 0, now(), '', sha256('x'), now() FROM period WHERE month = '2020-01-01'`,
      by: ['worker'],
    },
  ];
}

/** Askers who can make a write that they should not, or cannot make one that they should. */
export async function wrongWrites(client: PoolClient, all: readonly Asker[], writes: readonly RowWrite[]): Promise<string[]> {
  const wrong: string[] = [];
  // What a session may write is for the operations to say: it acts for the member, as its brand.
  for (const { what, sql, by, role } of writes)
    for (const asker of role ? [{ name: role, settings: null }] : all.filter((each) => !isSession(each))) {
      const write = async () => {
        const done = await client.query(sql).then(
          // Of several statements the last is the one that is tried.
          (result) => ([result].flat().at(-1)?.rowCount ?? 0) > 0,
          (error: { code?: string; message: string }) => {
            // 42501: row-level security. Anything else is a mistake of this test.
            if (error.code !== '42501') throw error;
            return false;
          },
        );
        if (done === by.includes(asker.name)) return null;
        return `${asker.name} ${done ? 'can' : 'cannot'}: ${what}`;
      };
      const problem = await asking(client, asker, write, role);
      if (problem) wrong.push(problem);
    }
  return wrong;
}
