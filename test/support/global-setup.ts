import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { openBoss } from '../../src/jobs/open-boss.ts'
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
  const tearDown = async () => {
    try {
      await dropAll(server.url, prefix)
    } finally {
      await server.close()
    }
  }
  try {
    await makeTemplate(server.url, prefix)
  } catch (error) {
    await tearDown() // vitest has no teardown to call when the setup fails
    throw error
  }
  project.provide('adminUrl', server.url)
  project.provide('templateName', prefix)
  return tearDown
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

async function makeTemplate(serverUrl: string, name: string): Promise<void> {
  await onServer(serverUrl, (client) => client.query(`create database ${name}`))
  const template = new URL(serverUrl)
  template.pathname = `/${name}`
  await migrate(template.href)
  await makeJobTables(template.href)
  // a database somebody is connected to cannot be copied
  await onServer(serverUrl, (client) => client.query(`alter database ${name} with allow_connections false`))
}

/** Also what a failed test left behind. */
async function dropAll(serverUrl: string, prefix: string): Promise<void> {
  await onServer(serverUrl, async (client) => {
    const made = 'select datname from pg_database where starts_with(datname, $1)'
    const { rows } = await client.query<{ datname: string }>(made, [prefix])
    for (const { datname } of rows) await client.query(`drop database "${datname}" with (force)`)
  })
}

async function onServer(url: string, act: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    await act(client)
  } finally {
    await client.end()
  }
}

/** The tables of pg-boss, which every hub would make at its start otherwise. */
async function makeJobTables(url: string): Promise<void> {
  const boss = await openBoss(url, { log: { warn: () => undefined, error: () => undefined }, supervise: false })
  await boss.stop({ graceful: false })
}
