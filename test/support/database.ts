import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { inject } from 'vitest'

/** A migrated database of its own, copied from the run's template in some 20 ms. `drop` it at the end. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const adminUrl = inject('adminUrl')
  const template = inject('templateName')
  const name = `${template}_${randomBytes(4).toString('hex')}`
  await onServer(adminUrl, `create database ${name} template ${template} strategy file_copy`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(adminUrl, `drop database if exists ${name} with (force)`) }
}

/** Two copies of one template at once collide; the loser tries again (55006: object in use). */
async function onServer(url: string, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const client = new Client(url)
    await client.connect()
    try {
      await client.query(statement)
      return
    } catch (error) {
      if ((error as { code?: string }).code !== '55006' || attempt === 100) throw error
    } finally {
      await client.end()
    }
    await wait(20)
  }
}
