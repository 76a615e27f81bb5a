import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A member's login is shown what was recorded of those who were merged into the member, too (docs/decisions/0020). */
export class ListsOfTheMerged1790000000056 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FUNCTIONS);
    for (const [on, , now, check] of POLICIES) await runner.query(alter(on, now, check && now));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [on, was, , check] of POLICIES) await runner.query(alter(on, was, check && was));
    await runner.query('DROP FUNCTION current_wallets(), current_members(), merged_members(uuid)');
  }
}

function alter(on: string, using: string, check?: string): string {
  return `ALTER POLICY ${on} USING (${using})${check ? ` WITH CHECK (${check})` : ''}`;
}

const FUNCTIONS = `
CREATE FUNCTION merged_members(asked uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.id FROM member m WHERE m.id = asked OR m.merged_into = asked $$;
COMMENT ON FUNCTION merged_members(uuid) IS 'A member, and those who were merged into it.';

CREATE FUNCTION current_members() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  IF current_principal() <> 'member' THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT merged_members(current_member())); END $$;
COMMENT ON FUNCTION current_members() IS 'The asking member, and those who were merged into it.';

CREATE FUNCTION current_wallets() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  IF current_wallet() IS NULL THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT wallets_of_member(current_member())); END $$;
COMMENT ON FUNCTION current_wallets() IS 'The wallets of the asking member and of those who were merged into it; none in a session of a brand that has no link with the member.';

REVOKE ALL ON FUNCTION current_wallets(), current_members(), merged_members(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION current_wallets(), current_members(), merged_members(uuid) TO tessera_app;
`;

const MEMBER = "(SELECT current_principal()) = 'member'";
const BRAND = "(SELECT current_principal()) = 'brand'";
// Asked once a statement.
const WALLET = '(SELECT current_wallet())';
const WALLETS = 'ANY ((SELECT current_wallets())::uuid[])';
const ITSELF = '(SELECT current_member())';
const MEMBERS = 'ANY ((SELECT current_members())::uuid[])';

/** What a member reads of purchases, redemptions and conversions. */
const FACTS = [
  'award_resolution',
  'conversion',
  'purchase',
  'purchase_award',
  'purchase_line',
  'purchase_redemption',
  'purchase_return',
  'purchase_return_cancellation',
  'purchase_return_line',
  'redemption',
];

const ofAccount = (wallets: string) => `kind = 'WALLET' AND ((${MEMBER} AND owner_id = ${wallets}) OR (${BRAND} AND confirmed_wallet(owner_id)))`;
const ofNotice = (wallets: string) => `(${MEMBER} AND wallet_id = ${wallets}) OR (${BRAND} AND contributor_id = 0 AND confirmed_wallet(wallet_id))`;

/** The policy and its table; what it lets through before and now; whether it says what is written too. */
const POLICIES: readonly (readonly [on: string, was: string, now: string, check?: true])[] = [
  ...FACTS.map((table) => [`own_member ON ${table}`, `${MEMBER} AND wallet_id = ${WALLET}`, `${MEMBER} AND wallet_id = ${WALLETS}`] as const),
  // And with it what is looked up by the account: transfers, lots, holds, arrears.
  ['holder_reads ON account', ofAccount(WALLET), ofAccount(WALLETS)],
  ['holder_reads ON expiry_notice', ofNotice(WALLET), ofNotice(WALLETS)],
  [
    'own_member ON gift',
    `${MEMBER} AND (${ITSELF} = member_id OR ${ITSELF} = to_member_id)`,
    `${MEMBER} AND (member_id = ${MEMBERS} OR to_member_id = ${MEMBERS})`,
  ],
  ['own_member_reads ON audit_entry', `${MEMBER} AND member_id = ${ITSELF}`, `${MEMBER} AND member_id = ${MEMBERS}`],
  // A brand that knew both by customer ids keeps its link with the duplicate, which leads to the survivor: who ends it too.
  ['own_member ON brand_link', `${MEMBER} AND member_id = ${ITSELF}`, `${MEMBER} AND member_id = ${MEMBERS}`, true],
];
