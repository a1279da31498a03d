import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { migrate } from './migrate.ts'

const SERVER_URL = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/** For tests: a migrated database of its own on the server of `DATABASE_URL`, or on the machine's PostgreSQL. `drop` it at the end. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `valence_scratch_${randomBytes(4).toString('hex')}`
  await onServer(`create database ${name}`)
  const url = new URL(SERVER_URL)
  url.pathname = `/${name}`
  await migrate(url.href)
  return { url: url.href, drop: () => onServer(`drop database ${name} with (force)`) }
}

async function onServer(statement: string): Promise<void> {
  const client = new Client(SERVER_URL)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
