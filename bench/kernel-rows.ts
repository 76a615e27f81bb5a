import { alongside } from '../src/ledger/ledger/alongside';
import { contentHash, postingId } from '../src/ledger/ledger/idempotency';
import type { PostingRequest } from '../src/ledger/ledger/posting';
import { ALWAYS, dayOf } from '../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../src/platform/ids';
import { itemAt } from '../src/platform/one-of';
import { referenceName } from '../src/programme/postings/reference-turns';
import { PURCHASE, PURCHASE_LINE } from '../src/programme/purchases/fact-tables';
import { type Measured, median } from './closed-loop';
import { type FilledLedger, fillLedger, TERMS } from './fill-ledger';
import { postTogether, timed, WALLETS } from './kernel-rate';
import type { BenchContext, Report, Suite } from './suite';
import { seededRandom, zipf } from './zipf';

/** Lines of each purchase; a purchase through the API is compared with one of as many. */
export const LINES_A_PURCHASE = 2;

/** Earns with the rows of their purchases alongside: what is left for whoever calls the kernel to add. */
export const kernelRows: Suite = { name: 'kernel-rows', run };

async function run({ server, long, say }: BenchContext): Promise<Report> {
  const rounds = long ? 5 : 3;
  const filled = await fillLedger(await server.database('purchases'), { wallets: WALLETS, transfersEach: 1, ownTransactions: 1 });
  const way = (references: 'with references' | 'without references') => {
    const make = purchaseMaker(filled, references);
    return timed(long ? 8 : 4, 1_000, 5_000, (callers, count) => postTogether(filled, Array.from({ length: count }, make), callers, 'kernel'));
  };
  const ways = { 'without references': way('without references'), 'with references': way('with references') };
  const measured = { 'without references': [] as Measured[], 'with references': [] as Measured[] };
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(ways) as (keyof typeof ways)[]) {
      const one = await ways[name]();
      say(`${round === 0 ? 'warming up' : `round ${round}`}: ${Math.round(one.perSecond)} purchases/s ${name}`);
      if (round > 0) measured[name].push(one);
    }
  }
  await filled.ledger.close();
  const [rate, named] = [median(measured['without references']), median(measured['with references'])];
  return {
    title: 'Earns with their purchases alongside',
    about: `Each posting is an earn with one row of purchase and ${LINES_A_PURCHASE} of purchase_line in the same transaction; 1,000 callers. With references each takes its receipt's name as well.`,
    tables: [
      {
        columns: ['', 'purchases a second', 'p50 ms', 'p99 ms'],
        rows: [
          ['kernel, without references', rate.perSecond, rate.p50, rate.p99],
          ['kernel, with references', named.perSecond, named.p50, named.p99],
        ],
      },
    ],
    ratios: [{ what: 'earns with purchases: with references / without', value: named.perSecond / rate.perSecond, target: { least: 0.95 } }],
    bars: [{ label: 'kernel, earns with purchase rows', value: rate.perSecond, unit: '/s' }],
  };
}

/** Makes earns with the rows that recordPurchase writes alongside. */
export function purchaseMaker(filled: FilledLedger, references: 'with references' | 'without references'): () => PostingRequest {
  const random = seededRandom(3);
  const pick = zipf(filled.wallets, random);
  const run = newUuid();
  let made = 0;
  return () => {
    const brand = itemAt(filled.brands, Math.floor(random() * filled.brands.length));
    const wallet = filled.firstWallet + pick();
    const key = `${run} ${made++}`;
    return purchaseRequest(filled, { brand, wallet, key, reference: references === 'with references' ? `receipt ${key}` : null });
  };
}

interface BenchPurchase {
  readonly brand: FilledLedger['brands'][number];
  readonly wallet: number;
  readonly key: string;
  readonly reference: string | null;
}

function purchaseRequest({ currencyId }: FilledLedger, { brand, wallet, key, reference }: BenchPurchase): PostingRequest {
  const now = new Date();
  const at = now.getTime();
  const [id, earn, owner, member]: [Uuid, Uuid, Uuid, Uuid] = [newUuid(), newUuid(), newUuid(), newUuid()];
  const posting = postingId(brand.id, key);
  const lot = { originId: brand.originId, expiresOn: dayOf(now, 'UTC') + 730, availableOn: ALWAYS };
  const rows = [
    alongside(PURCHASE, {
      id,
      wallet_id: owner,
      brand_id: brand.id,
      member_id: member,
      account_id: wallet,
      currency_id: currencyId,
      posting_id: posting,
      earn_transfer_id: earn,
      money_currency: 'EUR',
      amount: '42.500000000',
      eligible_amount: '42.500000000',
      paid_with_points: '0.000000000',
      points: 425,
      channel: 'till',
      instrument: null,
      reference,
      rule_id: TERMS,
      terms_id: TERMS,
      arithmetic: 2,
      occurred_at: at,
      recorded_at: at,
    }),
    ...Array.from({ length: LINES_A_PURCHASE }, (_, line) =>
      alongside(PURCHASE_LINE, {
        wallet_id: owner,
        purchase_id: id,
        line_no: line + 1,
        brand_id: brand.id,
        sku: `SKU-${line}`,
        category: 'food',
        quantity: '1.000',
        unit_price: '21.250000',
        amount: null,
        kind: 'GOODS',
        discount: null,
        tax: null,
        eligible: true,
        exclusion: null,
      }),
    ),
  ];
  const plan = {
    steps: [{ do: 'credit' as const, id: earn, from: brand.issued, to: wallet, amount: 425, code: 'EARN' as const, lot, termsId: TERMS }],
    rows,
    answer: {
      purchaseId: id,
      currency: 'BENCH',
      points: 425,
      moneyCurrency: 'EUR',
      amount: '42.500000000',
      leftOut: [],
      ruleId: TERMS,
      occurredAt: now.toISOString(),
    },
  };
  return {
    id: posting,
    party: brand.id,
    kind: 'RECORD_PURCHASE',
    contentHash: contentHash('BENCH', { key }),
    occurredAt: at,
    day: dayOf(now, 'UTC'),
    recordedAt: at,
    loads: { wallets: [wallet] },
    claims: reference === null ? undefined : [{ name: referenceName(brand.id, 'PURCHASE', 'BENCH', reference), turn: 0, made: id }],
    plan: () => plan,
  };
}
