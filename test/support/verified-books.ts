import { Client } from 'pg';
import type { Finding } from '../../src/process/verify/finding';
import { verifyBooks } from '../../src/process/verify/verify-books';
import type { TestApp } from './test-app';

/** The first thing that verify finds wrong, or undefined. */
export async function firstFault(test: TestApp): Promise<Finding | undefined> {
  return (await faults(test))[0];
}

/** All that verify finds wrong. */
export async function faults({ database }: TestApp): Promise<Finding[]> {
  const client = new Client({ connectionString: database.urls.app });
  await client.connect();
  try {
    return (await verifyBooks(client)).filter(({ wrong }) => wrong > 0);
  } finally {
    await client.end();
  }
}
