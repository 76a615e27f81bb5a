import { createHash } from 'node:crypto';
import { canonicalJson, contentHash, postingId } from '../../../src/ledger/ledger/idempotency';

it('writes content one way, however strange its text', () => {
  const strange = ['', 'a"b', 'a\\b', 'tab\there', 'Grüße', '\u2028', '😀', '\ud800', '~ !#[]', '\u007f'];
  for (const text of strange) expect(canonicalJson({ [text]: text })).toBe(JSON.stringify({ [text]: text }));
  expect(canonicalJson({ b: [1n, undefined, null, { d: 1, c: undefined }], a: new Date(0), 10: true, 9: 'x' })).toBe(
    '{"10":true,"9":"x","a":"1970-01-01T00:00:00.000Z","b":["1",null,null,{"d":1}]}',
  );
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${(at * 7) % 50}`, at]));
  expect(Object.keys(JSON.parse(canonicalJson(many)))).toEqual(Object.keys(many).sort());
});

it('gives the same hash and the same posting for the same request on every version', () => {
  expect(contentHash('BURN', { points: 5n, at: 'ü' })).toEqual(createHash('sha256').update('BURN\n{"at":"ü","points":"5"}').digest());
  expect(postingId('01890a5d-ac96-774b-bcce-b302099a8057', 'key ü')).toBe('a3a6789f-34bc-885a-9acb-d74273310a13');
});
