import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whose a row is, functions say: a policy that reads other tables has their policies planned into every statement, and theirs into them
 * (docs/decisions/0030). Who sees what is as before.
 */
export class FlatPolicies1790000000039 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FUNCTIONS);
    for (const { on, now, check } of POLICIES) await runner.query(alter(on, now, check?.now));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { on, was, check } of POLICIES) await runner.query(alter(on, was, check?.was));
    await runner.query(
      'DROP FUNCTION brand_knows(uuid), brand_confirmed(uuid), confirmed_wallet(uuid), current_wallet(); DROP POLICY owner_resolves ON brand_link',
    );
  }
}

function alter(on: string, using: string | null, check?: string): string {
  return `ALTER POLICY ${on}${using ? ` USING (${using})` : ''}${check ? ` WITH CHECK (${check})` : ''}`;
}

const FUNCTIONS = `
CREATE POLICY owner_resolves ON brand_link FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION brand_knows(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  RETURN EXISTS (SELECT FROM brand_link l WHERE l.brand_id = current_brand() AND l.member_id = asked AND l.unlinked_at IS NULL); END $$;
COMMENT ON FUNCTION brand_knows(uuid) IS 'Whether the asking brand has a link with the member.';

CREATE FUNCTION brand_confirmed(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  RETURN EXISTS (SELECT FROM brand_link l
    WHERE l.brand_id = current_brand() AND l.member_id = asked AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL); END $$;
COMMENT ON FUNCTION brand_confirmed(uuid) IS 'Whether the asking brand has a confirmed link with the member.';

CREATE FUNCTION confirmed_wallet(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  RETURN EXISTS (SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
    WHERE w.id = asked AND l.brand_id = current_brand() AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL); END $$;
COMMENT ON FUNCTION confirmed_wallet(uuid) IS 'Whether the asking brand has a confirmed link with the member whose wallet it is.';

CREATE FUNCTION current_wallet() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  IF current_principal() <> 'member' OR (current_brand() IS NOT NULL AND NOT brand_knows(current_member())) THEN RETURN NULL; END IF;
  RETURN (SELECT w.id FROM wallet w WHERE w.member_id = current_member()); END $$;
COMMENT ON FUNCTION current_wallet() IS 'The wallet of the asking member; NULL in a session of a brand that has no link with the member.';

REVOKE ALL ON FUNCTION brand_knows(uuid), brand_confirmed(uuid), confirmed_wallet(uuid), current_wallet() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION brand_knows(uuid), brand_confirmed(uuid), confirmed_wallet(uuid), current_wallet() TO tessera_app;
`;

interface PolicyChange {
  /** The policy and its table. */
  readonly on: string;
  readonly was: string | null;
  readonly now: string | null;
  readonly check?: { readonly was: string; readonly now: string };
}

const MEMBER = "(SELECT current_principal()) = 'member'";
const BRAND = "(SELECT current_principal()) = 'brand'";
const IN_SESSION = "(SELECT current_principal()) <> 'member' OR (SELECT current_brand()) IS NULL OR";
const OWN_WALLET = 'wallet_id = (SELECT current_wallet())';

/** Links of the asking brand, as the policies looked them up themselves. */
const linked = (member: string, confirmed = '') =>
  `EXISTS (SELECT FROM brand_link l WHERE l.member_id = ${member} AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL${confirmed})`;
const CONFIRMED = ' AND l.confirmed_at IS NOT NULL';
const walletSeen = (wallet: string) => `EXISTS (SELECT FROM wallet w WHERE w.id = ${wallet})`;
const walletLinked = (wallet: string) => `EXISTS (SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
  WHERE w.id = ${wallet} AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL)`;

/** What a member reads of the own wallet. */
const OF_WALLETS = [
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

const OWN_BRANDS_IDENTIFIER = `${BRAND} AND added_by_brand_id = (SELECT current_brand()) AND`;

const POLICIES: readonly PolicyChange[] = [
  ...OF_WALLETS.map((table) => ({
    on: `own_member ON ${table}`,
    was: `${MEMBER} AND ${walletSeen(`${table}.wallet_id`)}`,
    now: `${MEMBER} AND ${OWN_WALLET}`,
  })),
  {
    on: 'own_member ON conversion_quote',
    was: `${MEMBER} AND ${walletSeen('conversion_quote.wallet_id')}`,
    now: `${MEMBER} AND ${OWN_WALLET}`,
    check: {
      was: `${MEMBER} AND party_id = (SELECT current_member()) AND ${walletSeen('conversion_quote.wallet_id')}`,
      now: `${MEMBER} AND party_id = (SELECT current_member()) AND ${OWN_WALLET}`,
    },
  },
  {
    on: 'holder_reads ON account',
    was: `kind = 'WALLET' AND ((${MEMBER} AND ${walletSeen('owner_id')}) OR (${BRAND} AND ${walletLinked('owner_id')}))`,
    now: `kind = 'WALLET' AND ((${MEMBER} AND owner_id = (SELECT current_wallet())) OR (${BRAND} AND confirmed_wallet(owner_id)))`,
  },
  {
    on: 'session_is_brand ON account',
    was: `${IN_SESSION} (kind = 'WALLET' AND ${walletLinked('owner_id')})`,
    now: `${IN_SESSION} (kind = 'WALLET' AND confirmed_wallet(owner_id))`,
  },
  {
    on: 'holder_reads ON expiry_notice',
    was: `(${MEMBER} AND ${walletSeen('wallet_id')}) OR (${BRAND} AND contributor_id = 0 AND ${walletLinked('wallet_id')})`,
    now: `(${MEMBER} AND ${OWN_WALLET}) OR (${BRAND} AND contributor_id = 0 AND confirmed_wallet(wallet_id))`,
  },
  {
    on: 'session_is_brand ON expiry_notice',
    was: `${IN_SESSION} (contributor_id = 0 AND ${walletLinked('wallet_id')})`,
    now: `${IN_SESSION} (contributor_id = 0 AND confirmed_wallet(wallet_id))`,
  },
  { on: 'linked_brand ON member', was: `${BRAND} AND ${linked('member.id')}`, now: `${BRAND} AND brand_knows(id)` },
  { on: 'session_is_brand ON member', was: `${IN_SESSION} ${linked('member.id')}`, now: `${IN_SESSION} brand_knows(id)` },
  {
    on: 'confirmed_only ON member_identifier',
    was: null,
    now: null,
    check: {
      was: `(SELECT current_principal()) <> 'brand' OR kind = 'PHONE' OR ${linked('member_identifier.member_id', CONFIRMED)}`,
      now: "(SELECT current_principal()) <> 'brand' OR kind = 'PHONE' OR brand_confirmed(member_id)",
    },
  },
  {
    on: 'linked_brand ON member_identifier',
    was: `${OWN_BRANDS_IDENTIFIER} ${linked('member_identifier.member_id')}`,
    now: `${OWN_BRANDS_IDENTIFIER} brand_knows(member_id)`,
    check: {
      was: `${OWN_BRANDS_IDENTIFIER} ${linked('member_identifier.member_id')}`,
      now: `${OWN_BRANDS_IDENTIFIER} brand_knows(member_id)`,
    },
  },
  {
    on: 'session_is_brand ON member_identifier',
    was: `${IN_SESSION} (added_by_brand_id = (SELECT current_brand()) AND ${linked('member_identifier.member_id')})`,
    now: `${IN_SESSION} (added_by_brand_id = (SELECT current_brand()) AND brand_knows(member_id))`,
  },
  {
    on: 'enrolling_brand ON member_personal_data',
    was: null,
    now: null,
    check: {
      was: `(SELECT current_principal()) = 'operator' OR (${BRAND} AND ${linked('member_personal_data.member_id')})`,
      now: `(SELECT current_principal()) = 'operator' OR (${BRAND} AND brand_knows(member_id))`,
    },
  },
];
