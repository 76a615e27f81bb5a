import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which membership it is by which a member puts into a pool and spends from it: postings ask under the pool's lock whether it still holds. */
export class HouseholdStanding1790000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(poolsOfWallets('id uuid, ', 'id, '));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(poolsOfWallets('', ''));
  }
}

function poolsOfWallets(columns: string, values: string): string {
  return `
    DROP FUNCTION pools_of_wallets(uuid[]);
    CREATE FUNCTION pools_of_wallets(asked uuid[]) RETURNS TABLE (wallet_id uuid, ${columns}pool_id uuid, role text, share_numerator bigint, share_denominator bigint)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT wallet_id, ${values}pool_id, role, share_numerator, share_denominator FROM household_member
      WHERE wallet_id = ANY (asked) AND joined_at IS NOT NULL AND ended_at IS NULL $$;
    REVOKE ALL ON FUNCTION pools_of_wallets(uuid[]) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION pools_of_wallets(uuid[]) TO tessera_app;
  `;
}
