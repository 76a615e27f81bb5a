import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a merged member bought stays in the wallet that it was bought with: lists of the survivor look there too (docs/decisions/0020). */
export class WalletsOfMembers1790000000052 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION wallets_of_member(member_id uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT w.id FROM member m JOIN wallet w ON w.member_id = m.id WHERE m.id = wallets_of_member.member_id OR m.merged_into = wallets_of_member.member_id $$;
      COMMENT ON FUNCTION wallets_of_member(uuid) IS 'The wallet of a member, and those of the members who were merged into it.';
      REVOKE ALL ON FUNCTION wallets_of_member(uuid) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION wallets_of_member(uuid) TO tessera_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION wallets_of_member(uuid)');
  }
}
