import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { optionalText } from '../../ledger/ledger/request-fields';
import { MOST_LINES } from '../../programme/earning/purchase-command';
import { pointCurrencyById } from '../coalition/coalition.loaders';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { type FileImport, MOST_ROWS, paceOf } from './file-import';
import { findAlike, findImport, listImportErrors, listImports } from './find-imports';
import type { ImportedBatch } from './import-batch';
import { importMembers } from './import-members';
import { importOpenings } from './import-openings';
import { importPurchases } from './import-purchases';
import { importRedemptions } from './import-redemptions';
import {
  FileImportConnection,
  FileImportType,
  FinishImportInput,
  ImportBatchResult,
  ImportErrorConnection,
  ImportedBatchType,
  ImportLineConnection,
  ImportMembersInput,
  ImportOpeningsInput,
  ImportPurchasesInput,
  ImportRedemptionsInput,
  StartImportInput,
  StartImportResult,
} from './ingest.types';
import { countLinesToSendAgain, listLinesToSendAgain } from './lines-to-send-again';
import { finishImport, startImport, startImportSchema } from './start-import';

const byId = z.tuple([z.uuid()]);
const byLine = z.tuple([z.int().min(1)]);
const lineNumber = z.int().min(1, 'Lines count from 1.');
const bytes = z
  .bigint()
  .refine((done) => done >= 0n, 'A file has 0 bytes or more.')
  .nullish()
  .transform((done) => done ?? null);
const someRows = z.array(z.unknown()).min(1, 'A batch has at least one line.').max(MOST_ROWS, `A batch has at most ${MOST_ROWS} lines.`);
/** Why a line could not be read, in the sender's words. */
const unreadableText = optionalText(500);

async function showImport(ctx: Context, found: FileImport): Promise<FileImportType> {
  const { kind, dryRun, fileName, startedAt, updatedAt, finishedAt, lastLine, entries, imported, repeated, rejected, enrolled, points } = found;
  const { perSecond, secondsLeft } = paceOf(found);
  return Object.assign(new FileImportType(), {
    id: showId(ctx, 'import', found.id),
    brandId: showId(ctx, 'brand', found.brandId),
    currency: found.currencyId === null ? null : ((await pointCurrencyById(ctx).load(found.currencyId))?.code ?? null),
    record: found,
    ...{ kind, dryRun, fileName, startedAt, updatedAt, finishedAt, lastLine, entries, imported, repeated, rejected, enrolled, points },
    entriesPerSecond: perSecond,
    secondsLeft,
  });
}

async function showBatch(ctx: Context, { import: found, errors, made }: ImportedBatch): Promise<ImportedBatchType> {
  const shown = made.map(({ line, repeated, purchaseId, memberId }) => ({
    line,
    repeated,
    purchaseId: purchaseId && showId(ctx, 'purchase', purchaseId),
    memberId: memberId && showId(ctx, 'member', memberId),
  }));
  return Object.assign(new ImportedBatchType(), { import: await showImport(ctx, found), errors, made: shown });
}

/** Lines that are entries by themselves. */
function readBatch(ctx: Context, input: ImportOpeningsInput | ImportMembersInput | ImportRedemptionsInput) {
  const importId = readId(ctx, 'import', input.importId, 'input.importId');
  parseInput(someRows, input.rows, 'input.rows');
  const rows = input.rows.map(({ line, unreadable, ...cells }, at) => ({
    line: parseInput(lineNumber, line, `input.rows.${at}.line`),
    cells: cells as Readonly<Record<string, string | null | undefined>>,
    unreadable: parseInput(unreadableText, unreadable, `input.rows.${at}.unreadable`),
  }));
  return { importId, rows, bytesDone: parseInput(bytes, input.bytesDone, 'input.bytesDone') };
}

@Resolver(() => FileImportType)
export class ImportResolver {
  @Query(() => FileImportConnection, {
    description: "The brand's imports (for the operator: everybody's), newest first. Asks for the scope purchases or admin.",
  })
  async imports(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'imports', null, byId);
    const rows = await listImports(ctx.app, requirePrincipal(ctx), { limit: page.limit, before: page.after?.[0] ?? null });
    const shown = new Map(await Promise.all(rows.map(async (row) => [row, await showImport(ctx, row)] as const)));
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => shown.get(row) });
  }

  @Query(() => FileImportType, { description: 'One import; an error NOT_FOUND for that of another brand. Asks for the scope purchases or admin.' })
  async import(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Its id.' }) id: string) {
    return showImport(ctx, await findImport(ctx.app, requirePrincipal(ctx), readId(ctx, 'import', id, 'id')));
  }

  @FieldResolver()
  async alike(@Ctx() ctx: Context, @Root() { record }: FileImportType & { readonly record: FileImport }) {
    const found = await findAlike(ctx.app, requirePrincipal(ctx), record);
    return found && showImport(ctx, found);
  }

  @FieldResolver(() => ImportErrorConnection)
  async errors(@Ctx() ctx: Context, @Root() { id }: FileImportType, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'importErrors', id, byLine);
    const rows = await listImportErrors(ctx.app, requirePrincipal(ctx), readId(ctx, 'import', id, 'id'), { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.line], node: (row) => row });
  }

  @FieldResolver(() => Int)
  toSendAgain(@Ctx() ctx: Context, @Root() { id }: FileImportType): Promise<number> {
    return countLinesToSendAgain(ctx.app, requirePrincipal(ctx), readId(ctx, 'import', id, 'id'));
  }

  @FieldResolver(() => ImportLineConnection)
  async linesToSendAgain(@Ctx() ctx: Context, @Root() { id }: FileImportType, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'linesToSendAgain', id, byLine);
    const asked = { limit: page.limit, after: page.after?.[0] ?? null };
    const lines = await listLinesToSendAgain(ctx.app, requirePrincipal(ctx), readId(ctx, 'import', id, 'id'), asked);
    return toConnection(ctx, page, lines, { key: (line) => [line], node: (line) => ({ line }) });
  }

  @Mutation(() => StartImportResult, {
    description: 'Begins the import of a file, or finds it again. Openings ask for the scopes admin and members, other files for the scope of what they hold.',
  })
  startImport(@Ctx() ctx: Context, @Input(() => StartImportInput, 'The file.') input: StartImportInput) {
    const command = parseInput(startImportSchema, { ...input, dryRun: input.dryRun ?? undefined });
    return answerOrRefusal(ctx, async (app, principal) => showImport(ctx, await startImport(app, principal, command)));
  }

  @Mutation(() => ImportBatchResult, {
    description:
      'Imports the next lines of a file of opening balances; a wrong line is reported and harms no other. A line is booked once, by its reference or by what it says: send a batch again after any interruption. Asks for the scopes admin and members.',
  })
  importOpenings(@Ctx() ctx: Context, @Input(() => ImportOpeningsInput, 'The lines.') input: ImportOpeningsInput) {
    const batch = readBatch(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showBatch(ctx, await importOpenings(app, principal, batch)));
  }

  @Mutation(() => ImportBatchResult, {
    description: 'Burns what the next lines of a file say was spent, as redeem does. Asks for the scope redemptions.',
  })
  importRedemptions(@Ctx() ctx: Context, @Input(() => ImportRedemptionsInput, 'The lines.') input: ImportRedemptionsInput) {
    const batch = readBatch(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showBatch(ctx, await importRedemptions(app, principal, batch)));
  }

  @Mutation(() => ImportBatchResult, { description: 'Enrols the members of the next lines of a file, without points. Asks for the scope members.' })
  importMembers(@Ctx() ctx: Context, @Input(() => ImportMembersInput, 'The lines.') input: ImportMembersInput) {
    const batch = readBatch(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showBatch(ctx, await importMembers(app, principal, batch)));
  }

  @Mutation(() => ImportBatchResult, { description: 'Records the next purchases of a file, as importOpenings imports balances. Asks for the scope purchases.' })
  importPurchases(@Ctx() ctx: Context, @Input(() => ImportPurchasesInput, 'The purchases.') input: ImportPurchasesInput) {
    const importId = readId(ctx, 'import', input.importId, 'input.importId');
    parseInput(someRows, input.rows, 'input.rows');
    const rows = input.rows.map(({ line, lastLine, unreadable, lines, ...cells }, at) => {
      const first = parseInput(lineNumber, line, `input.rows.${at}.line`);
      parseInput(z.array(z.unknown()).max(MOST_LINES, `A basket has at most ${MOST_LINES} lines.`), lines ?? [], `input.rows.${at}.lines`);
      return {
        line: first,
        lastLine: lastLine == null ? first : parseInput(lineNumber, lastLine, `input.rows.${at}.lastLine`),
        cells,
        basket: (lines ?? []).map(({ line: basketLine, ...basketCells }, place) => ({
          line: parseInput(lineNumber, basketLine, `input.rows.${at}.lines.${place}.line`),
          cells: basketCells,
        })),
        unreadable: parseInput(unreadableText, unreadable, `input.rows.${at}.unreadable`),
      };
    });
    const bytesDone = parseInput(bytes, input.bytesDone, 'input.bytesDone');
    return answerOrRefusal(ctx, async (app, principal) => showBatch(ctx, await importPurchases(app, principal, { importId, rows, bytesDone })));
  }

  @Mutation(() => FileImportType, { description: 'Says that a file has come to its end. Repeating it changes nothing.' })
  async finishImport(@Ctx() ctx: Context, @Input(() => FinishImportInput, 'Which import.') input: FinishImportInput) {
    const importId = readId(ctx, 'import', input.importId, 'input.importId');
    return showImport(ctx, await finishImport(ctx.app, requirePrincipal(ctx), { importId }));
  }
}
