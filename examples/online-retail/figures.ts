import type { Figures } from './compare';
import type { InvoiceFile } from './invoices';
import { BRAND_CODES, type Replay } from './member-events';
import type { Tally } from './replay-member';
import { micros, type Statement } from './settle';

/** What the operator model's expected file holds. Gross points by brand come from the statements. */
export function operatorFigures(file: InvoiceFile, replay: Replay, tally: Tally, statements: readonly Statement[]): Figures {
  const balances = [...tally.balances].map(([customer, { active, arrears }]) => ({ customer, points: active - arrears }));
  return {
    counts: {
      clawbacks: tally.clawbacks,
      ineligibleLines: file.ineligibleLines,
      purchaseInvoices: replay.purchaseInvoices,
      purchases: replay.purchases,
      redemptions: tally.redemptions,
      reinstatements: tally.reinstatements,
      returnedUnits: replay.returnedUnits,
      unmatchedReturnUnits: replay.unmatchedReturnUnits,
    },
    members: balances.length,
    brands: Object.fromEntries(BRAND_CODES.map((code) => [code, grossPoints(statements.filter((each) => each.brand.code === code))])),
    pointsOutstanding: balances.reduce((sum, { points }) => sum + Math.max(0, points), 0),
    membersInArrears: balances.filter(({ points }) => points < 0).length,
    arrearsPoints: balances.reduce((sum, { points }) => sum + Math.max(0, -points), 0),
    topBalances: Object.fromEntries(
      balances
        .sort((a, b) => b.points - a.points)
        .slice(0, 5)
        .map(({ customer, points }) => [customer, points]),
    ),
    settlementByMonth: settlementByMonth(statements),
  };
}

/** The mutations' answers must say the same as the statements. */
export function answeredPoints(tally: Tally): Figures {
  return Object.fromEntries(BRAND_CODES.map((code) => [code, { ...tally.brand(code) }]));
}

function grossPoints(statements: readonly Statement[]): Figures {
  const of = (kind: string): number => statements.flatMap(({ lines }) => lines).reduce((sum, line) => sum + (line.kind === kind ? line.points : 0), 0);
  return { issued: of('ISSUANCE'), clawedBack: of('CLAWBACK'), redeemed: of('REIMBURSEMENT'), reinstated: of('REINSTATEMENT') };
}

function settlementByMonth(statements: readonly Statement[]): Figures {
  const months: Record<string, Record<string, Figures>> = {};
  for (const { month, brand, net, lines } of statements) {
    if (!(BRAND_CODES as readonly string[]).includes(brand.code)) continue;
    const sum = (kinds: readonly string[], of: (line: (typeof lines)[number]) => number): number =>
      lines.filter(({ kind }) => kinds.includes(kind)).reduce((total, line) => total + of(line), 0);
    const difference = (plus: string, minus: string): number => sum([plus], ({ points }) => points) - sum([minus], ({ points }) => points);
    months[month] ??= {};
    months[month][brand.code] = {
      pointsIssued: difference('ISSUANCE', 'CLAWBACK'),
      pointsRedeemed: difference('REIMBURSEMENT', 'REINSTATEMENT'),
      payableMicroGbp: sum(['ISSUANCE', 'CLAWBACK'], ({ amount }) => micros(amount.amount)),
      receivableMicroGbp: -sum(['REIMBURSEMENT', 'REINSTATEMENT'], ({ amount }) => micros(amount.amount)),
      netPayableMicroGbp: micros(net.amount),
    };
  }
  return months;
}

/** What the issuer model's expected file holds. */
export function issuerFigures(tally: Tally, statements: readonly Statement[]): Figures {
  const owed: Record<string, Record<string, Record<string, number>>> = {};
  const nets: Record<string, number> = {};
  let clawedFromOtherIssuers = 0;
  for (const { month, brand, net, lines } of statements) {
    nets[brand.code] = (nets[brand.code] ?? 0) + micros(net.amount);
    for (const line of lines) {
      // Each line stands on two statements: on that of whoever pays it, it is counted.
      if (line.owedBy !== 'BRAND') continue;
      if (line.kind === 'FOREIGN_CLAWBACK') clawedFromOtherIssuers += line.points;
      // A reinstatement takes back what the issuer owed the redeemer.
      const [payer, payee, points] =
        line.kind === 'REINSTATEMENT' ? [line.counterparty.code, brand.code, -line.points] : [brand.code, line.counterparty.code, line.points];
      owed[month] ??= {};
      owed[month][payer] ??= {};
      owed[month][payer][payee] = (owed[month][payer][payee] ?? 0) + points;
    }
  }
  return { pointsOwedByMonthPayerPayee: owed, netPayableMicroGbp: nets, clawedFromOtherIssuers, arrearsArisen: tally.arrearsArisen };
}
