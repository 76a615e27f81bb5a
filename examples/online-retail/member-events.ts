import type { Invoice, InvoiceLine } from './invoices';

export const BRAND_CODES = ['ATTIC', 'HEARTH', 'LANTERN', 'MERCER', 'PANTRY'] as const;
export type BrandCode = (typeof BRAND_CODES)[number];

/** Every nth purchase invoice of a member is paid partly with points. */
const BURN_EVERY = 5;

/** What a member bought at one brand on one invoice. */
export interface BrandPurchase {
  readonly brand: BrandCode;
  /** Names this purchase for ever: brand, invoice date, invoice number and customer. */
  readonly reference: string;
  readonly at: string;
  readonly lines: readonly InvoiceLine[];
  /** As on the receipt. */
  readonly amountPence: number;
}

/** Units of one purchase that a cancellation brings back; line numbers count from 1. */
export interface BrandReturn {
  readonly purchase: BrandPurchase;
  readonly reference: string;
  readonly at: string;
  readonly lines: readonly { readonly lineNo: number; readonly quantity: number }[];
}

/** One invoice as its member's wallet sees it. */
export type MemberEvent =
  | {
      readonly kind: 'PURCHASES';
      /** Brands A to Z. */
      readonly purchases: readonly BrandPurchase[];
      /**
       * The purchase that points pay a part of before the invoice earns anything; null when it is not such an invoice.
       */
      readonly burnOn: BrandPurchase | null;
    }
  | { readonly kind: 'RETURNS'; readonly returns: readonly BrandReturn[] };

export interface MemberHistory {
  readonly customer: string;
  readonly events: MemberEvent[];
}

/** All that the file says, before any platform has seen it. Balances decide nothing here: they only size the burns. */
export interface Replay {
  /** Members with a purchase invoice, in the order of their first event. */
  readonly members: MemberHistory[];
  readonly purchaseInvoices: number;
  readonly purchases: number;
  readonly returnedUnits: number;
  /** Units brought back that the customer never bought before, in this file. */
  readonly unmatchedReturnUnits: number;
}

/** A bought line with what is left of it. */
interface Returnable {
  readonly purchase: BrandPurchase;
  readonly lineNo: number;
  left: number;
}

/**
 * Turns invoices, in order, into each member's events: purchases by brand, burns that are due, returns matched to what
 * was bought.
 */
export function planReplay(invoices: readonly Invoice[]): Replay {
  const members = new Map<string, MemberHistory & { purchaseInvoices: number; readonly bought: Map<string, Returnable[]> }>();
  const counts = { purchaseInvoices: 0, purchases: 0, returnedUnits: 0, unmatchedReturnUnits: 0 };
  for (const invoice of invoices) {
    let member = members.get(invoice.customer);
    if (!member) members.set(invoice.customer, (member = { customer: invoice.customer, events: [], purchaseInvoices: 0, bought: new Map() }));
    if (invoice.cancellation) {
      const { returns, unmatched } = matchReturns(invoice, member.bought);
      counts.unmatchedReturnUnits += unmatched;
      for (const each of returns) for (const line of each.lines) counts.returnedUnits += line.quantity;
      if (returns.length > 0) member.events.push({ kind: 'RETURNS', returns });
    } else if (invoice.lines.length > 0) {
      const purchases = splitByBrand(invoice);
      counts.purchaseInvoices++;
      counts.purchases += purchases.length;
      const burnOn = ++member.purchaseInvoices % BURN_EVERY === 0 ? largest(purchases) : null;
      member.events.push({ kind: 'PURCHASES', purchases, burnOn });
      for (const purchase of purchases) remember(member.bought, purchase);
    }
  }
  const customers = [...members.values()].filter((member) => member.purchaseInvoices > 0).map(({ customer, events }) => ({ customer, events }));
  return { members: customers, ...counts };
}

/** The department behind an article number: its first two digits. */
export function brandOf(sku: string): BrandCode {
  switch (sku.slice(0, 2)) {
    case '22':
      return 'HEARTH';
    case '20':
    case '21':
      return 'ATTIC';
    case '84':
    case '85':
      return 'LANTERN';
    case '23':
    case '47':
    case '48':
    case '82':
      return 'PANTRY';
    default:
      return 'MERCER';
  }
}

function splitByBrand(invoice: Invoice): BrandPurchase[] {
  return BRAND_CODES.flatMap((brand) => {
    const lines = invoice.lines.filter((line) => brandOf(line.sku) === brand);
    if (lines.length === 0) return [];
    const amountPence = lines.reduce((sum, line) => sum + linePence(line), 0);
    return [{ brand, reference: `${brand}/${invoiceName(invoice)}`, at: instant(invoice), lines, amountPence }];
  });
}

/** Takes what came back from the latest purchases first, within one from its last line. */
function matchReturns(invoice: Invoice, bought: ReadonlyMap<string, Returnable[]>): { returns: BrandReturn[]; unmatched: number } {
  const lines = new Map<BrandPurchase, Map<number, number>>();
  let unmatched = 0;
  for (const { sku, quantity } of invoice.lines) {
    const candidates = bought.get(sku) ?? [];
    let wanted = quantity;
    for (const candidate of candidates.toReversed()) {
      const taken = Math.min(wanted, candidate.left);
      if (taken === 0) continue;
      candidate.left -= taken;
      wanted -= taken;
      let ofPurchase = lines.get(candidate.purchase);
      if (!ofPurchase) lines.set(candidate.purchase, (ofPurchase = new Map()));
      ofPurchase.set(candidate.lineNo, (ofPurchase.get(candidate.lineNo) ?? 0) + taken);
    }
    unmatched += wanted;
  }
  const returns = [...lines].map(([purchase, quantities]) => ({
    purchase,
    reference: `${invoiceName(invoice)} of ${purchase.reference}`,
    at: instant(invoice),
    lines: [...quantities].map(([lineNo, quantity]) => ({ lineNo, quantity })),
  }));
  return { returns, unmatched };
}

function remember(bought: Map<string, Returnable[]>, purchase: BrandPurchase): void {
  purchase.lines.forEach((line, index) => {
    const entry = { purchase, lineNo: index + 1, left: line.quantity };
    const list = bought.get(line.sku);
    if (list) list.push(entry);
    else bought.set(line.sku, [entry]);
  });
}

/** The purchase with the largest amount; of equal ones the first brand A to Z. */
function largest(purchases: readonly BrandPurchase[]): BrandPurchase {
  return purchases.reduce((best, each) => (each.amountPence > best.amountPence ? each : best));
}

/** A line as receipts have it: rounded half up to the penny. */
function linePence({ quantity, priceMillis }: InvoiceLine): number {
  return Math.floor((quantity * priceMillis + 5) / 10);
}

/**
 * Points that may pay part of a purchase: the smaller of the balance and half the amount at 100 points a GBP, in whole
 * hundreds.
 */
export function burnPoints(balance: number, amountPence: number): number {
  const half = Math.floor(amountPence / 2);
  return Math.max(0, Math.floor(Math.min(balance, half) / 100) * 100);
}

/** One number may come with two dates or customers, so all three name an invoice. */
function invoiceName(invoice: Invoice): string {
  return `${invoice.date}/${invoice.number}/${invoice.customer}`;
}

function instant(invoice: Invoice): string {
  return `${invoice.date.replace(' ', 'T')}Z`;
}
