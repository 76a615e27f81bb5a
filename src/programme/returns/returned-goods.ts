import { lesser } from '../../ledger/points/amount';
import { formatDecimal } from '../../ledger/points/decimal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { InvalidInput } from '../../platform/refusal';
import { count, decimal, optional, text } from '../../platform/refusal-fields';
import { type ExactAmount, exactFromMicros, formatExact, lessAmount } from '../purchases/exact-amount';
import { fullAmount, type LineKind, leftOfLine, type PricedLine, partOf, type Worth } from '../purchases/line-worth';

/** What is refused of the goods that come back. */
export const returnedGoodsRefusals = refusals(
  defineRefusal('RETURN_EXCEEDS_PURCHASE', {
    description: 'More is brought back than is left of a line, or more money given back on it than is left of what it cost.',
    retrySafe: false,
    fields: {
      lineNo: optional(count('The line; null when the line was named by its sku.')),
      sku: text("The line's sku."),
      left: decimal('Quantity that can still be returned, with three decimals.'),
      amountLeft: optional(decimal('Money that can still be given back on the line, nine decimals; null: goods were named, not money.')),
    },
    discloses: { lineNo: 'OWN', sku: 'OWN', left: 'OWN', amountLeft: 'OWN' },
    message({ lineNo, sku, left, amountLeft }) {
      const name = typeof lineNo === 'number' ? `line ${lineNo}` : `sku ${sku}`;
      return amountLeft ? `On ${name} only ${amountLeft} can still be given back.` : `Of ${name} only ${left} can still be returned.`;
    },
  }),
);

/** A line of the purchase with what came back of it so far. Quantities in thousandths. */
export interface ReturnableLine extends PricedLine {
  readonly lineNo: number;
  readonly sku: string;
  readonly kind: LineKind;
  readonly eligible: boolean;
  readonly returned: bigint;
  /** Money that was given back without goods, and lies on those that are left. */
  readonly reduced: ExactAmount;
}

/**
 * What comes back of a line, named by its number or by the sku on it: so many of the goods, or money (micro-units)
 * without goods.
 */
export interface ReturnedGoods {
  readonly lineNo: number | null;
  readonly sku: string | null;
  /** Exactly one of the two. */
  readonly quantity?: bigint;
  readonly amount?: bigint;
}

/** What is left of a line, with its tax, less the money that was given back on it. */
export function worthLeft(line: ReturnableLine, minorUnit: ExactAmount): Worth {
  const left = leftOfLine(line, line.quantity - line.returned, minorUnit);
  if (line.reduced === 0n) return left;
  const gross = left.amount + left.tax;
  const stays = gross - line.reduced;
  const amount = gross === 0n ? left.amount : partOf(left.amount, stays, gross, minorUnit);
  return { amount, tax: (stays - amount) as ExactAmount };
}

/**
 * The lines once all of it has come back, in that order. Throws RETURN_EXCEEDS_PURCHASE, InvalidInput where a sku does
 * not say which line.
 */
export function takeBack(lines: readonly ReturnableLine[], goods: readonly ReturnedGoods[], minorUnit: ExactAmount): ReturnableLine[] {
  const standing = new Map(lines.map((line) => [line.lineNo, line]));
  for (const [at, each] of goods.entries()) {
    const named = [...standing.values()].filter((line) =>
      each.sku === null ? line.lineNo === each.lineNo : line.sku === each.sku && line.kind !== 'DISCOUNT',
    );
    const changed = each.amount === undefined ? takeQuantity(named, each, at, minorUnit) : reduce(named, each, at, minorUnit);
    for (const line of changed) standing.set(line.lineNo, line);
  }
  return [...standing.values()];
}

/** Of lines that hold the same goods at the same price, the last one first. */
function takeQuantity(named: readonly ReturnableLine[], { lineNo, sku, quantity = 0n }: ReturnedGoods, at: number, minorUnit: ExactAmount): ReturnableLine[] {
  const some = named.filter((line) => line.returned < line.quantity);
  const left = some.reduce((sum, line) => sum + line.quantity - line.returned, 0n);
  if (quantity > left) throw returnedGoodsRefusals.refuse('RETURN_EXCEEDS_PURCHASE', { lineNo, sku: sku ?? named[0]?.sku ?? '', left: formatDecimal(left, 3) });
  const [first, ...others] = some;
  if (quantity < left && first && others.some((line) => !isAlike(line, first, minorUnit))) throw whichLine(some, at);
  let wanted = quantity;
  return some.reverse().map((line) => {
    const take = lesser(line.quantity - line.returned, wanted);
    wanted -= take;
    return takeFrom(line, take, minorUnit);
  });
}

/** What was given back without goods goes with the pieces that it lies on; nobody gets money for a piece twice. */
function takeFrom(line: ReturnableLine, quantity: bigint, minorUnit: ExactAmount): ReturnableLine {
  const taken = { ...line, returned: line.returned + quantity };
  if (line.reduced === 0n || quantity === 0n) return taken;
  const before = line.quantity - line.returned;
  const { amount, tax } = leftOfLine(line, before - quantity, minorUnit);
  const gross = amount + tax;
  const worth = grossLeft(line, minorUnit);
  const least = gross > worth ? gross - worth : 0n;
  const part: bigint = partOf(line.reduced, before - quantity, before, minorUnit);
  const reduced = part > gross ? gross : part < least ? least : part;
  return { ...taken, reduced: reduced as ExactAmount };
}

const NOTHING = 0n as ExactAmount;

function reduce(named: readonly ReturnableLine[], { lineNo, sku, amount = 0n }: ReturnedGoods, at: number, minorUnit: ExactAmount): ReturnableLine[] {
  const some = named.filter((line) => line.returned < line.quantity);
  if (some.length > 1) throw whichLine(some, at);
  const money = exactFromMicros(amount);
  if (money % minorUnit !== 0n) throw new InvalidInput(`input.lines.${at}.amount`, 'This cannot be paid out: round it to the minor unit of the money.');
  const [line] = some;
  const left = line ? lessAmount(grossLeft(line, minorUnit), NOTHING) : NOTHING;
  if (!line || money > left) {
    const quantity = line ? line.quantity - line.returned : 0n;
    throw returnedGoodsRefusals.refuse('RETURN_EXCEEDS_PURCHASE', {
      lineNo,
      sku: sku ?? named[0]?.sku ?? '',
      left: formatDecimal(quantity, 3),
      amountLeft: formatExact(left),
    });
  }
  return [{ ...line, reduced: (line.reduced + money) as ExactAmount }];
}

function grossLeft(line: ReturnableLine, minorUnit: ExactAmount): ExactAmount {
  const { amount, tax } = worthLeft(line, minorUnit);
  return (amount + tax) as ExactAmount;
}

/** It makes no difference which of them a piece comes off. */
function isAlike(a: ReturnableLine, b: ReturnableLine, minorUnit: ExactAmount): boolean {
  if (a.kind !== b.kind || a.eligible !== b.eligible || a.reduced !== 0n || b.reduced !== 0n || a.tax * b.quantity !== b.tax * a.quantity) return false;
  if (a.discount === 0n && b.discount === 0n && a.unitPrice !== null && b.unitPrice !== null) return a.unitPrice === b.unitPrice;
  const cost = (line: ReturnableLine) => fullAmount(line, minorUnit) - line.discount;
  return cost(a) * b.quantity === cost(b) * a.quantity;
}

function whichLine(lines: readonly ReturnableLine[], at: number): InvalidInput {
  const numbers = lines.map(({ lineNo }) => lineNo).sort((a, b) => a - b);
  return new InvalidInput(`input.lines.${at}.sku`, `Lines ${numbers.join(', ')} hold this sku and not at the same price. Name the line by lineNo.`);
}
