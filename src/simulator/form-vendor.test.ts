// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of simulation.yaml
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../../test/support/simulator-listener.ts'
import { checkSimulation } from './load-simulations.ts'

/** A vendor that takes forms, counts in seconds, pages by the id of the last row and searches elsewhere. */
let vendor: ListeningSimulator
const element = {
  ...elementOf({}),
  key: 'lamp',
  configuration: [{ key: 'base.url', name: 'base', defaultValue: 'https://api.lamp.test/v1' }],
}
const search = { language: 'boolean', parameter: 'query', path: '/search', envelope: { list: { found: '$items' } } }
const simulation = checkSimulation(
  {
    paging: { style: 'after', position: 'after', size: 'limit', defaultSize: 2 },
    envelope: { list: { data: '$items', has_more: '$hasMore' } },
    resources: {
      lamps: {
        operations: ['list', 'create', 'read'],
        idFormat: 'la_###',
        find: { ...search, given: { type: 'lamp' }, paging: { style: 'page', position: 'page' } },
        fields: {
          id: { type: 'string' },
          name: { type: 'string', required: true, sample: { text: 'Lamp {id}' } },
          watts: { type: 'integer', sample: { value: 40 } },
          on: { type: 'boolean', default: false },
          level: { type: 'integer', sample: { value: 1 } },
          address: { type: 'object' },
          parts: { type: 'array' },
          made: { type: 'integer', readOnly: true, stamp: 'now', on: 'create' },
        },
        actions: {
          light: { set: { on: true, watts: '$power' } },
          copy: { makes: true, set: { name: 'Copy of ${name}' } },
        },
        samples: [{ count: 5 }],
      },
      shaded: { path: '/shades/{id}/lamps', operations: ['list'], shows: { resource: 'lamps', by: 'level' } },
      shades: {
        operations: ['list'],
        find: { ...search, given: { type: 'shade' } },
        fields: { id: { type: 'integer' }, name: { type: 'string', sample: { text: 'Shade {id}' } } },
        samples: [{ count: 1 }],
      },
    },
  },
  'lamp',
)
beforeAll(async () => {
  const now = () => new Date('2026-03-04T05:06:07Z')
  vendor = await listenSimulator({ elements: [element], simulations: new Map([['lamp', simulation]]), now })
})
afterAll(() => vendor.close())

async function call(target: string, form?: Record<string, string>) {
  const body = form && new URLSearchParams(form)
  const response = await vendor.call(`/lamp/v1${target}`, body ? { method: 'POST', body } : {})
  return { status: response.status, body: JSON.parse(await response.text()) }
}

describe('forms', () => {
  test('have types and members inside', async () => {
    const { status, body } = await call('/lamps', {
      name: '7',
      watts: '60',
      on: 'true',
      'address[city]': 'Bonn',
      'address[geo][lat]': '1',
      'parts[0][kind]': 'bulb',
      'parts[1][kind]': 'cord',
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      name: '7',
      watts: 60,
      on: true,
      address: { city: 'Bonn', geo: { lat: '1' } },
      parts: [{ kind: 'bulb' }, { kind: 'cord' }],
      made: 1772600767,
    })
  })

  test('a text that is no number is refused', async () => {
    expect((await call('/lamps', { name: 'x', watts: 'many' })).status).toBe(422)
  })
})

describe('pages after a row', () => {
  test('follow each other', async () => {
    const { body: first } = await call('/lamps')
    expect(first).toMatchObject({ data: [{ id: 'la_001' }, { id: 'la_002' }], has_more: true })
    const { body: second } = await call('/lamps?after=la_002&limit=3')
    expect(second.data.map(({ id }: { id: string }) => id)).toEqual(['la_003', 'la_004', 'la_005'])
  })

  test('a row that is not there is no position', async () => {
    expect((await call('/lamps?after=la_999')).status).toBe(400)
  })
})

describe('actions', () => {
  test('change a row, by what the body says too', async () => {
    const { body } = await call('/lamps/la_001/light', { power: '25' })
    expect(body).toMatchObject({ id: 'la_001', on: true, watts: '25', name: 'Lamp la_001' })
  })

  test('or make another one like it', async () => {
    const { status, body } = await call('/lamps/la_002/copy', {})
    expect([status, body.name, body.id === 'la_002']).toEqual([201, 'Copy of Lamp la_002', false])
  })

  test('of a row that is not there are a 404', async () => {
    expect((await call('/lamps/la_999/copy', {})).status).toBe(404)
  })
})

test('a list may show rows of another one, by the id above', async () => {
  expect((await call('/shades/40/lamps')).status).toBe(404)
  expect((await call('/shades/1/lamps')).body.data).toMatchObject([{ id: 'la_001' }, { id: 'la_002' }])
})

test('searches at one address are told apart, and wrap and page in their own way', async () => {
  const lamps = await call('/search?type=lamp&query=watts>=25&page=2')
  expect(lamps.body.found.map(({ id }: { id: string }) => id)).toEqual(['la_003', 'la_004'])
  expect((await call('/search?type=shade&query=name:"Shade 1"')).body.found).toHaveLength(1)
})
