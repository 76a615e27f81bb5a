import type { ClientBase } from 'pg';
import { type Prepared, type Ran, runTogether } from '../../../../platform/database/run-together';
import type { AccountId } from '../../posting';
import { int8Array } from './binary-array';
import type { Row } from './state-rows';

/** Where the rows of a statement are, once its trip is made. */
export interface Answer {
  rows: readonly Row[];
}

/** Statements that go to the database together. */
export class Trip {
  /** The answer to what need not be asked. */
  readonly none: Answer = { rows: [] };
  private readonly statements: Prepared[] = [];
  private readonly answers: Answer[] = [];

  add(text: string, ...values: (Buffer | string)[]): Answer {
    const answer: Answer = { rows: [] };
    this.statements.push({ text, values });
    this.answers.push(answer);
    return answer;
  }

  /** For these accounts, if there are any. */
  addFor(accounts: readonly AccountId[], text: string, ...values: string[]): Answer {
    return accounts.length === 0 ? this.none : this.add(text, int8Array(accounts), ...values);
  }

  async run(client: ClientBase): Promise<void> {
    const ran: readonly Ran[] = await runTogether(client, this.statements);
    ran.forEach(({ rows }, at) => {
      this.answers[at].rows = rows;
    });
  }
}
