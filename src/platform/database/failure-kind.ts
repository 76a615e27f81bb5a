/**
 * conflict: another transaction was in the way. connection: the server or the way to it is gone. busy: it is there and
 * cannot do it now (a lock, memory, a full disk). defect: it would fail again.
 */
export function kindOfFailure(error: unknown): 'conflict' | 'connection' | 'busy' | 'defect' {
  const { code, constraint, message } = whatPgSaid(error);
  // The same key at two gateways at once: the second finds the first one's posting when it looks again.
  if (code === '23505') return constraint === 'posting_pkey' ? 'conflict' : 'defect';
  if (code === '40001' || code === '40P01') return 'conflict';
  // 25006: a server that has become a standby. 25P03, 25P04: it has ended an idle or endless transaction, and the
  // session with it.
  if (code && /^(08...|57P0[1-5]|53300|25006|25P0[34]|ECONN\w+|EPIPE|ETIMEDOUT|ENOENT|ENOTFOUND|EAI_AGAIN|EHOST\w+|ENET\w+)$/.test(code)) return 'connection';
  if (code && /^(55P03|57014|53...|58...)$/.test(code)) return 'busy';
  // TypeORM gives a runner back whose connection is lost.
  if (
    /Connection terminated|Query runner already released|not queryable|Client was closed|connection error|Query read timeout|timeout expired|timeout exceeded/i.test(
      message ?? '',
    )
  )
    return 'connection';
  return 'defect';
}

/** TypeORM wraps what the driver throws. */
function whatPgSaid(error: unknown): { code?: string; constraint?: string; message?: string } {
  const given = error as { driverError?: object } | null;
  return given?.driverError ?? given ?? {};
}
