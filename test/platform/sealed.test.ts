import { createSecretKey, randomBytes } from 'node:crypto';
import { openSealed, seal } from '../../src/platform/sealed';

const newKey = () => createSecretKey(randomBytes(32));

describe('what is sealed', () => {
  const key = newKey();
  const content = Buffer.from('Ana Müller');

  it('opens with its key and about the same thing, and is another text each time', () => {
    const [once, again] = [seal(key, content, 'a'), seal(key, content, 'a')];
    expect(openSealed(key, once, 'a')).toEqual(content);
    expect(openSealed(key, again, 'a')).toEqual(content);
    expect(once).not.toEqual(again);
    expect(once.toString('latin1')).not.toContain('Ana');
    expect(openSealed(key, seal(key, Buffer.alloc(0), 'a'), 'a')).toEqual(Buffer.alloc(0));
  });

  it('opens with no other key, about nothing else, and not once a byte of it was changed or is gone', () => {
    const sealed = seal(key, content, 'a');
    expect(openSealed(newKey(), sealed, 'a')).toBeNull();
    for (const about of ['b', 'aa', '']) expect(openSealed(key, sealed, about)).toBeNull();
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(openSealed(key, changed, 'a')).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++) expect(openSealed(key, sealed.subarray(0, length), 'a')).toBeNull();
  });
});
