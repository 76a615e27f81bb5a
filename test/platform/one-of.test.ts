import { itemAt, only } from '../../src/platform/one-of';

test('only gives the one row that there is', () => {
  expect(only(['row'])).toBe('row');
});

test('only says how many rows there are instead of one', () => {
  expect(() => only([])).toThrow('there are 0 where there must be one');
  expect(() => only(['one', 'another'])).toThrow('there are 2 where there must be one');
});

test('itemAt gives what stands at a place, and says that a place is not there', () => {
  expect(itemAt(['a', 'b'], 1)).toBe('b');
  expect(() => itemAt(['a', 'b'], 2)).toThrow('there is no place 2 among 2');
});
