import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseCatalogFolder } from '../../test/support/base-catalog.ts'
import { createTestDatabase } from '../../test/support/database.ts'
import { openStore, type Store } from '../store/database.ts'
import { keyRingFromText } from '../store/key-ring.ts'
import { type Catalog, loadCatalog } from './catalog.ts'
import { createElementDirectory, type ElementDirectory, elementChange, type Viewer } from './directory.ts'
import { watchElements } from './watch-elements.ts'

const log = pino({ level: 'silent' })
const keyRing = keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test')

/** Two accounts of one organization and one of another. */
const ada: Viewer = { organizationId: 501, accountId: 601 }
const bob: Viewer = { organizationId: 501, accountId: 602 }
const eve: Viewer = { organizationId: 502, accountId: 603 }

let database: Awaited<ReturnType<typeof createTestDatabase>>
let catalog: Catalog
let store: Store
let otherProcess: Store
let directory: ElementDirectory
let otherDirectory: ElementDirectory

beforeAll(async () => {
  database = await createTestDatabase()
  catalog = await loadCatalog([await baseCatalogFolder()])
  store = await openStore({ url: database.url, keyRing, log })
  otherProcess = await openStore({ url: database.url, keyRing, log })
  for (const id of [501, 502]) {
    await sql`insert into organizations (id, name, secret_ciphertext, secret_lookup) values (${id}, 'o', '', ${String(id)})`.execute(
      store.db,
    )
  }
  for (const { organizationId, accountId } of [ada, bob, eve]) {
    await sql`insert into accounts (id, organization_id, name) values (${accountId}, ${organizationId}, 'a')`.execute(
      store.db,
    )
  }
  directory = createElementDirectory({ store, catalog })
  otherDirectory = createElementDirectory({ store: otherProcess, catalog })
})
afterAll(async () => {
  await store.close()
  await otherProcess.close()
  await database.drop()
})

async function insert(owner: Viewer, key: string, document: object = {}, extendsId: number | null = null) {
  const text = JSON.stringify({ name: key, ...document })
  return store.changes.transaction(async (trx, publish) => {
    const { rows } = await sql<{ id: number }>`
      insert into elements (organization_id, account_id, extends_id, key, document, summary, size_bytes)
      values (${owner.organizationId}, ${owner.accountId}, ${extendsId}, ${key}, ${text}, ${JSON.stringify({ name: key, extended: extendsId !== null })}, ${text.length})
      returning id`.execute(trx)
    const id = rows[0]?.id ?? 0
    publish(elementChange(extendsId ?? id, owner.accountId))
    return id
  })
}

async function rewrite(owner: Viewer, id: number, document: object) {
  await store.changes.transaction(async (trx, publish) => {
    await sql`update elements set document = ${JSON.stringify(document)}, version = version + 1 where id = ${id}`.execute(
      trx,
    )
    publish(elementChange(id, owner.accountId))
  })
}

async function share(id: number, account: Viewer) {
  await store.changes.transaction(async (trx, publish) => {
    await sql`insert into element_accounts (element_id, account_id) values (${id}, ${account.accountId})`.execute(trx)
    publish(elementChange(id, account.accountId))
  })
}

const idOf = async (viewer: Viewer | undefined, keyOrId: string | number) =>
  (await directory.find(viewer, keyOrId))?.element.id

describe('who sees what', () => {
  test('shipped elements are there at once, for nobody and for everybody', async () => {
    expect(directory.find(undefined, 'base')).toBe(directory.find(undefined, 201))
    await directory.find(ada, 'base')
    expect(directory.find(ada, 'basecrm')).toBe(directory.find(undefined, 201))
  })

  test('a private element is its account’s alone: by key, by id, in lists', async () => {
    const id = await insert(ada, 'mine')
    expect(id).toBeGreaterThanOrEqual(10_000)
    expect(await idOf(ada, 'mine')).toBe(id)
    expect(await idOf(ada, id)).toBe(id)
    for (const viewer of [bob, eve, undefined]) {
      expect(await idOf(viewer, 'mine')).toBeUndefined()
      expect(await idOf(viewer, String(id))).toBeUndefined()
      expect((await directory.list(viewer)).map(({ key }) => key)).toEqual(['base'])
    }
    expect((await directory.list(ada)).map((line) => [line.key, line.summary['private']])).toEqual([
      ['base', false],
      ['mine', true],
    ])
  })

  test('by key the own element wins over the shipped one, a shared one does not; ids are unambiguous', async () => {
    const own = await insert(ada, 'base')
    await share(own, bob)
    expect(await idOf(ada, 'base')).toBe(own)
    expect(await idOf(ada, 201)).toBe(201)
    expect(await idOf(bob, 'base')).toBe(201)
    expect(await idOf(bob, own)).toBe(own)
    expect((await directory.list(bob)).map(({ id }) => id)).toEqual([201, own])
  })

  test('sharing never crosses the border of the organization', async () => {
    const id = await insert(ada, 'secretsauce')
    await share(id, eve)
    expect(await idOf(eve, id)).toBeUndefined()
    expect(await idOf(eve, 'secretsauce')).toBeUndefined()
  })

  for (const absurd of ['-1', '0', '2147483648', '99999999999999999999', '1e4', '10000.5', '__proto__', '']) {
    test(`the absurd id "${absurd}" is nobody’s`, async () => {
      expect(await idOf(ada, absurd)).toBeUndefined()
      await expect(directory.require(ada, absurd)).rejects.toMatchObject({ code: 'ELEMENT_NOT_FOUND' })
    })
  }
})

describe('extended elements (spec 10 §2.6)', () => {
  const resource = { method: 'GET', path: '/hubs/crm/contacts', vendorPath: '/own', type: 'api', id: 1 }

  test('the account sees its additions, its own resource first; others see what shipped', async () => {
    await insert(eve, 'base', { resources: [resource] }, 201)
    const own = (await directory.require(eve, 'base')).element
    const shipped = (await directory.require(bob, 201)).element
    expect(own.resources.length).toBe(shipped.resources.length + 1)
    expect(own.resources.find(({ method, path }) => method === 'GET' && path === '/hubs/crm/contacts')).toMatchObject({
      vendorPath: '/own',
      ownerAccountId: eve.accountId,
    })
    expect(own).toMatchObject({ id: 201, extended: true, private: false })
    expect(shipped.extended).toBe(false)
    expect((await directory.list(eve)).map(({ id, summary }) => [id, summary['extended']])).toEqual([[201, true]])
  })

  test('additions cannot move the addresses that credentials go to', async () => {
    const rows = [
      { key: 'base.url', defaultValue: 'https://evil.example' },
      { key: 'oauth.token.url', defaultValue: 'https://evil.example' },
      { key: 'own.key', defaultValue: 'x' },
    ]
    await insert(bob, 'base', { configuration: rows }, 201)
    const { configuration } = (await directory.require(bob, 201)).element
    expect(configuration.filter(({ defaultValue }) => defaultValue?.includes('evil'))).toEqual([])
    expect(configuration.filter(({ key }) => key === 'own.key')).toMatchObject([
      { defaultValue: 'x', type: 'TEXTFIELD_128' },
    ])
  })
})

describe('changes', () => {
  test('a changed element is another entry; who holds the old one keeps it', async () => {
    const id = await insert(ada, 'changing', { description: 'one' })
    const before = await directory.require(ada, id)
    await rewrite(ada, id, { name: 'changing', description: 'two' })
    const after = await directory.require(ada, id)
    expect([before.element.description, after.element.description]).toEqual(['one', 'two'])
    expect(after.version).not.toBe(before.version)
    expect(await directory.require(ada, id)).toBe(after)
  })

  test('another process sees it within a second', async () => {
    const id = await insert(ada, 'everywhere', { description: 'one' })
    await expect.poll(async () => (await otherDirectory.find(ada, id))?.element.description).toBe('one')
    await rewrite(ada, id, { name: 'everywhere', description: 'two' })
    const began = Date.now()
    await expect
      .poll(async () => (await otherDirectory.find(ada, id))?.element.description, { interval: 5 })
      .toBe('two')
    expect(Date.now() - began).toBeLessThan(1000)
  })

  test('a watcher is told of all there are, then of each change, also of other processes', async () => {
    const told: string[] = []
    const watch = await watchElements({
      store: otherProcess,
      elements: otherDirectory,
      log,
      handle: ({ elementId, accountId, element }) => {
        told.push(`${accountId} ${element?.key ?? `lost ${elementId}`}`)
      },
    })
    expect(told).toEqual(expect.arrayContaining(['601 mine', '601 changing', '603 base']))
    told.length = 0
    const id = await insert(ada, 'watched')
    await expect.poll(() => told).toEqual(['601 watched'])
    await share(id, bob)
    await store.changes.transaction(async (trx, publish) => {
      await sql`delete from elements where id = ${id}`.execute(trx)
      publish(elementChange(id, ada.accountId))
    })
    await expect.poll(() => told).toEqual(['601 watched', `601 lost ${id}`])
    watch.close()
  })

  test('whoever changes an element waits until the watcher in the same process has handled it', async () => {
    let handled = 0
    const watch = await watchElements({
      store,
      elements: directory,
      log,
      handle: async ({ element }) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        if (element?.key === 'waitedfor') handled++
      },
    })
    await insert(ada, 'waitedfor')
    await watch.settled()
    expect(handled).toBeGreaterThan(0)
    watch.close()
  })

  test('everything private is walked in batches, once', async () => {
    const seen: string[] = []
    for await (const batch of directory.eachPrivate(2)) {
      expect(batch.length).toBeLessThanOrEqual(2)
      seen.push(...batch.map(({ element, accountId }) => `${element.key} of ${accountId}`))
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(['mine of 601', 'base of 601', 'base of 603', 'everywhere of 601']))
  })
})
