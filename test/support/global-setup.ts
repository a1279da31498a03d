import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { migrate } from '../../src/store/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** may create databases */
    adminUrl: string
    /** migrated; copied for each test database */
    templateName: string
  }
}

/** Tests give up durability: the server goes with the run. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }

/**
 * One server for the whole run: `DATABASE_URL`, or the embedded one in a temporary folder. One migrated template
 * database; test files copy it (`database.ts`).
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `valence_test_${randomBytes(4).toString('hex')}`
  const server = await openServer()
  await onServer(server.url, `create database ${prefix}`)
  const template = new URL(server.url)
  template.pathname = `/${prefix}`
  await migrate(template.href)
  project.provide('adminUrl', server.url)
  project.provide('templateName', prefix)
  return async () => {
    await dropAll(server.url, prefix)
    await server.close()
  }
}

async function openServer(): Promise<{ url: string; close(): Promise<void> }> {
  const given = process.env['DATABASE_URL']
  if (given) return { url: given, close: async () => undefined }
  const dataDir = await mkdtemp(join(tmpdir(), 'valence-tests-'))
  // started by root, the server runs as another user, who must be able to pass
  await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({ dataDir, settings: FAST }).catch(async (error) => {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  })
  return {
    url: server.url,
    async close() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Also what a failed test left behind. */
async function dropAll(url: string, prefix: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  const { rows } = await client.query<{ datname: string }>('select datname from pg_database where datname like $1', [
    `${prefix}%`,
  ])
  for (const { datname } of rows) await client.query(`drop database "${datname}" with (force)`)
  await client.end()
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  await client.query(statement)
  await client.end()
}
