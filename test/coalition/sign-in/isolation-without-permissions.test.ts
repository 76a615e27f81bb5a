import type { Principal } from '../../../src/coalition/access/principal';
import { ATTEMPTS, attempt, type ForeignAffairs, findInLists, fingerprint, openForeignAffairs } from './foreign-affairs';

// The permission layer is switched off: everybody may do everything, for whichever brand they name.
jest.mock('../../../src/coalition/access/permissions', () => ({
  ...jest.requireActual('../../../src/coalition/access/permissions'),
  requireBrand: (principal: Principal) => principal.brandId,
  requireOperator: () => undefined,
  requireMemberLogin: (principal: Principal) => (principal.kind === 'member' ? principal.memberId : principal.brandId),
  requireNamedBrand: (principal: Principal, _permission: unknown, brandId: string | null) => brandId ?? principal.brandId,
  requireBrandOrOperator: (principal: Principal, _permission: unknown, brandId: string | null) => brandId ?? principal.brandId,
}));

const REFUSED = ['NOT_FOUND', 'EMPTY', 'INTERNAL_SERVER_ERROR', 'FORBIDDEN'];

let affairs: ForeignAffairs;
beforeAll(async () => {
  affairs = await openForeignAffairs();
});
afterAll(async () => {
  await affairs?.api.close();
  await affairs?.test.close();
});

describe('row-level security alone', () => {
  it.each(['client', 'staff', 'member'])("refuses another brand's %s everything", async (who) => {
    const before = await fingerprint(affairs);
    const answers: Record<string, string> = {};
    for (const [name, source] of Object.entries(ATTEMPTS))
      answers[name] = await attempt(affairs, affairs.strangers[who], source(affairs.owned, `${who} ${name}`));
    expect(Object.entries(answers).filter(([, answer]) => !REFUSED.includes(answer))).toEqual([]);
    expect(await findInLists(affairs, affairs.strangers[who])).toEqual([]);
    expect(await fingerprint(affairs)).toBe(before);
  });

  // A check that cannot fail is no check: without a table's policies something gets through.
  it.each([
    ['brand', 'updateBrand'],
    ['point_currency currency', 'createPointCurrency'],
    ['conversion_rate', 'endConversionRate'],
    ['partnership', 'partnership'],
    ['api_client', 'apiClients'],
    ['staff', 'removeStaff'],
    ['audit_entry', 'auditEntries'],
  ])('is what refuses: with that of %s off, %s gets through', async (tables, name) => {
    const { owner } = affairs.test.database;
    const before = await fingerprint(affairs);
    const turn = (how: string) => Promise.all(tables.split(' ').map((table) => owner.query(`ALTER TABLE ${table} ${how} ROW LEVEL SECURITY`)));
    await turn('DISABLE');
    try {
      const stranger = affairs.strangers.client;
      const source = ATTEMPTS[name]?.(affairs.owned, `off ${tables}`);
      const through = source ? !REFUSED.includes(await attempt(affairs, stranger, source)) : (await findInLists(affairs, stranger)).length > 0;
      const written = (await fingerprint(affairs)) !== before;
      expect(through || written).toBe(true);
    } finally {
      await turn('ENABLE');
    }
  });

  // What hangs on another table is behind two policies; here the table's own is seen alone.
  it.each(['partnership', 'partnership_event', 'terms_version', 'api_client', 'api_client_secret', 'staff', 'brand_link', 'audit_entry'])(
    'of %s shows no row of another brand, and without it does',
    async (table) => {
      const { test, coalition } = affairs;
      const others = async () => {
        const { rows } = await test.app.database.transaction({ kind: 'brand', brandId: coalition.brands.TAXI.id }, ({ client }) =>
          client.query(`SELECT * FROM ${table}`),
        );
        return rows.filter((row) => JSON.stringify(row).includes(OWNED_BY[table](affairs))).length;
      };
      expect(await others()).toBe(0);
      await test.database.owner.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
      const seen = await others();
      await test.database.owner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      expect(seen).toBeGreaterThan(0);
    },
  );
});

const uuid = (id: string) => id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const OWNED_BY: Record<string, (affairs: ForeignAffairs) => string> = {
  partnership: ({ owned }) => uuid(owned.partnership),
  partnership_event: ({ owned }) => uuid(owned.partnership),
  terms_version: ({ owned }) => uuid(owned.terms),
  api_client: ({ owned }) => uuid(owned.client),
  api_client_secret: ({ owned }) => uuid(owned.client),
  staff: ({ owned }) => uuid(owned.staff),
  brand_link: ({ coalition }) => coalition.brands.FUEL.id,
  audit_entry: ({ coalition }) => `"brand_id":"${coalition.brands.FUEL.id}"`,
};
