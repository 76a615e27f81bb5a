import { Client } from 'pg';
import type { Finding } from '../../src/verify/finding';
import { verifyBooks } from '../../src/verify/verify-books';
import type { TestApp } from '../support/test-app';

/** The first thing that verify finds wrong, or undefined. */
export async function firstFault({ database }: TestApp): Promise<Finding | undefined> {
  const client = new Client({ connectionString: database.urls.app });
  await client.connect();
  try {
    return (await verifyBooks(client)).find(({ wrong }) => wrong > 0);
  } finally {
    await client.end();
  }
}
