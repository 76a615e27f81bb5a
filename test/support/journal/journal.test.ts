import { journalOf, type Verb } from './run-journal';

/** A purse that refuses what is not in it, and what it writes when it does. */
function purse({ spill = 0, retrySafe = false } = {}) {
  let [points, rows, posting] = [0, 0, 0];
  const spend: Verb<Map<string, Date>> = async ({ points: wanted }) => {
    if (Number(wanted) <= points) return { points: (points -= Number(wanted)), spent: wanted };
    rows += spill;
    posting++;
    throw Object.assign(new Error('not there'), { code: 'NOT_THERE', fields: { available: points }, retrySafe });
  };
  return journalOf<Map<string, Date>>({
    verbs: {
      'earn {points}[ on {on}]': async (words) => ({ points: (points += Number(words.points)) }),
      'spend {points}': spend,
      dates: async (_, dates) => [...dates.values()].map((date) => date.toISOString()),
      drop: () => Promise.reject(new TypeError('torn')),
    },
    open: () => new Map(),
    meet: async () => undefined,
    moveTo: (at, dates) => dates.set(at.toISOString(), at),
    written: async () => ({ rows, posting }),
  });
}

const failure = async (told: Promise<unknown>): Promise<string> => {
  const error = await told.then(
    () => new Error('nothing was wrong'),
    (error: Error) => error,
  );
  return error.message;
};

describe('a journal', () => {
  it('does what its lines say', async () => {
    const journal = purse();
    const { cast, goOn } = await journal`
      earn   10          // All of it.

      spend   4          says points 6, spent 4
      spend   7          refused NOT_THERE, available 6
      dates              says nothing`;
    expect(cast.size).toBe(0);
    await goOn`
      2026-01-03         spend ${3}  says points 3
      2026-01-03T22:30   dates       says 2026-01-03T12:00:00.000Z, 2026-01-03T22:30:00.000Z`;
  });

  it('shows the line that came to something else, with what was expected', async () => {
    const told = purse()`
      earn   10
      spend   4   says points 5, spent 4
      spend   4`;
    expect(await failure(told)).toBe(
      [
        'The journal is another:',
        '',
        '  earn   10',
        '> spend   4   says points 5, spent 4',
        '  spend   4',
        '',
        'expected: points 5, spent 4',
        'actual:   points 6, spent 4',
      ].join('\n'),
    );
  });

  it.each([
    ['a refusal that nobody expects', 'spend 4', 'expected: accepted\nactual:   refused NOT_THERE, available 0, retrySafe false'],
    ['a refusal in the place of an answer', 'spend 4 says spent 4', 'expected: spent 4\nactual:   refused NOT_THERE, available 0, retrySafe false'],
    ['another refusal', 'spend 4 refused LOCKED', 'expected: refused LOCKED\nactual:   refused NOT_THERE'],
    ['a refusal that says something else', 'spend 4 refused NOT_THERE, available 1', 'actual:   refused NOT_THERE, available 0'],
    ['what should be refused', 'earn 4 refused LOCKED', 'expected: refused LOCKED\nactual:   accepted: points 4'],
    ['a field that is not there', 'earn 4 says pints 4', 'actual:   pints undefined'],
    ['another list', 'dates says 2026-01-03T12:00:00.000Z', 'actual:   nothing'],
    ['a defect', 'drop', 'it failed: TypeError: torn'],
    ['a defect in the place of a refusal', 'drop refused TORN', 'it failed: TypeError: torn'],
  ])('tells of %s', async (_, line, told) => {
    expect(await failure(purse()`${line}`)).toContain(told);
  });

  it('finds what a refused line has written', async () => {
    expect(await failure(purse({ spill: 2 })`spend 4 refused NOT_THERE`)).toContain('expected: nothing is written\nactual:   rows 2 instead of 0');
  });

  it('finds an outcome that is kept of what will be judged anew', async () => {
    expect(await failure(purse({ retrySafe: true })`spend 4 refused NOT_THERE`)).toContain('actual:   posting 1 instead of 0');
  });
});

describe('a line that is not understood', () => {
  it('is told with the forms that it could have, and nothing is done', async () => {
    const journal = purse();
    const told = journal`
      earn 10
      2026-01-03 earn ten`;
    expect(await failure(told)).toBe('Line 3 of the journal is not understood:\n  2026-01-03 earn ten\nA line could be:\n  earn {points}[ on {on}]');
    await journal`earn 1 says points 1`;
  });

  it('is told with all verbs where its own is none', async () => {
    expect(await failure(purse()`steal 10`)).toContain('A line begins with one of: dates, drop, earn, spend');
  });

  it('has a date that is none', async () => {
    expect(await failure(purse()`earn 10 on 3.1.2026`)).toContain('is not understood');
  });
});
