import { coalesce } from '../../../src/platform/database/coalesce';
import { notNow } from '../../../src/platform/not-now';

describe('callers who are coalesced', () => {
  const runs: number[][] = [];
  const full = () => notNow.refuse('OVERLOADED', { message: 'Too many wait.' });
  const double = coalesce<'ana' | 'bob', number, number>(
    'doubling',
    async (_key, asks) => {
      runs.push([...asks]);
      await new Promise(setImmediate);
      if (asks.includes(13)) throw new Error('unreadable');
      if (asks.includes(14)) throw notNow.refuse('UNAVAILABLE', { message: 'Nobody answers.' });
      if (asks.includes(15)) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      return asks.map((ask) => ask * 2);
    },
    { most: 4, waiting: { most: 12, full } },
  );
  beforeEach(() => {
    runs.length = 0;
  });

  it('go in the order they came, within the bound, and never a caller in two parts', async () => {
    const answers = await Promise.all([[1], [2, 3], [4, 5], [6]].map((asks) => double('ana', asks)));
    expect(answers).toEqual([[2], [4, 6], [8, 10], [12]]);
    expect(runs).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await double('ana', [])).toEqual([]);
    expect(await double('ana', [1, 2, 3, 4, 5, 6])).toHaveLength(6);
  });

  it('never go with those of another key', async () => {
    expect(await Promise.all([double('ana', [1]), double('bob', [2]), double('ana', [3])])).toEqual([[2], [4], [6]]);
    expect(runs).toEqual([[1, 3], [2]]);
  });

  it('get their answers when one of them cannot be read', async () => {
    const outcomes = await Promise.allSettled([[1], [13], [3]].map((asks) => double('ana', asks)));
    expect(outcomes).toMatchObject([{ value: [2] }, { reason: { message: 'unreadable' } }, { value: [6] }]);
    expect(runs).toEqual([[1, 13, 3], [1], [13], [3]]);
  });

  it.each([14, 15])('are not tried one by one in an outage (%i)', async (outage) => {
    const outcomes = await Promise.allSettled([[1], [outage], [3]].map((asks) => double('ana', asks)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(runs).toEqual([[1, outage, 3]]);
  });

  it.each([
    ['fewer', (asks: readonly number[]) => asks.slice(1), 'the short run gave 2 answers to 3 asks'],
    ['more', (asks: readonly number[]) => [...asks, 4], 'the short run gave 4 answers to 3 asks'],
  ])('are never given the answers of others by a run that gives %s than it was asked', async (_, answer, message) => {
    const ask = coalesce<'ana', number, number>('the short run', async (_key, asks) => answer(asks));
    const outcomes = await Promise.allSettled([ask('ana', [1]), ask('ana', [2, 3])]);
    expect(outcomes).toMatchObject(Array(2).fill({ status: 'rejected', reason: { message } }));
  });

  it('are refused beyond the bound, and taken again afterwards', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 15 }, (_, ask) => double('ana', [ask + 20])));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(12).fill('fulfilled'), ...Array(3).fill('rejected')]);
    expect(outcomes[12]).toMatchObject({ reason: { code: 'OVERLOADED', retrySafe: true } });
    expect(await double('ana', [32])).toEqual([64]);
  });
});
