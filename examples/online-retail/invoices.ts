import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** One eligible line of an invoice. */
export interface InvoiceLine {
  readonly sku: string;
  /** Units bought; on a cancellation, units brought back. Above 0 either way. */
  readonly quantity: number;
  /** Thousandths of a GBP per unit; does not count on a cancellation. */
  readonly priceMillis: number;
}

/** What one customer bought, or cancelled, in one go. */
export interface Invoice {
  readonly number: string;
  /** As in the file: YYYY-MM-DD hh:mm:ss, UTC. */
  readonly date: string;
  readonly customer: string;
  readonly cancellation: boolean;
  /** Eligible lines only, in the file's order; may be empty. */
  readonly lines: InvoiceLine[];
}

export interface InvoiceFile {
  /** In the order of (date, number, customer), each compared as text. */
  readonly invoices: Invoice[];
  /** Lines of known customers that name no brand's article, or have no units or price to count. */
  readonly ineligibleLines: number;
}

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

/** Reads the shop's file: CSV, compressed when its name ends in .gz. Throws when it is another file. */
export async function readInvoiceFile(path: string): Promise<InvoiceFile> {
  const bytes = await readFile(path);
  const text = path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes;
  return groupInvoices(text.toString('utf8'));
}

/** Groups the lines of a CSV text into invoices; lines without a customer are ignored. */
export function groupInvoices(csv: string): InvoiceFile {
  const rows = csv.split(/\r?\n/);
  if (rows[0] !== HEADER) throw new Error(`The first line must be "${HEADER}".`);
  const invoices = new Map<string, Invoice>();
  let ineligibleLines = 0;
  for (const [at, row] of rows.entries()) {
    if (at === 0 || row === '') continue;
    const cells = splitRow(row);
    if (cells.length !== 8) throw new Error(`Line ${at + 1} has ${cells.length} columns, not 8.`);
    const [number = '', sku = '', , quantityText, date = '', priceText = '', customer = ''] = cells;
    if (customer === '') continue;
    const key = `${date}\t${number}\t${customer}`;
    let invoice = invoices.get(key);
    if (!invoice) invoices.set(key, (invoice = { number, date, customer, cancellation: number.startsWith('C'), lines: [] }));
    const quantity = Number(quantityText);
    const priceMillis = millis(priceText);
    const counts = invoice.cancellation ? quantity < 0 : quantity > 0 && priceMillis > 0;
    if (counts && /^\d{5}/.test(sku)) invoice.lines.push({ sku, quantity: Math.abs(quantity), priceMillis });
    else ineligibleLines++;
  }
  // Tabs sort below every other character of the key, so that comparing keys compares its parts one by one.
  const ordered = [...invoices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, invoice]) => invoice);
  return { invoices: ordered, ineligibleLines };
}

/** Exact thousandths of a price, which has at most three decimals. */
function millis(text: string): number {
  const match = /^(-?\d+)(?:\.(\d{1,3}))?$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a price with at most three decimals.`);
  const value = Number(match[1] + (match[2] ?? '').padEnd(3, '0'));
  if (!Number.isSafeInteger(value)) throw new Error(`"${text}" is too large for a price.`);
  return value;
}

/** The cells of one CSV row; quoted cells may hold commas and doubled quotes, never line breaks. */
function splitRow(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  const cells: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g;
  for (let match = pattern.exec(row); match; match = pattern.exec(row)) {
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (pattern.lastIndex >= row.length) break;
  }
  return cells;
}
