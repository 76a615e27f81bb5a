import { internationalNumber } from '../../../src/members/identification/phone-number';

test.each([
  ['+436641234567', null, '+436641234567'],
  ['0043 664 / 123 45 67', null, '+436641234567'],
  ['+43 (0) 664 1234567', null, '+436641234567'],
  ['0664 1234567', 'AT', '+436641234567'],
  ['0664 1234567', 'DE', '+496641234567'],
  ['0043 664 1234567', 'US', '+436641234567'],
  ['011 43 664 1234567', 'US', '+436641234567'],
  // In Italy the zero is part of the number.
  ['+39 06 12345678', null, '+390612345678'],
  ['(415) 555-2671', 'US', '+14155552671'],
])('%s, dialled in %s, is %s', (text, country, number) => {
  expect(internationalNumber(text, country)).toBe(number);
});

test.each([
  ['national, and nobody knows where', '0664 1234567', null],
  ['in a country that there is not', '0664 1234567', 'XX'],
  ['too short for its country', '+123', null],
  ['too long for any', '+43 664 1234567 1234567', null],
  ['with an extension, which is somebody else', '+43 664 1234567 ext. 5', null],
  ['not a number', 'call me', 'AT'],
])('no international form: %s', (_, text, country) => {
  expect(internationalNumber(text, country)).toBeNull();
});
