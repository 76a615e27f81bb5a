import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Issuers were kept without the slash that some end with. A login that is stored so is rewritten when it is used. */
export class IssuersToTheLetter1790000000021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('GRANT UPDATE (issuer) ON staff TO tessera_app; GRANT UPDATE (hash) ON member_identifier TO tessera_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE UPDATE (issuer) ON staff FROM tessera_app; REVOKE UPDATE (hash) ON member_identifier FROM tessera_app');
  }
}
