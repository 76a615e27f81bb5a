import { InputType, ObjectType } from 'type-graphql';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Count, Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { type ImportKind, importRefusals, MOST_ROWS } from './file-import';
import { MOST_ERRORS_KEPT } from './import-batch';
import { startImportRefusals } from './start-import';

export const ImportKindEnum = enumOf('ImportKind', 'What a file holds.', {
  OPENINGS: "Opening balances of the brand's old programme, a line each.",
  PURCHASES: 'Purchases, as recordPurchases takes them, and returns among them.',
  REDEMPTIONS: 'Points spent in the past, as redeem takes them, a line each.',
  MEMBERS: 'Members to enrol, without points, a line each.',
});

@ObjectType('ImportError', { description: 'What is wrong with one line of a file, and what to do about it.' })
@Discloses<ImportErrorType>({ line: 'OWN', field: 'OWN', code: 'OWN', message: 'OWN', retrySafe: 'OWN' })
export class ImportErrorType {
  @Count('The line, from 1; the heading of a CSV file is line 1.') line!: number;

  @Text.orNull('The column or field; null: the line as a whole.') field!: string | null;

  @Text('Stable code: BAD_VALUE, UNREADABLE, DUPLICATE_REFERENCE, UNKNOWN_CURRENCY, UNKNOWN_MEMBER, ..., or that of a refusal.') code!: string;

  @Text('What is wrong and what to write instead. It does not repeat what the line says.') message!: string;

  @Flag('The same line may do later, once what it lacks is there: see FileImport.linesToSendAgain.') retrySafe!: boolean;
}
export const ImportErrorConnection = connectionOf('ImportError', () => ImportErrorType);

@ObjectType('FileImport', { description: 'A file of a brand that is imported line by line, and how far that has come.' })
@Discloses<FileImportType>({
  id: 'OWN',
  brandId: 'OWN',
  kind: 'OWN',
  dryRun: 'OWN',
  fileName: 'OWN',
  currency: 'OWN',
  startedAt: 'OWN',
  updatedAt: 'OWN',
  finishedAt: 'OWN',
  lastLine: 'OWN',
  entries: 'OWN',
  imported: 'OWN',
  repeated: 'OWN',
  rejected: 'OWN',
  enrolled: 'OWN',
  points: 'OWN',
  entriesPerSecond: 'OWN',
  secondsLeft: 'OWN',
  alike: 'OWN',
  toSendAgain: 'OWN',
  linesToSendAgain: 'OWN',
  errors: 'OWN',
})
export class FileImportType {
  @Id('Opaque id.') id!: string;

  @Id('Whose file it is.') brandId!: string;

  @Of(() => ImportKindEnum, 'What it holds.') kind!: string;

  @Flag('Everything is checked and nothing is booked.') dryRun!: boolean;

  @Text.orNull("The file's name, as it was said.") fileName!: string | null;

  @Text.orNull('Code of the points currency of lines that name none; null: members are of none.') currency!: string | null;

  @Instant('When it was started.') startedAt!: Date;

  @Instant('When its last batch came.') updatedAt!: Date;

  @Instant.orNull('When it was finished; null: it goes on.') finishedAt!: Date | null;

  @Count('The last line that is done. After an interruption, go on with the line after it.') lastLine!: number;

  @Count('Balances or purchases so far: imported, repeated and rejected.') entries!: number;

  @Count('Those that this import has booked; in a dry run, that it would book.') imported!: number;

  @Count('Those that were booked before, under the same reference and with the same content.') repeated!: number;

  @Count('Those that were wrong: see errors.') rejected!: number;

  @Count('Members enrolled; in a dry run, who would be, a batch at a time.') enrolled!: number;

  @Points("Sum of the points imported, in smallest units; over all the file's currencies.") points!: bigint;

  @Count('Entries a second, from the start to the last batch.') entriesPerSecond!: number;

  @Count.orNull('Seconds that the rest would take at that pace; null: not known.') secondsLeft!: number | null;

  @Of.orNull(() => FileImportType, 'The latest finished import of another file that began with the same lines.') alike?: FileImportType | null;

  @Count('How many entries of linesToSendAgain there are.') toSendAgain?: number;

  @Of(
    () => ImportLineConnection,
    'Entries that were refused for what may change: once the import is finished, they alone may be sent again, in batches as before. None of a dry run.',
  )
  linesToSendAgain?: unknown;

  @Of(() => ImportErrorConnection, `What was wrong, by line. The first ${MOST_ERRORS_KEPT} are kept.`) errors?: unknown;
}
@ObjectType('ImportLine', { description: 'An entry of a file.' })
@Discloses<ImportLineType>({ line: 'OWN' })
export class ImportLineType {
  @Count('Its first line.') line!: number;
}
export const ImportLineConnection = connectionOf('ImportLine', () => ImportLineType);

@ObjectType('ImportedEntry', { description: 'What is booked of an entry of a file.' })
@Discloses<ImportedEntryType>({ line: 'OWN', repeated: 'OWN', purchaseId: 'OWN', memberId: 'PROGRAMME' })
export class ImportedEntryType {
  @Count('Its first line.') line!: number;

  @Flag('It was booked before, by another import or request.') repeated!: boolean;

  @Id.orNull('The purchase; null in a dry run and for opening balances.') purchaseId!: string | null;

  @Id.orNull('The member whose it is; null in a dry run, for purchases, and where an opening balance was booked before.') memberId!: string | null;
}

export const FileImportConnection = connectionOf('FileImport', () => FileImportType);

@ObjectType('ImportedBatch', { description: 'What a batch of lines came to.' })
@Discloses<ImportedBatchType>({ import: 'OWN', errors: 'OWN', made: 'OWN' })
export class ImportedBatchType {
  @Of(() => FileImportType, 'The import, with the batch.') import!: FileImportType;

  @Of(() => [ImportErrorType], "What was wrong with this batch's lines, in their order; also with those that were done before, and of these what is kept.")
  errors!: readonly ImportErrorType[];

  @Of(() => [ImportedEntryType], 'What is booked of this batch, in its order.') made!: readonly ImportedEntryType[];
}

@InputType('StartImportInput', { description: 'A file that is to be imported.' })
export class StartImportInput {
  @Text('Names this import for ever, within the brand: at most 255 characters, such as a hash of the file. Send it again to go on where it was.')
  idempotencyKey!: string;

  @Of(() => ImportKindEnum, 'What it holds.') kind!: ImportKind;

  @Text.orNull('Code of the points currency of lines that name none; left out for members alone.') currency?: string | null;

  @Text.orNull("SHA-256 of the file's first lines, in hexadecimal digits: an import that began alike is told by FileImport.alike.") beginning?: string | null;

  @Flag.orNull('Check everything, book nothing; no when left out.') dryRun?: boolean | null;

  @Text.orNull("The file's name, to be told again: at most 255 characters. No personal data.") fileName?: string | null;

  @Points.orNull("The file's size in bytes, for the time left.") bytesTotal?: bigint | null;
}

@InputType({ description: 'What every line of a file has. Cells are text, as they stand in the file: a bad one is an error of its line and nothing else.' })
abstract class LineInput {
  @Count('Its line in the file, from 1.') line!: number;

  @Text.orNull("The brand's own id for its customer.") customerId?: string | null;

  @Text.orNull('Kind of the identifier: CARD, QR, PHONE, EMAIL or WALLET_PASS.') identifierKind?: string | null;

  @Text.orNull('What the member shows at a till. Kept as a keyed hash.') identifier?: string | null;

  @Text.orNull('Why you could not read the line: then it is reported as wrong, with these words.') unreadable?: string | null;
}

@InputType({ description: 'What every line of a file has that is about points.' })
abstract class RowInput extends LineInput {
  @Text.orNull("Code of the points currency; the import's when left out.") currency?: string | null;

  @Text.orNull(
    "The brand's own name for the entry: booked once, in however many files it stands. Without one, an entry is known by what it says: as often as it stands in a file, once in however many.",
  )
  reference?: string | null;
}

@InputType('MemberRowInput', { description: 'A line of members: who is unknown is enrolled, who is known gets what the line adds.' })
export class MemberRowInput extends LineInput {
  @Text.orNull("Of whoever is enrolled: whose law protects the member's data, an ISO 3166-1 country (AT) or an ISO 3166-2 part of one (US-CA).")
  jurisdiction?: string | null;
}

@InputType('OpeningRowInput', { description: 'A line of opening balances. A member whom the brand does not know is enrolled.' })
export class OpeningRowInput extends RowInput {
  @Text.orNull("Points, a whole number of the currency's smallest unit, above 0.") points?: string | null;

  @Text.orNull("YYYY-MM-DD, the first day on which they can no longer be spent; by the currency's policy from earnedOn when left out.")
  expiresOn?: string | null;

  @Text.orNull('YYYY-MM-DD, when they were earned: their month of issue. The day of openedOn when left out.') earnedOn?: string | null;

  @Text.orNull('YYYY-MM-DD, when the balance came over: the month that it is settled in, by the terms of that day. Today when left out.')
  openedOn?: string | null;
}

@InputType('BasketRowInput', { description: 'A line of a basket.' })
export class BasketRowInput {
  @Count('Its line in the file, from 1.') line!: number;

  @Text.orNull("The brand's own number of the goods.") sku?: string | null;

  @Text.orNull('Category of the goods.') category?: string | null;

  @Text.orNull('How many, above 0, at most three decimals.') quantity?: string | null;

  @Text.orNull('Price of one, at most six decimals. It or amount.') unitPrice?: string | null;

  @Text.orNull('What all of the line costs. It or unitPrice.') amount?: string | null;

  @Text.orNull('What the line is: GOODS (by default), DISCOUNT, DEPOSIT or TRADE_IN.') kind?: string | null;

  @Text.orNull('Tax beside it.') tax?: string | null;

  @Text.orNull('Of a return: which line of the purchase comes back, from 1. It or sku.') lineNo?: string | null;
}

@InputType('PurchaseRowInput', { description: 'A purchase of a file. Its member must be known to the brand, or present an identifier.' })
export class PurchaseRowInput extends RowInput {
  @Count.orNull('The last line of the file that belongs to it; its only one when left out.') lastLine?: number | null;

  @Text.orNull('When it happened, RFC 3339; now when left out.') occurredAt?: string | null;

  @Text.orNull('ISO 4217 code of the prices.') moneyCurrency?: string | null;

  @Text.orNull('Where it was bought, such as "shop".') channel?: string | null;

  @Text.orNull('How it was paid, such as "card".') instrument?: string | null;

  @Text.orNull(
    "It is a return: the reference of the purchase whose goods come back. `reference` is the return's own then; member and money are those of the purchase.",
  )
  returnOf?: string | null;

  @Of.orNull(() => [BasketRowInput], 'The basket, or what comes back of it.') lines?: BasketRowInput[] | null;
}

@InputType()
abstract class BatchInput {
  @Id('The import.') importId!: string;

  @Points.orNull('How far into the file you are, in bytes: for the time left.') bytesDone?: bigint | null;
}

const ROWS = `The next lines of the file, in its order: 1 to ${MOST_ROWS}. What was sent before is passed over.`;

@InputType('ImportOpeningsInput', { description: 'The next lines of a file of opening balances.' })
export class ImportOpeningsInput extends BatchInput {
  @Of(() => [OpeningRowInput], ROWS) rows!: OpeningRowInput[];
}

@InputType('ImportPurchasesInput', { description: 'The next purchases of a file.' })
export class ImportPurchasesInput extends BatchInput {
  @Of(() => [PurchaseRowInput], ROWS) rows!: PurchaseRowInput[];
}

@InputType('RedemptionRowInput', { description: 'Points spent in the past, as redeem takes them.' })
export class RedemptionRowInput extends RowInput {
  @Text.orNull("Points, a whole number of the currency's smallest unit, above 0.") points?: string | null;

  @Text.orNull('When it happened, RFC 3339; now when left out.') occurredAt?: string | null;

  @Text.orNull('The purchase that the points paid a part of, before points.') purchaseAmount?: string | null;

  @Text.orNull('ISO 4217 code of its money.') moneyCurrency?: string | null;

  @Text.orNull('Where they were spent, such as "shop".') channel?: string | null;

  @Text.orNull('What was shown, such as "app".') instrument?: string | null;
}

@InputType('ImportRedemptionsInput', { description: 'The next lines of a file of redemptions.' })
export class ImportRedemptionsInput extends BatchInput {
  @Of(() => [RedemptionRowInput], ROWS) rows!: RedemptionRowInput[];
}

@InputType('ImportMembersInput', { description: 'The next lines of a file of members.' })
export class ImportMembersInput extends BatchInput {
  @Of(() => [MemberRowInput], ROWS) rows!: MemberRowInput[];
}

@InputType('FinishImportInput', { description: 'A file that has come to its end.' })
export class FinishImportInput {
  @Id('The import.') importId!: string;
}

export const StartImportResult = answerUnion('StartImportResult', 'The import, or why it was not started.', () => FileImportType, startImportRefusals);
export const ImportBatchResult = answerUnion(
  'ImportBatchResult',
  'What the batch came to, or why nothing of it counts yet.',
  () => ImportedBatchType,
  importRefusals,
);
