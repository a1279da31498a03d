import { afterAll, beforeAll, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../../test/support/simulator-listener.ts'
import { checkSimulation } from './load-simulations.ts'

/** A vendor as simulation.yaml describes it: statements, searches, descriptions, answers to writes, credentials. */
let vendor: ListeningSimulator
const element = {
  ...elementOf({}),
  key: 'lamp',
  configuration: [{ key: 'base.url', name: 'base', defaultValue: 'https://api.lamp.test/v1' }],
}
const simulation = checkSimulation(
  {
    credentials: { header: 'X-Key', query: 'key', accepts: '^k-' },
    status: { emptyList: 204 },
    errors: { body: '$problems', problem: { message: '$message', errorCode: '$code' } },
    paging: { style: 'page', position: 'page', size: 'limit', defaultSize: 2 },
    sort: { parameter: 'sort' },
    writes: {
      created: { status: 201, body: { id: '$id', ok: true }, headers: { location: '$self' } },
      updated: { status: 204 },
    },
    resources: {
      lamps: {
        object: 'Lamp',
        operations: ['list', 'create', 'read', 'patch', 'delete'],
        idFormat: '00L####AAA',
        select: { parameter: 'properties', defaults: ['name'] },
        nested: { member: 'properties', except: ['id', 'made'] },
        envelope: { request: { root: 'properties', required: true } },
        adds: { kind: '$type', link: `/lamps/$${'{id}'}` },
        find: {
          ...{ language: 'groups', parameter: 'filterGroups', path: '/lamps/search', method: 'POST' },
          sorts: { member: 'sorts', field: 'propertyName', direction: 'direction' },
        },
        fields: {
          id: { type: 'string' },
          name: { type: 'string', required: true, sample: { text: 'Lamp {id}' } },
          watts: { type: 'integer', sample: { value: 40 }, label: 'Power' },
          state: { type: 'string', enum: ['on', 'off'], custom: true },
          made: { type: 'date-time', readOnly: true, stamp: 'now', on: 'create' },
        },
        samples: [{ count: 5 }],
      },
      rooms: {
        operations: ['list', 'read'],
        holds: { inside: { resource: 'beds', by: 'room' } },
        find: {
          ...{ language: 'term', parameter: 'term', path: '/rooms/search', aliases: { doors: 'doors[*].to' } },
          envelope: { list: { found: '$items' }, listItem: { no: '$row.id', doors: '$row.doors[*].to' } },
        },
        fields: {
          id: { type: 'integer' },
          name: { type: 'string', sample: { text: 'Room {id}' } },
          inside: { type: 'array', sample: { value: [] } },
          doors: { type: 'array', sample: { list: [{ fields: { to: { value: 'hall' } } }] } },
        },
        samples: [{ count: 3 }],
      },
      beds: {
        operations: ['list'],
        fields: { id: { type: 'integer' }, room: { type: 'integer', sample: { value: 2 } } },
        samples: [{ count: 2 }],
      },
      parts: {
        path: '/Part',
        id: 'Key',
        idFormat: 'P##',
        calls: { member: 'Part', id: 'Key', list: '/Read', create: '/Create', update: '/Update', delete: '/Delete' },
        find: { language: 'operators', parameter: 'Part.Where' },
        paging: { style: 'cursor', position: 'Part.Page.Key', size: 'Part.Page.Size' },
        envelope: { list: { Part: '$items', next: '$nextPosition' }, request: { root: 'Part', required: true } },
        fields: { Key: { type: 'string' }, name: { type: 'string', sample: { text: 'Part {Key}' } } },
        samples: [{ count: 3 }],
      },
      Tools: {
        id: 'Key',
        calls: { member: 'Tool', id: 'Key', list: '/Read', create: '/Create', update: '/Update', delete: '/Delete' },
        envelope: { list: { Tool: '$items' } },
        fields: { Key: { type: 'integer' } },
        samples: [{ count: 1 }],
      },
      login: { open: true, operations: ['create'], fields: { id: { type: 'integer' } }, samples: [{ count: 0 }] },
      query: {
        statement: { parameter: 'q', maxOffset: 3, maxAllFields: 2 },
        envelope: { list: { total: '$total', records: '$items' } },
        paging: { style: 'none' },
      },
      describe: {
        path: '/objects/{object}/describe',
        describes: {
          body: { name: '$name', fields: '$fields' },
          each: { name: '$name', label: '$label', type: '$type', createable: '$createable', options: '$options' },
          types: { integer: 'int', enum: 'picklist', id: 'id' },
        },
      },
      customLamps: { path: '/customLamps', describes: { resource: 'lamps', customOnly: true, each: '$name' } },
    },
  },
  'simulation.yaml',
)

beforeAll(async () => {
  vendor = await listenSimulator({ elements: [element], simulations: new Map([['lamp', simulation]]) })
})
afterAll(() => vendor.close())

async function call(method: string, path: string, sent?: unknown, key = 'k-1') {
  const response = await vendor.call(`/lamp/v1${path}`, {
    method,
    headers: { 'x-key': key, ...(sent === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

test('a credential is asked for where the vendor wants it', async () => {
  expect((await call('GET', '/lamps', undefined, '')).status).toBe(401)
  expect((await call('GET', '/lamps', undefined, 'other')).status).toBe(401)
  expect((await call('GET', '/lamps?key=k-2', undefined, '')).status).toBe(200)
})

test('rows show what was asked for, nested, with what the vendor adds', async () => {
  const { body } = await call('GET', '/lamps/00L0002AAA?properties=watts,state')
  expect(body).toMatchObject({ id: '00L0002AAA', kind: 'lamp', link: '/lamps/00L0002AAA' })
  expect(Object.keys(body.properties)).toEqual(['watts', 'state'])
  expect(Object.keys((await call('GET', '/lamps/00L0002AAA')).body.properties)).toEqual(['name'])
})

test('writes are answered as the vendor does', async () => {
  const made = await call('POST', '/lamps', { properties: { name: 'New' } })
  expect(made).toMatchObject({ status: 201, body: { id: '00L0006AAA', ok: true } })
  expect(made.headers.get('location')).toBe('https://api.lamp.test/v1/lamps/00L0006AAA')
  expect(await call('PATCH', '/lamps/00L0006AAA', { properties: { watts: 5 } })).toMatchObject({ status: 204 })
  expect((await call('GET', '/lamps/00L0006AAA?properties=watts')).body.properties).toEqual({ watts: 5 })
  expect((await call('POST', '/lamps', { name: 'bare' })).status).toBe(400)
  expect((await call('DELETE', '/lamps/00L0006AAA')).status).toBe(204)
  expect((await call('GET', '/lamps/00L0006AAA')).status).toBe(404)
})

test('a search by POST filters, sorts and pages', async () => {
  const search = { filterGroups: [{ filters: [{ propertyName: 'watts', operator: 'EQ', value: '40' }] }] }
  const sorts = [{ propertyName: 'id', direction: 'DESCENDING' }]
  const { body } = await call('POST', '/lamps/search', { ...search, sorts, limit: 2, page: 2 })
  expect(body.map((row: { id: string }) => row.id)).toEqual(['00L0003AAA', '00L0002AAA'])
  expect((await call('GET', '/lamps?page=9')).status).toBe(204)
})

test('rows hold rows of others, one text is looked for in several fields, and logins are open', async () => {
  expect((await call('GET', '/rooms/2')).body.inside).toEqual([
    { id: 1, room: 2 },
    { id: 2, room: 2 },
  ])
  expect((await call('GET', '/rooms/1')).body.inside).toEqual([])
  const search = async (query: string) => (await call('GET', `/rooms/search?${query}`)).body?.found
  expect(await search('term=room 3&fields=name,doors&exact_match=true')).toEqual([{ no: 3, doors: ['hall'] }])
  expect(await search('term=hal&fields=doors&limit=9')).toHaveLength(3)
  expect(await search('term=hal&fields=doors&exact_match=1')).toBeUndefined()
  expect((await call('POST', '/login', {}, '')).status).toBe(201)
})

test('one address for each kind of call, the body says of what', async () => {
  const read = (sent: object) => call('POST', '/Read', sent)
  const keys = async (sent: object) => (await read(sent)).body.Part.map(({ Key }: { Key: string }) => Key)
  const first = (await read({ Part: { Page: { Size: 2 } } })).body
  expect(first.Part).toHaveLength(2)
  expect(await keys({ Part: { Page: { Size: 2, Key: first.next } } })).toEqual(['P03'])
  expect(await keys({ Part: { Where: { name: { $LIKE: '%2' } } } })).toEqual(['P02'])
  expect((await read({ Tool: {} })).body).toEqual({ Tool: [{ Key: 1 }] })
  expect((await call('POST', '/Create', { Part: { name: 'new' } })).body).toEqual({ id: 'P04', ok: true })
  expect((await call('POST', '/Update', { Part: { Key: 'P04', name: 'newer' } })).status).toBe(204)
  expect(await keys({ Part: { Where: { name: 'newer' } } })).toEqual(['P04'])
  expect((await call('POST', '/Delete', { Part: { Key: 'P04' } })).status).toBe(204)
  expect((await call('POST', '/Delete', { Part: { Key: 'P04' } })).status).toBe(404)
})

test('statements reach every collection by its name', async () => {
  const query = (q: string) => call('GET', `/query?q=${encodeURIComponent(q)}`)
  const { body } = await query("SELECT id, name FROM lamp WHERE name LIKE 'Lamp %' ORDER BY id DESC LIMIT 2 OFFSET 1")
  expect(body.total).toBe(2)
  expect(body.records.map((row: { id: string }) => row.id)).toEqual(['00L0004AAA', '00L0003AAA'])
  expect(body.records[0].properties).toEqual({ name: 'Lamp 00L0004AAA' })
  expect((await query("SELECT id FROM Lamp WHERE name = 'from where order by limit 1'")).body.records).toEqual([])
  expect((await query('SELECT COUNT() FROM Lamp')).body).toEqual({ total: 5, records: [] })
  for (const [statement, code] of [
    ['SELECT id FROM Shade', 'INVALID_TYPE'],
    ['SELECT colour FROM Lamp', 'INVALID_FIELD'],
    ["SELECT id FROM Lamp WHERE colour = 'red'", 'INVALID_FIELD'],
    ['SELECT id FROM Lamp ORDER BY colour', 'INVALID_FIELD'],
    ['SELECT id FROM Lamp LIMIT 1 OFFSET 4', 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['SELECT FIELDS(ALL) FROM Lamp', 'MALFORMED_QUERY'],
    ['FROM Lamp', 'MALFORMED_QUERY'],
  ] as const)
    expect([statement, await query(statement)]).toMatchObject([statement, { status: 400, body: [{ errorCode: code }] }])
})

test('fields are described, by path or by name', async () => {
  const { body } = await call('GET', '/objects/Lamp/describe')
  expect(body.name).toBe('Lamp')
  expect(body.fields).toEqual([
    { name: 'id', label: 'Id', type: 'id', createable: false, options: [] },
    { name: 'name', label: 'Name', type: 'string', createable: true, options: [] },
    { name: 'watts', label: 'Power', type: 'int', createable: true, options: [] },
    {
      ...{ name: 'state', label: 'State', type: 'picklist', createable: true },
      options: ['on', 'off'].map((value) => ({ value, label: value === 'on' ? 'On' : 'Off' })),
    },
    { name: 'made', label: 'Made', type: 'date-time', createable: false, options: [] },
  ])
  expect((await call('GET', '/objects/Shade/describe')).status).toBe(404)
  expect((await call('GET', '/customLamps')).body).toEqual(['state'])
})
