import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'

let hub: TestHub
let element: { id: number; key: string }
beforeAll(async () => {
  hub = await startTestHub()
  const { body } = await hub.call('POST', '/elements', {
    body: {
      name: 'Acme',
      description: '',
      authentication: { type: 'custom' },
      configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test' }],
      resources: [{ method: 'GET', path: '/things', vendorPath: '/things' }],
    },
  })
  element = body
})
afterAll(() => hub.close())

const things = async () => (await hub.call('GET', '/elements/acme/resources')).body[0].id as number

interface Kind {
  /** path below the element; `{thing}` is the id of the resource that is there, `{owner}` of an object */
  path: string
  body: Record<string, unknown>
  /** what PUT changes */
  change: Record<string, unknown>
  /** what an answer has beside the body */
  shown: Record<string, unknown>
  /** the same again is a conflict */
  isUnique: boolean
}

const KINDS: readonly Kind[] = [
  {
    path: 'configuration',
    body: { key: 'own.key', name: 'Own', type: 'OddType', odd: 1 },
    change: { defaultValue: 'x', description: 'd' },
    shown: { required: false, hideFromConsole: false, internal: false, active: true, description: '' },
    isUnique: true,
  },
  {
    path: 'parameters',
    body: { name: 'a', type: 'value', vendorName: 'X-A', vendorType: 'header', odd: { b: [1] } },
    change: { name: 'other' },
    shown: { source: 'request', required: false },
    isUnique: false,
  },
  {
    path: 'hooks',
    body: { type: 'preRequest', body: 'broken ][ request_path' },
    change: { body: 'done({request_vendor_path, configuration})' },
    shown: { mimeType: 'application/javascript', isLegacy: false, contextParams: 'request_path' },
    isUnique: false,
  },
  {
    path: 'resources',
    body: { method: 'POST', path: '/things', vendorPath: '/t', response: { sampleData: '{"a":1}' }, operationId: 'x' },
    change: { vendorMethod: 'PUT', description: 'changed' },
    shown: { type: 'api', kind: 'eb', parameters: [], hooks: [], path: '/hubs/general/things' },
    isUnique: true,
  },
  {
    path: 'resources/{thing}/parameters',
    body: { name: 'q', type: 'query', vendorName: 'query', vendorType: 'query', dataType: 'string' },
    change: { vendorName: 'search', required: true },
    shown: { source: 'request', required: false },
    isUnique: false,
  },
  {
    path: 'resources/{thing}/hooks',
    body: { type: 'postRequest', body: 'return {response_body}', isLegacy: true },
    change: { isLegacy: false, body: 'done()' },
    shown: { mimeType: 'application/javascript', contextParams: 'response_body' },
    isUnique: false,
  },
  {
    path: 'objects',
    body: {
      name: 'things',
      primaryKeyName: 'id',
      searchConfiguration: { fields: [], operators: [] },
      fields: [{ name: 'id' }],
    },
    change: { bulkDownloadEnabled: true },
    shown: {},
    isUnique: true,
  },
  {
    path: 'objects/{owner}/fields',
    body: { name: 'title', type: 'string', primaryKey: false },
    change: { displayName: 'Title' },
    shown: {},
    isUnique: false,
  },
  {
    path: 'models',
    body: { name: 'thing', vendorName: 'Thing', modelFields: [{ name: 'id', fieldMethods: [{ method: 'GET' }] }] },
    change: { displayName: 'A thing' },
    shown: {},
    isUnique: true,
  },
]

describe.each(KINDS)('$path', ({ path, body, change, shown, isUnique }) => {
  const url = async (keyOrId: string | number = 'acme') => {
    const owner = path.includes('{owner}') ? await anObject() : 0
    return `/elements/${keyOrId}/${path.replace('{thing}', String(await things())).replace('{owner}', String(owner))}`
  }
  const anObject = async () => {
    const { body: objects } = await hub.call('GET', '/elements/acme/objects')
    const known = objects.find(({ name }: { name: string }) => name === 'owner')
    return known?.id ?? (await hub.call('POST', '/elements/acme/objects', { body: { name: 'owner' } })).body.id
  }

  test('is made, read, changed, deleted, by key and by id of the element', async () => {
    const list = await url()
    const before = (await hub.call('GET', list)).body as unknown[]
    const made = await hub.call('POST', list, { body: { ...body, id: 5, createdDate: 'never' } })
    expect(made.status, made.text).toBe(200)
    const { body: part } = made
    expect(part).toMatchObject({
      ...shown,
      ...body,
      ...(path === 'resources' ? { path: shown['path'] } : {}),
      ...nested(body),
    })
    expect(part.id).toBeGreaterThan(0)
    expect(part.createdDate).not.toBe('never')
    expect((await hub.call('GET', await url(element.id))).body).toEqual([...before, part])

    const item = `${list}/${path === 'configuration' ? part.key : part.id}`
    expect((await hub.call('GET', item)).body).toEqual(part)
    const changed = await hub.call('PUT', item, { body: change })
    expect(changed.status, changed.text).toBe(200)
    expect(changed.body).toMatchObject({
      ...part,
      ...change,
      ...(path.endsWith('hooks') ? { contextParams: expect.any(String) } : {}),
      ...(part.createdDate ? { updatedDate: expect.any(String) } : {}),
    })
    expect((await hub.call('GET', item)).body).toEqual(changed.body)

    const again = await hub.call('POST', list, { body })
    expect(again.status).toBe(isUnique ? 409 : 200)
    if (!isUnique) await hub.call('DELETE', `${list}/${again.body.id}`)

    expect(await hub.call('DELETE', item)).toMatchObject({ status: 200, text: '' })
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await hub.call(method, item, method === 'PUT' ? { body: change } : {})).status).toBe(404)
    expect((await hub.call('GET', list)).body).toEqual(before)
  })

  test('answers 400 to what it cannot be', async () => {
    const list = await url()
    for (const given of [{}, { ...body, [Object.keys(body)[0] ?? '']: 7 }]) {
      expect((await hub.call('POST', list, { body: given })).status).toBe(400)
    }
    expect((await hub.call('POST', list)).status).toBe(400)
    expect((await hub.call('POST', list, { body: [body] })).status).toBe(400)
  })

  test('of an element that is not there answers 404', async () => {
    const list = (await url()).replace('/acme/', '/nowhere/')
    expect((await hub.call('GET', list)).status).toBe(404)
    expect((await hub.call('POST', list, { body })).status).toBe(404)
  })
})

/** Parts inside the body get ids, so only their own members are compared. */
function nested(body: Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => Array.isArray(value) && value.every((item) => typeof item === 'object'))
      .map(([name, value]) => [
        name,
        (value as object[]).map((item) => expect.objectContaining({ id: expect.any(Number), ...shallow(item) })),
      ]),
  )
}

function shallow(item: object) {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => typeof value !== 'object'))
}

describe('rules of single parts (spec 10 §2.5, 11 §2.3)', () => {
  for (const key of [
    'oauth.api.key',
    'username',
    'base.url',
    'pagination.max',
    'event.anything',
    'bulk.x',
    'expires_in',
    'aws.region',
  ]) {
    test(`the key ${key} is reserved one by one, and comes with a whole element`, async () => {
      const refused = await hub.call('POST', '/elements/acme/configuration', { body: { key, name: key } })
      expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('reserved') } })
    })
  }

  test('base.url can be changed but not deleted or renamed', async () => {
    const url = '/elements/acme/configuration/base.url'
    expect((await hub.call('PUT', url, { body: { defaultValue: 'https://b.test' } })).body.defaultValue).toBe(
      'https://b.test',
    )
    expect((await hub.call('DELETE', url)).status).toBe(400)
    expect((await hub.call('PUT', url, { body: { key: 'other' } })).status).toBe(400)
  })

  test('a row that the platform added can be deleted for good, and belongs to the author once changed', async () => {
    const keys = async () =>
      (await hub.call('GET', '/elements/acme/configuration')).body.map(({ key }: { key: string }) => key)
    expect(await keys()).toContain('filter.response.nulls')
    await hub.call('DELETE', '/elements/acme/configuration/filter.response.nulls')
    await hub.call('PUT', '/elements/acme/configuration/pagination.max', { body: { defaultValue: '50' } })
    expect(await keys()).not.toContain('filter.response.nulls')
    const { body } = await hub.call('GET', '/elements/acme/export')
    expect(body.configuration.map(({ key }: { key: string }) => key)).toEqual(['base.url', 'pagination.max'])
  })

  test('legacy hooks may become new ones, never back', async () => {
    const { body: hook } = await hub.call('POST', '/elements/acme/hooks', {
      body: { type: 'event', body: 'return 1', isLegacy: true },
    })
    expect(hook.isLegacy).toBe(true)
    const url = `/elements/acme/hooks/${hook.id}`
    expect((await hub.call('PUT', url, { body: { ...hook, isLegacy: false } })).body.isLegacy).toBe(false)
    expect((await hub.call('PUT', url, { body: { ...hook, isLegacy: true } })).status).toBe(400)
    await hub.call('DELETE', url)
  })

  for (const [body, status] of [
    ['this is ][ no script', 200],
    ['return 1', 200],
  ] as const) {
    test(`a script that reads "${body}" is stored as it is`, async () => {
      const answer = await hub.call('POST', '/elements/acme/hooks', { body: { type: 'postRequest', body } })
      expect(answer).toMatchObject({ status, body: { body } })
      await hub.call('DELETE', `/elements/acme/hooks/${answer.body.id}`)
    })
  }

  for (const [body, status] of [
    ['done({})', 200],
    ['function f() { return 1 } done(f())', 200],
    ['let x = 1', 400],
    ['return done({})', 400],
  ] as const) {
    test(`as an explicit v2 script "${body}" answers ${status}`, async () => {
      const answer = await hub.call('POST', '/elements/acme/hooks', {
        body: { type: 'postRequest', scriptEngine: 'v2', body },
      })
      expect(answer.status).toBe(status)
      if (status === 400) expect(answer.body.message).toContain('done()')
      else await hub.call('DELETE', `/elements/acme/hooks/${answer.body.id}`)
    })
  }

  test('a resource has one model, without an id in the path', async () => {
    const url = `/elements/acme/resources/${await things()}/models`
    expect((await hub.call('GET', url)).status).toBe(404)
    const model = { name: 'thing', swagger: { thing: { type: 'object', properties: { element: { type: 'string' } } } } }
    const made = await hub.call('POST', url, { body: model })
    expect(made.body).toMatchObject({ ...model, transform: false, resourceId: await things() })
    expect((await hub.call('GET', url)).body).toEqual(made.body)
    const changed = await hub.call('PUT', url, { body: { requestName: 'thingPost' } })
    expect(changed.body).toMatchObject({ ...model, requestName: 'thingPost', id: made.body.id })
    expect((await hub.call('GET', `/elements/acme/resources/${await things()}`)).body.model).toEqual(changed.body)
    expect((await hub.call('DELETE', url)).status).toBe(200)
    for (const method of ['GET', 'DELETE'] as const) expect((await hub.call(method, url)).status).toBe(404)
  })

  test('a resource with everything in it keeps the ids of its parts when it is changed', async () => {
    const { body: made } = await hub.call('POST', '/elements/acme/resources', {
      body: {
        method: 'PATCH',
        path: '/things/{id}',
        parameters: [{ name: 'id', type: 'path', vendorName: 'id', vendorType: 'path' }],
        hooks: [{ type: 'preRequest', body: 'done()' }],
        model: { name: 'm', swagger: {} },
        object: { name: 'o', fields: [{ name: 'f' }] },
      },
    })
    const { body: changed } = await hub.call('PUT', `/elements/acme/resources/${made.id}`, {
      body: { ...made, description: 'x', parameters: [{ ...made.parameters[0], vendorName: 'other' }] },
    })
    expect(changed.parameters[0]).toMatchObject({ id: made.parameters[0].id, vendorName: 'other' })
    expect(changed.hooks).toEqual(made.hooks)
    expect(changed.model).toEqual(made.model)
    expect(changed.object).toEqual(made.object)
  })

  test('PUT configurations makes and changes rows of a whole element', async () => {
    const { body } = await hub.call('PUT', '/elements/acme/configurations', {
      body: {
        name: 'ignored',
        configuration: [
          { key: 'own.a', name: 'A' },
          { key: 'username', name: 'User' },
        ],
      },
    })
    expect(body.name).toBe('Acme')
    const keys = body.configuration.map(({ key }: { key: string }) => key)
    expect(keys).toEqual(expect.arrayContaining(['base.url', 'own.a', 'username']))
    expect((await hub.call('PUT', '/elements/acme/configurations', { body: {} })).status).toBe(400)
  })
})

describe('models (spec 23 §C1)', () => {
  test('PUT upserts by id, by name, or makes; in the shape of the body', async () => {
    const one = await hub.call('PUT', '/elements/acme/models', { body: { name: 'person' } })
    expect(one.body).toMatchObject({ name: 'person', id: expect.any(Number), elementId: element.id })
    const renamed = await hub.call('PUT', '/elements/acme/models', {
      body: [{ id: one.body.id, name: 'human' }, { name: 'pet' }],
    })
    expect(renamed.body).toMatchObject([{ id: one.body.id, name: 'human' }, { name: 'pet' }])
    const byName = await hub.call('PUT', '/elements/acme/models', { body: { name: 'pet', notes: 'barks' } })
    expect(byName.body).toMatchObject({ id: renamed.body[1].id, notes: 'barks' })
  })

  test('a sample value that names another model links the two', async () => {
    const { body: pet } = await hub.call('PUT', '/elements/acme/models', { body: { name: 'pet' } })
    const { body: human } = await hub.call('PUT', '/elements/acme/models', {
      body: {
        name: 'human',
        modelFields: [
          { name: 'dog', sampleValue: '$pet.name' },
          { name: 'age', sampleValue: '7' },
        ],
      },
    })
    expect(human).toMatchObject({ childModelIds: [pet.id], modelFields: [{ relatedModelId: pet.id }, {}] })
    expect(human.modelFields[1]).not.toHaveProperty('relatedModelId')
    expect((await hub.call('GET', `/elements/acme/models/${pet.id}`)).body).toMatchObject({
      parentModelIds: [human.id],
    })
  })

  test('PUT fields changes and adds fields, and keeps the others', async () => {
    const { body: model } = await hub.call('PUT', '/elements/acme/models', {
      body: { name: 'fields', modelFields: [{ name: 'a' }, { name: 'b' }] },
    })
    const { body } = await hub.call('PUT', `/elements/acme/models/${model.id}/fields`, {
      body: [{ name: 'b', mask: 'x' }, { name: 'c' }],
    })
    expect(body.modelFields).toMatchObject([{ name: 'a' }, { id: model.modelFields[1].id, mask: 'x' }, { name: 'c' }])
  })
})

describe('two writers', () => {
  test('change one element at the same time, and neither change is lost', async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        hub.call('POST', '/elements/acme/parameters', {
          body: { name: `p${index}`, type: 'value', vendorName: `X-${index}`, vendorType: 'header' },
        }),
      ),
    )
    expect(made.map(({ status }) => status)).toEqual(Array(12).fill(200))
    const { body } = await hub.call('GET', '/elements/acme/parameters')
    expect(new Set(body.map(({ id }: { id: number }) => id)).size).toBe(12)
  })

  test('make one key at the same time: one succeeds', async () => {
    const body = { name: 'Race', configuration: [] }
    const answers = await Promise.all(Array.from({ length: 6 }, () => hub.call('POST', '/elements', { body })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409])
  })
})
