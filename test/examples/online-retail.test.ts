import { BulkLane } from '../../examples/online-retail/bulk-lane';
import { countFigures, differences } from '../../examples/online-retail/compare';
import { groupInvoices } from '../../examples/online-retail/invoices';
import { burnPoints, planReplay } from '../../examples/online-retail/member-events';
import { balanceAfter } from '../../examples/online-retail/replay-member';

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

function replayOf(...rows: string[]) {
  const file = groupInvoices([HEADER, ...rows, ''].join('\n'));
  return { ...planReplay(file.invoices), ineligibleLines: file.ineligibleLines };
}

describe('online-retail events', () => {
  test('an invoice becomes one purchase a brand, A to Z, each line rounded half up to the penny', () => {
    const replay = replayOf(
      '536365,22633,HAND WARMER,3,2010-12-01 08:28:00,1.85,17850,United Kingdom',
      '536365,84029G,"HOT WATER BOTTLE, ""WHITE""",2,2010-12-01 08:28:00,0.125,17850,United Kingdom',
      '536365,20725,LUNCH BAG,1,2010-12-01 08:28:00,2.1,17850,United Kingdom',
      '536365,22632,HAND WARMER,1,2010-12-01 08:28:00,0.55,17850,United Kingdom',
      '536365,22633,HAND WARMER,5,2010-12-01 08:28:00,0.005,17850,United Kingdom',
    );
    const [event] = replay.members[0].events;
    if (event.kind !== 'PURCHASES') throw new Error('expected purchases');
    expect(event.purchases.map((each) => [each.brand, each.amountPence, each.lines.length])).toEqual([
      ['ATTIC', 210, 1],
      ['HEARTH', 613, 3],
      ['LANTERN', 25, 1],
    ]);
    expect(event.purchases[0].at).toBe('2010-12-01T08:28:00Z');
    expect(event.purchases[0].reference).toBe('ATTIC/2010-12-01 08:28:00/536365/17850');
  });

  test('lines without customer are ignored; postage, free and unpriced lines are counted as ineligible', () => {
    const replay = replayOf(
      '1,22633,X,1,2010-12-01 08:00:00,1,,United Kingdom',
      '1,POST,POSTAGE,1,2010-12-01 08:00:00,18,12583,France',
      '1,22633,X,1,2010-12-01 08:00:00,0,12583,France',
      'C2,22633,X,5,2010-12-01 09:00:00,1,12583,France',
    );
    expect(replay).toMatchObject({ members: [], purchaseInvoices: 0, purchases: 0, ineligibleLines: 3 });
  });

  test('a return takes the latest purchase first, within it the last line, and counts what it cannot match', () => {
    const replay = replayOf(
      '1,22633,X,4,2010-12-01 08:00:00,1,12583,France',
      '2,22633,X,2,2010-12-02 08:00:00,1,12583,France',
      '2,22633,X,3,2010-12-02 08:00:00,2,12583,France',
      'C3,22633,X,-4,2010-12-03 08:00:00,1,12583,France',
      'C4,22633,X,-9,2010-12-04 08:00:00,1,12583,France',
      'C5,22633,X,-1,2010-12-05 08:00:00,1,12583,France',
    );
    const returns = replay.members[0].events.flatMap((event) => (event.kind === 'RETURNS' ? event.returns : []));
    expect(returns.map((each) => [each.reference.slice(20, 22), each.purchase.reference.slice(27, 28), each.lines])).toEqual([
      [
        'C3',
        '2',
        [
          { lineNo: 2, quantity: 3 },
          { lineNo: 1, quantity: 1 },
        ],
      ],
      ['C4', '2', [{ lineNo: 1, quantity: 1 }]],
      ['C4', '1', [{ lineNo: 1, quantity: 4 }]],
    ]);
    expect(replay).toMatchObject({ returnedUnits: 9, unmatchedReturnUnits: 5 });
  });

  test('each fifth purchase invoice is paid partly with points, on its largest purchase', () => {
    const invoices = [1, 2, 3, 4, 5].flatMap((day) => [
      `${day},85123A,LANTERN,1,2010-12-0${day} 08:00:00,4,12583,France`,
      `${day},20725,ATTIC,1,2010-12-0${day} 08:00:00,4,12583,France`,
      `${day},22633,HEARTH,1,2010-12-0${day} 08:00:00,3.99,12583,France`,
    ]);
    const burns = replayOf(...invoices).members[0].events.map((event) => (event.kind === 'PURCHASES' ? event.burnOn?.brand : 'a return'));
    expect(burns).toEqual([undefined, undefined, undefined, undefined, 'ATTIC']);
  });

  test('points pay at most half, in hundreds, and never more than there are', () => {
    expect(burnPoints(1_000, 799)).toBe(300);
    expect(burnPoints(299, 799)).toBe(200);
    expect(burnPoints(1_000, 199)).toBe(0);
    expect(burnPoints(-50, 10_000)).toBe(0);
  });

  test('a return takes what there is, and what it makes and fills of arrears is apart', () => {
    const before = { active: 100, arrears: 0 };
    expect(balanceAfter({ clawedBack: 30, arrearsMade: 0, reinstated: 0, arrearsFilled: 0 }, before)).toEqual({ active: 70, arrears: 0 });
    expect(balanceAfter({ clawedBack: 130, arrearsMade: 30, reinstated: 0, arrearsFilled: 0 }, before)).toEqual({ active: 0, arrears: 30 });
    expect(balanceAfter({ clawedBack: 130, arrearsMade: 30, reinstated: 200, arrearsFilled: 30 }, before)).toEqual({ active: 170, arrears: 0 });
  });
});

describe('online-retail comparison', () => {
  test('names every number that differs, and takes a missing one as 0', () => {
    const expected = { members: 2, brands: { ATTIC: { issued: 10, reinstated: 0 }, HEARTH: { issued: 5 } } };
    const found = { members: 2, brands: { ATTIC: { issued: 11 }, PANTRY: { issued: 1 } } };
    expect(differences(expected, found)).toEqual([
      'brands / ATTIC / issued: expected 10, found 11',
      'brands / HEARTH / issued: expected 5, found 0',
      'brands / PANTRY / issued: expected 0, found 1',
    ]);
    expect(differences(expected, expected)).toEqual([]);
    expect(countFigures(expected)).toBe(4);
  });
});

describe('a bulk lane', () => {
  test('sends what is most urgent first, within its bounds, and gives each its own answer', async () => {
    const sent: number[][] = [];
    const lane = new BulkLane<number, number>(
      async (items) => {
        sent.push([...items]);
        return items.map((item) => item * 10);
      },
      { maxItems: 3, maxWeight: 10, maxInFlight: 1 },
      (item) => item,
    );
    const answers = await Promise.all([1, 2, 9, 3, 4].map((item) => lane.submit(item, item)));
    expect(answers).toEqual([10, 20, 90, 30, 40]);
    expect(sent).toEqual([[9], [4, 3, 2], [1]]);
  });

  test('a request that fails fails its own items only', async () => {
    const lane = new BulkLane<string, string>(
      async ([item]) => {
        if (item === 'bad') throw new Error('refused');
        return [item];
      },
      { maxItems: 1, maxWeight: 1, maxInFlight: 2 },
    );
    const results = await Promise.allSettled(['good', 'bad', 'fine'].map((item) => lane.submit(item, 0)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
