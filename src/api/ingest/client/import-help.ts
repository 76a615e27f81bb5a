import { MOST_ROWS } from '../file-import';
import { columnsOf, type FileKind } from './file-rows';

interface Told {
  readonly what: string;
  readonly scopes: string;
  readonly notes: readonly string[];
  readonly example: readonly string[];
}

const TOLD: Readonly<Record<FileKind, Told>> = {
  MEMBERS: {
    what: 'members, without points',
    scopes: 'members',
    notes: ['Name each by customerId, by an identifier (a column such as card or phone), or by both. Who is known already gets what a line adds.'],
    example: ['customerId,card,jurisdiction', 'C-1001,6000 1234 1234 1234,AT'],
  },
  OPENINGS: {
    what: "opening balances of the brand's old programme",
    scopes: 'admin and members',
    notes: [
      'Name the member by customerId, by an identifier (a column such as card or phone), or by both; who is unknown is enrolled. Points are whole numbers of the smallest unit.',
      'Give each balance a reference: it is imported once then, in however many files it stands.',
    ],
    example: ['customerId,card,points,earnedOn,reference', 'C-1001,6000 1234 1234 1234,2500,2026-01-31,opening/1001'],
  },
  PURCHASES: {
    what: 'purchases, and returns among them',
    scopes: 'purchases',
    notes: [
      'CSV: a line of a basket each; neighbours with one reference are one purchase. NDJSON: a purchase a line, its basket in the list "lines".',
      'A line with returnOf is a return: of the purchase with that reference, by sku or lineNo, quantity or amount.',
    ],
    example: [
      'reference,customerId,occurredAt,moneyCurrency,sku,quantity,unitPrice',
      'R-77,C-1001,2026-02-10T10:00:00Z,EUR,MUG,2,4.50',
      'R-77,C-1001,2026-02-10T10:00:00Z,EUR,TEA,1,12.00',
    ],
  },
  REDEMPTIONS: {
    what: 'points that members have spent',
    scopes: 'redemptions',
    notes: ['purchaseAmount and moneyCurrency are needed where the rule asks for what was bought.'],
    example: ['customerId,points,occurredAt,reference', 'C-1001,500,2026-02-10T10:00:00Z,S-12'],
  },
};

/** The command was not called as it can be. */
export class WrongArguments extends Error {
  constructor(kind: FileKind, problems: readonly string[]) {
    super(`${problems.join('\n')}\nUsage: ${usageOf(kind)}\nnpm run import:${kind.toLowerCase()} -- --help tells more.`);
  }
}

/** How the command is called, in one line. */
function usageOf(kind: FileKind): string {
  return `npm run import:${kind.toLowerCase()} -- FILE${kind === 'MEMBERS' ? '' : ' --currency CODE'} [options]`;
}

/** All there is to know to use it. */
export function importHelp(kind: FileKind): string {
  const { what, scopes, notes, example } = TOLD[kind];
  const name = kind.toLowerCase();
  const currency = kind === 'MEMBERS' ? '' : '\n  --currency CODE      points currency of lines that name none';
  return `Usage: ${usageOf(kind)}

Sends ${what}, from a file to a platform, through its API.
What is wrong with a line harms no other line. Started again with the same file, it goes on where it was.

FILE
  CSV with a heading (separated by comma, semicolon or tab) or NDJSON (.ndjson, .jsonl), packed (.gz) or not.
  Its columns, in any order:
${folded(columnsOf(kind).join(', '), 4)}
${notes.map((note) => folded(note, 2)).join('\n')}

Options${currency}
  --url URL            the platform; default TESSERA_PUBLIC_URL
  --client ID          API client of the brand; default TESSERA_CLIENT_ID
  --dry-run            check everything, book nothing
  --all-or-nothing     check each line by itself first, and book nothing if one is wrong; what only comes out while
                       lines are booked is an error of that line, and the others are booked
  --stop-after N       send nothing more once N entries of this run were wrong
  --errors FILE        every error as CSV: line, field, code, message
  --encoding NAME      what a file is in that is neither UTF-8 nor UTF-16 with its mark, such as windows-1252
  --format FORMAT      csv or ndjson; by the name of the file when left out
  --batch N            entries in one request, 1 to ${MOST_ROWS}; default ${MOST_ROWS}
  -h, --help           this text

Environment
  TESSERA_CLIENT_SECRET  secret of the API client. The client needs the scope${scopes.includes(' and ') ? 's' : ''} ${scopes}.

Exit codes
  0  every line is in
  1  some lines are wrong, the others are in (with --all-or-nothing none, with --stop-after those sent before)
  2  it could not be run, or was cut off: mend what it says and start it again

Example
  ${name}.csv:
${example.map((line) => `    ${line}`).join('\n')}
  TESSERA_CLIENT_SECRET=... npm run import:${name} -- ${name}.csv${kind === 'MEMBERS' ? '' : ' --currency PTS'} \\
    --url https://points.example.org --client cli_... --errors wrong.csv --dry-run

docs/imports.md says what each column means.
`;
}

const WIDTH = 116;

function folded(text: string, indent: number): string {
  const lines: string[] = [];
  let last = '';
  for (const word of text.split(' ')) {
    if (last !== '' && indent + last.length + 1 + word.length > WIDTH) {
      lines.push(last);
      last = word;
    } else last = last === '' ? word : `${last} ${word}`;
  }
  return [...lines, last].map((line) => ' '.repeat(indent) + line).join('\n');
}
