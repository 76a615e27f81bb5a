/** Printable ASCII without blanks around it: nothing of it is written in another way. */
const BARE = /^[!-~](?:[ -~]*[!-~])?$/;

/**
 * What of a name counts, such as a receipt's number: blanks around it do not, nor in which of two ways of Unicode an accent is written. May be empty.
 * bare_text in the database does the same.
 */
export function bareText(text: string): string {
  return BARE.test(text) ? text : text.trim().normalize('NFC');
}
