import { ATTEMPTS, attempt, type ForeignAffairs, findInLists, fingerprint, openForeignAffairs } from './foreign-affairs';

let affairs: ForeignAffairs;
beforeAll(async () => {
  affairs = await openForeignAffairs();
});
afterAll(async () => {
  await affairs?.api.close();
  await affairs?.test.close();
});

describe.each(['client', 'staff', 'member'])("another brand's %s", (who) => {
  it.each(Object.entries(ATTEMPTS))('is refused %s, as if there were no such thing', async (name, source) => {
    const before = await fingerprint(affairs);
    const stranger = affairs.strangers[who];
    const answer = await attempt(affairs, stranger, source(affairs.owned, `${name} owned`));
    expect(['NOT_FOUND', 'FORBIDDEN', 'EMPTY']).toContain(answer);
    expect(await attempt(affairs, stranger, source(affairs.unknown, `${name} unknown`))).toBe(answer);
    expect(await fingerprint(affairs)).toBe(before);
  });

  it('finds nothing of it in any list', async () => {
    expect(await findInLists(affairs, affairs.strangers[who])).toEqual([]);
  });
});

it('the owner itself finds all of it', async () => {
  const own = affairs.coalition.brands.FUEL.freshToken;
  expect(await findInLists(affairs, own)).toHaveLength(4);
  for (const name of ['apiClients', 'staff', 'partnership', 'terms'] as const)
    expect(await attempt(affairs, own, ATTEMPTS[name](affairs.owned, name))).toMatch(/^GOT/);
});
