import { type DocumentNode, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { isRecord } from './sent-operation';

/** A longer document is parsed and validated each time. */
const LONGEST = 20_000;
/**
 * Of a generation; there are two. What is parsed takes about a hundred times as many bytes as its text has characters.
 */
const MOST_CHARACTERS = 150_000;

/** What a request asks for, where nothing is left to find out about its document. */
export interface KnownRequest {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Generation {
  readonly byText: Map<string, DocumentNode>;
  characters: number;
}

/**
 * Documents that were found valid, by their text. Those that nobody has sent while a generation filled up are
 * forgotten.
 */
export class KnownDocuments {
  private young = newGeneration();
  private old = newGeneration();

  remember(document: DocumentNode): void {
    const text = document.loc?.source.body;
    if (text === undefined || text.length > LONGEST) return;
    if (!this.young.byText.has(text)) this.makeRoom(text);
    this.young.byText.set(text, document);
  }

  /**
   * What a body asks for if its document is known and the rest of it is as plain as can be; null: it has yet to be
   * judged.
   */
  requestOf(body: unknown): KnownRequest | null {
    if (!isRecord(body)) return null;
    const { query, operationName, variables, extensions } = body;
    if (typeof query !== 'string' || (extensions !== undefined && extensions !== null)) return null;
    if (variables !== undefined && variables !== null && !isRecord(variables)) return null;
    if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') return null;
    const document = this.withText(query);
    const operation = document && getOperationAST(document, operationName);
    return operation ? { document, operation, operationName: operationName ?? undefined, variables: variables ?? {} } : null;
  }

  private withText(text: string): DocumentNode | undefined {
    const young = this.young.byText.get(text);
    if (young) return young;
    const document = this.old.byText.get(text);
    if (document) {
      this.makeRoom(text);
      this.young.byText.set(text, document);
    }
    return document;
  }

  private makeRoom(text: string): void {
    if (this.young.characters + text.length > MOST_CHARACTERS) {
      this.old = this.young;
      this.young = newGeneration();
    }
    this.young.characters += text.length;
  }
}

function newGeneration(): Generation {
  return { byText: new Map(), characters: 0 };
}
