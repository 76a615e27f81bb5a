import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Points that lie in a wallet fill its arrears by a transfer of their own, from the wallet to itself. */
export class PointsBesideArrears1790000000031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${codes('ARREARS_FILL')}));
      ALTER TABLE transfer DROP CONSTRAINT transfer_two_accounts, ADD CONSTRAINT transfer_two_accounts
        CHECK ((debit_account = credit_account) = (code = 'ARREARS_FILL'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE transfer DROP CONSTRAINT transfer_two_accounts, ADD CONSTRAINT transfer_two_accounts CHECK (debit_account <> credit_account);
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${codes()}));
    `);
  }
}

const BEFORE = [
  ['EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'GIFT', 'POOL_CONTRIBUTION', 'POOL_RETURN'],
  ['MERGE', 'CONVERSION_OUT', 'CONVERSION_IN', 'FEE', 'REMAINDER', 'EXPIRY', 'CLOSURE', 'CLEARING'],
].flat();

function codes(...more: readonly string[]): string {
  return [...BEFORE, ...more].map((code) => `'${code}'`).join(', ');
}
