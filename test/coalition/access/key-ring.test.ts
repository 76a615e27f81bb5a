import { randomBytes } from 'node:crypto';
import { wrapByRing } from '../../../src/coalition/access/key-ring';
import type { WrappedKey } from '../../../src/coalition/access/key-wrapping';
import { newUuid } from '../../../src/platform/ids';
import { itemAt, only } from '../../../src/platform/one-of';

const vaultKey = (id: string) => ({ id, key: randomBytes(32) });
const memberKey = (version = 1) => ({ memberId: newUuid(), version, key: randomBytes(32) });

describe('a ring of vault keys', () => {
  const [old, next] = [vaultKey('old'), vaultKey('next')];

  it('wraps by its first, and unwraps by whichever wrapped, many at once and in their order', async () => {
    const keys = [memberKey(), memberKey(2), memberKey()];
    const [before, after] = [wrapByRing([old]), wrapByRing([next, old])];
    const byOld = await before.wrap(keys);
    const byNext = await after.wrap(keys);
    expect([byOld, byNext].flat().map(({ vaultKeyId }) => vaultKeyId)).toEqual(['old', 'old', 'old', 'next', 'next', 'next']);
    for (const each of byOld) expect(each.wrapped).toHaveLength(60);
    const mixed = [itemAt(byOld, 0), itemAt(byNext, 1), itemAt(byOld, 2)];
    expect(await after.unwrap(mixed)).toEqual(keys);
  });

  it('names the key that it lacks, or that is another one', async () => {
    const wrapped = await wrapByRing([old]).wrap([memberKey()]);
    await expect(wrapByRing([next]).unwrap(wrapped)).rejects.toThrow(/lacks the key "old"/);
    await expect(wrapByRing([next, vaultKey('old')]).unwrap(wrapped)).rejects.toThrow(/does not open with the key "old"/);
  });

  it("gives nobody another member's key, nor another version of it", async () => {
    const ring = wrapByRing([old]);
    const wrapped: WrappedKey = only(await ring.wrap([memberKey()]));
    await expect(ring.unwrap([{ ...wrapped, memberId: newUuid() }])).rejects.toMatchObject({ name: 'VaultKeyWrong', vaultKeyId: 'old' });
    await expect(ring.unwrap([{ ...wrapped, version: 2 }])).rejects.toMatchObject({ name: 'VaultKeyWrong' });
  });
});
