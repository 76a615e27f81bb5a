/** Printable ASCII without blanks around it: nothing of it is written in another way. */
const BARE = /^[!-~](?:[ -~]*[!-~])?$/;

/**
 * What counts of a name, such as a receipt's number. Blanks around it do not, nor which of Unicode's two ways writes an
 * accent. May be empty. bare_text in the database does the same.
 */
export function bareText(text: string): string {
  return BARE.test(text) ? text : text.trim().normalize('NFC');
}
