import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { openChanges } from './changes.ts'
import type { Tables } from './tables.ts'

const log = pino({ level: 'silent' })

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Kysely<Tables>
beforeAll(async () => {
  database = await createTestDatabase()
  db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url, max: 2 }) }) })
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

describe('the connection that hears changes', () => {
  test('cannot be opened to nowhere', async () => {
    const failure = openChanges({ url: 'postgres://someone:hidden@127.0.0.1:1/valence', db, log })
    await expect(failure).rejects.toThrow('cannot reach PostgreSQL at 127.0.0.1:1/valence')
  })

  test('is tried again until the database is back', async () => {
    const line = await openLine(database.url)
    const changes = await openChanges({ url: line.url, db, log })
    line.refuse()
    await until(() => !changes.isListening())
    await wait(200)
    expect(changes.isListening()).toBe(false)
    const heard = Promise.withResolvers<string>()
    changes.on('user', heard.resolve)
    line.accept()
    await until(() => changes.isListening())
    const writer = await openChanges({ url: database.url, db, log })
    await writer.transaction(async (_trx, publish) => publish({ topic: 'user', key: '1' }))
    expect(await heard.promise).toBe('1')
    await Promise.all([changes.close(), writer.close(), line.close()])
  })

  test('counts as lost when the other side falls silent', async () => {
    const line = await openLine(database.url)
    const changes = await openChanges({ url: line.url, db, log, heartbeatMs: 100 })
    await wait(250)
    expect(changes.isListening()).toBe(true)
    line.freeze()
    const heard: string[] = []
    changes.on('user', (key) => heard.push(key))
    await changes.transaction(async (_trx, publish) => publish({ topic: 'user', key: '1' }))
    expect(heard, "this process's own changes need no connection").toEqual(['1'])
    await until(() => !changes.isListening())
    await changes.close()
    await line.close()
  })

  test('can be closed while it is being tried again', async () => {
    const line = await openLine(database.url)
    const changes = await openChanges({ url: line.url, db, log })
    line.refuse()
    await until(() => !changes.isListening())
    await changes.close()
    await line.close()
    expect(changes.isListening()).toBe(false)
  })
})

/** A line to the database that can be cut or fall silent. */
async function openLine(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let mode: 'open' | 'refusing' | 'frozen' = 'open'
  const server = createServer((near) => {
    if (mode === 'refusing') return near.destroy()
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [socket, peer] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('data', (bytes) => mode === 'open' && peer.write(bytes))
      socket.on('error', () => peer.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        peer.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    accept() {
      mode = 'open'
    },
    refuse() {
      mode = 'refusing'
      cut()
    },
    freeze() {
      mode = 'frozen'
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`not within 5 s: ${isTrue}`)
    await wait(5)
  }
}
