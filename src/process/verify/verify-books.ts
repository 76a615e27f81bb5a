import type { ClientBase } from 'pg';
import { arrears, besideArrears, ownFills } from './checks/arrears';
import { endedWallets, goodwill } from './checks/care';
import { conservation } from './checks/conservation';
import { conversions, rates } from './checks/conversions';
import { expiredLots } from './checks/expired-lots';
import { awards, expiries, notices } from './checks/expiry';
import { facts, quantities } from './checks/facts';
import { carried, cleared, closes, money, nets, priced, setAside, statements } from './checks/obligations';
import { gifts, pools } from './checks/pools';
import { receipts } from './checks/receipts';
import { references } from './checks/references';
import { accountTotals, issuerTotals, stretches } from './checks/roll-ups';
import { accounts, allocationOwners, allocations, holds, postings, reversals } from './checks/transfers';
import { lots, movements, parts } from './checks/wallets';
import { type Check, type Finding, runCheck } from './finding';

/** In the order in which a fault is best named: the account first, then what hangs on it. */
const CHECKS: readonly Check[] = [
  movements,
  lots,
  parts,
  accounts,
  postings,
  allocations,
  allocationOwners,
  holds,
  arrears,
  ownFills,
  besideArrears,
  reversals,
  facts,
  quantities,
  references,
  receipts,
  expiries,
  expiredLots,
  awards,
  notices,
  pools,
  gifts,
  conversions,
  rates,
  goodwill,
  endedWallets,
  conservation,
  stretches,
  accountTotals,
  issuerTotals,
  cleared,
  priced,
  money,
  statements,
  nets,
  carried,
  setAside,
  closes,
];

/**
 * Compares everything that is recorded twice, in one snapshot of the whole database: nothing that is posted meanwhile
 * can look like a fault. The connection must be tessera_app's. Changes nothing.
 */
export async function verifyBooks(client: ClientBase, onFinding: (finding: Finding) => void = () => undefined): Promise<Finding[]> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    // Row-level security makes the planner expect a handful of rows and join them one by one; here it is always the
    // whole table.
    await client.query(`
      SELECT set_config('tessera.principal', 'worker', true), set_config('tessera.brand', '', true), set_config('tessera.member', '', true),
        set_config('enable_nestloop', 'off', true), set_config('work_mem', '128MB', true), set_config('jit', 'off', true), set_config('statement_timeout', '0', true)`);
    const findings: Finding[] = [];
    for (const check of CHECKS) {
      const finding = await runCheck(client, check);
      findings.push(finding);
      onFinding(finding);
    }
    return findings;
  } finally {
    await client.query('ROLLBACK');
  }
}
