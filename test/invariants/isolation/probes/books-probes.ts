import { Id, Who } from '../names';
import type { Side } from '../side';
import { brand, type Probe, page, probe } from './probe';

/** Balances, periods and statements. */
export const BOOKS_PROBES: Readonly<Record<string, Probe>> = {
  'Query.accountBalances': probe({ args: () => ({ ...page, currency: 'FLP', at: '2026-03-01T00:00:00Z' }) }),
  'Query.balanceAt': probe<Awaited<ReturnType<Side['householder']>>>({
    by: 'prepared',
    prepare: (side) => side.householder(),
    args: (_side, { person }) => ({ currency: 'FLP', at: '2026-03-01T00:00:00Z', member: new Who(person) }),
  }),
  'Query.conservation': probe({ args: (side) => ({ currency: 'FLP', brandId: brand(side) }) }),
  'Query.periods': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.period': probe({ args: () => ({ currency: 'FLP', month: '2026-01' }) }),
  'Query.statement': probe({ args: (side) => ({ id: new Id('statement', side.statementId) }) }),
  'Query.statements': probe({ args: (side) => ({ ...page, currency: 'FLP', brandId: brand(side) }) }),
  'Query.setAsideEvents': probe({ by: 'operator', args: () => ({ ...page, currency: 'FLP' }) }),
  'Mutation.retrySetAsideEvents': probe({ by: 'operator', args: () => ({ input: { currency: 'FLP' } }) }),
  'Mutation.closePeriod': probe({ by: 'operator', args: () => ({ input: { currency: 'FLP', month: '2026-02' } }) }),
};
