import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCatalog } from '../../src/elements/catalog.ts'
import { type Coverage, coverageOf } from '../../src/elements/hub-models/coverage.ts'
import { CATALOG_FOLDER } from '../../src/main.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { provisionSimulated } from '../support/provision-simulated.ts'

/**
 * What `GET /hubs/{key}/coverage` says, held against what each element does on the simulator: every operation, and every field that
 * can be read, created, changed or searched for.
 */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

type Element = Coverage['elements'][number]
type Fields = Element['objects'][string]['fields']
type Row = Record<string, unknown>

const catalog = await loadCatalog([CATALOG_FOLDER])
const coverages = [...catalog.models.values()].map((model) =>
  coverageOf(
    model,
    catalog.elements.flatMap((element) => {
      const sources = element.hub === model.hub ? catalog.sourcesOf(element) : undefined
      return sources ? [{ element, sources }] : []
    }),
  ),
)

test.each(coverages)('the hub serves its coverage: $hub', async (coverage) => {
  const { status, body } = await hub.call('GET', `/hubs/${coverage.hub}/coverage`, { authorization: null })
  expect({ status, body }).toEqual({ status: 200, body: JSON.parse(JSON.stringify(coverage)) })
})

for (const { hub: hubKey, elements } of coverages) {
  for (const element of elements) {
    describe(`${hubKey}: ${element.key}`, () => {
      let token = ''
      beforeAll(async () => {
        token = (await provisionSimulated(hub, element.key)).token
      })
      const call = (method: string, path: string, body?: unknown, model = 'canonical'): Promise<Answer> =>
        hub.call(method, `/hubs/${hubKey}${path}`, {
          token,
          headers: { 'elements-model': model },
          ...(body === undefined ? {} : { body }),
        })

      const someRows = async (path: string): Promise<Row[]> => {
        const { status, body, text } = await call('GET', `${path}?pageSize=20`, undefined, 'canonical; raw')
        expect(status, text).toBe(200)
        return body
      }

      for (const [name, object] of Object.entries(element.objects)) {
        const path = `/${name}`
        const { operations, fields } = object
        const types = new Map(
          catalog.models
            .get(hubKey)
            ?.objects.get(name)
            ?.fields.map((field) => [field.path, field]),
        )

        test(`${name}: what is not covered is refused`, async () => {
          const nowhere = `${path}/999999`
          const calls = {
            list: ['GET', path],
            read: ['GET', nowhere],
            create: ['POST', path],
            update: ['PATCH', nowhere],
          }
          const all = { ...calls, replace: ['PUT', nowhere], delete: ['DELETE', nowhere] }
          for (const [operation, [method = '', at = '']] of Object.entries(all)) {
            // an element that passes on names of the vendor's objects leaves it to the vendor
            if (operations[operation as keyof typeof operations] || passesOn(element.key, method)) continue
            const { status } = await call(method, at, method === 'GET' || method === 'DELETE' ? undefined : {})
            const isRefused = [400, 405].includes(status)
            expect({ operation, isRefused }, String(status)).toEqual({ operation, isRefused: true })
          }
        })

        test(`${name}: records have the fields that can be read, and no others`, async () => {
          const { status, body, headers, text } = await call('GET', `${path}?pageSize=5`)
          expect(status, text).toBe(200)
          expect(headers.get('elements-model')).toBe('canonical')
          expect(body.length).toBeGreaterThan(0)
          const readable = Object.entries(fields).flatMap(([field, { read }]) => (read ? [field] : []))
          const seen = new Set<string>(body.flatMap((row: Row) => leaves(row)))
          expect([...seen].filter((leaf) => !readable.includes(leaf))).toEqual([])
          expect([...seen]).toContain('id')
        })

        if (operations.create && operations.read) {
          test(`${name}: every field that can be given to a new record is there when it is read`, async () => {
            const rows = await someRows(path)
            const body = bodyOf(fields, 'create', rows, (field) => sampleOf(types.get(field), 0))
            const made = await call('POST', path, { ...body, ...needed(object, rows) })
            expect(made.status, made.text).toBe(200)
            expect(made.headers.get('elements-error')).toBeNull()
            const read = await call('GET', `${path}/${encodeURIComponent(made.body.id)}`)
            expect(read.status, read.text).toBe(200)
            expectMembers(read.body, body)
          })
        }
        if ((operations.update || operations.replace) && operations.read) {
          test(`${name}: every field that can be changed shows the change`, async () => {
            const rows = await someRows(path)
            const item = `${path}/${encodeURIComponent(String(rows[0]?.['id']))}`
            const body = bodyOf(fields, 'update', rows, (field) => sampleOf(types.get(field), 1))
            const changed = await call(operations.update ? 'PATCH' : 'PUT', item, body)
            expect(changed.status, changed.text).toBe(200)
            expect(changed.headers.get('elements-error')).toBeNull()
            expectMembers((await call('GET', item)).body, body)
          })
        }
        const filters = Object.entries(fields).flatMap(([field, { filter }]) => (filter ? [field] : []))
        if (filters.length > 0) {
          test(`${name}: records are found by ${filters.join(', ')}`, async () => {
            const { body: rows } = await call('GET', `${path}?pageSize=50`)
            for (const field of filters) {
              const row = rows.find((candidate: Row) => typeof at(candidate, field) !== 'undefined')
              if (!row) continue
              const value = at(row, field)
              const where = `${field}='${String(value).replaceAll("'", "''")}'`
              const found = await call('GET', `${path}?pageSize=50&where=${encodeURIComponent(where)}`)
              expect(found.status, `${where}: ${found.text}`).toBe(200)
              expect(found.body.length, where).toBeGreaterThan(0)
              expect(new Set(found.body.map((one: Row) => at(one, field))), where).toEqual(new Set([value]))
            }
          })
        }
      }
    })
  }
}

function passesOn(key: string, method: string): boolean {
  const resources = catalog.find(key)?.resources ?? []
  return resources.some((resource) => resource.method === method && /\/\{objectName\}(?:$|\/)/.test(resource.path))
}

/** Words and ids that only the vendor knows. */
const OF_THE_VENDOR = /(?:Id|^(?:type|status|stage|source|parentType|currency|industry))$/

/** A body with every field that the operation takes; what only the vendor knows is taken from a record that has it. */
function bodyOf(fields: Fields, operation: 'create' | 'update', rows: Row[], sample: (field: string) => unknown): Row {
  const body: Row = {}
  for (const [field, covered] of Object.entries(fields)) {
    if (!covered[operation]) continue
    put(body, field, OF_THE_VENDOR.test(field) ? someValue(rows, field) : sample(field))
  }
  return body
}

/** What the vendor wants beside the model. */
function needed({ createNeeds }: Element['objects'][string], rows: Row[]): { raw?: Row } {
  const raw: Row = {}
  for (const path of createNeeds) put(raw, path, someValue(rows, `raw.${path}`))
  return createNeeds.length > 0 ? { raw } : {}
}

function someValue(rows: Row[], path: string): unknown {
  return rows.map((row) => at(row, path)).find((value) => value !== undefined)
}

/** Points in time are the same however they are written; a vendor that keeps days alone answers the day. */
function expectMembers(record: Row, wanted: Row): void {
  const shown = picked(record, wanted)
  expect(mapLeaves(shown, instant)).toEqual(mapLeaves(wanted, instant))
}

function instant(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d(?:T|$)/.test(value) ? new Date(value).toISOString() : value
}

function mapLeaves(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return change(value)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapLeaves(member, change)]))
}

function sampleOf(
  field: { path: string; type: string; format: string | undefined } | undefined,
  turn: number,
): unknown {
  const { path = '', type = 'string', format } = field ?? {}
  if (type === 'number') return 40 + turn
  if (type === 'boolean') return turn === 0
  if (format === 'date') return `2027-03-0${turn + 1}`
  if (format === 'date-time') return `2027-03-0${turn + 1}T00:00:00Z`
  if (path === 'email') return `ada${turn}@example.com`
  if (path === 'website') return `https://example.com/${turn}`
  if (path === 'phone' || path === 'mobile') return `+1202555010${turn}`
  return `${path.split('.').at(-1)} ${turn}`
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, step) => (inner as Row | undefined)?.[step], value)
}

function put(body: Row, path: string, value: unknown): void {
  if (value === undefined) return
  const [head = '', ...rest] = path.split('.')
  if (rest.length === 0) body[head] = value
  else {
    body[head] ??= {}
    put(body[head] as Row, rest.join('.'), value)
  }
}

function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, member]) => leaves(member, path === '' ? name : `${path}.${name}`))
}

/** The members of `value` that `like` has. */
function picked(value: Row, like: Row): Row {
  return Object.fromEntries(
    Object.entries(like).map(([name, member]) => [
      name,
      typeof member === 'object' && member !== null ? picked((value[name] ?? {}) as Row, member as Row) : value[name],
    ]),
  )
}
