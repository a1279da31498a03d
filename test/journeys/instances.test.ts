import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { addOrganization, addPerson, organizationSecretOf, type Person } from './people.ts'

/** Instances after they are made: by id, by token, in lists, switched off, changed, removed (spec 10 §4, 00, 01 §2). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({}, { catalogFolders: [new URL('catalog', import.meta.url).pathname] })
})
afterAll(() => hub.close())

const CONFIGURATION = { username: 'ada', password: 'pw-of-ada', site: 'eu1', 'api.passphrase': 'open sesame' }
type Instance = Record<string, unknown> & { id: number; token: string; configuration: Record<string, string | null> }

async function makeLantern(given: Record<string, unknown> = {}): Promise<Instance> {
  const answer = await hub.call('POST', '/instances', {
    body: { name: 'Lantern', element: { key: 'lantern' }, configuration: CONFIGURATION, ...given },
  })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const makeBase = (given: Record<string, unknown> = {}) => hub.provisionBase(given) as Promise<Instance>
const read = async (id: number) => (await hub.call('GET', `/instances/${id}`)).body
const callVendor = (token: string) => hub.call('GET', '/hubs/crm/users/me', { token })

function expectOk(answer: Answer) {
  expect(answer.status, answer.text).toBe(200)
  return answer
}

describe('one instance', () => {
  test('GET by id, and below its element, answers what POST answered', async () => {
    const made = await makeBase({ name: 'Read me' })
    const answer = expectOk(await hub.call('GET', `/instances/${made.id}`))
    expect(answer.body).toEqual(made)
    expect(answer.headers.get('content-type')).toBe('application/json;charset=UTF-8')
    for (const element of ['base', '201', 'basecrm'])
      expect((await hub.call('GET', `/elements/${element}/instances/${made.id}`)).body).toEqual(made)
    expect((await hub.call('GET', `/elements/lantern/instances/${made.id}`)).status).toBe(404)
  })

  for (const id of ['-1', '0', '99999', '2147483648', '999999999999999999999', '1e3', '1.5', 'abc', '1%2F2']) {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      test(`${method} of instance ${id}: 404`, async () => {
        const answer = await hub.call(method, `/instances/${id}`, method.startsWith('P') ? { body: { name: 'x' } } : {})
        expect(answer.status, answer.text).toBe(404)
        expect(answer.body).toEqual({
          requestId: answer.headers.get('elements-request-id'),
          message: expect.any(String),
        })
        expect(answer.body.message, 'clients take "No … found" for an empty list').not.toMatch(/^No (.*) found$/)
      })
    }
  }

  test('other calls below an unknown id: 404', async () => {
    for (const [method, path] of [
      ['PUT', 'enabled'],
      ['DELETE', 'enabled'],
      ['GET', 'configuration'],
      ['GET', 'configuration/1'],
    ] as const)
      expect((await hub.call(method, `/instances/99999/${path}`)).status, path).toBe(404)
  })
})

describe('PATCH', () => {
  for (const [name, change, expected] of [
    ['changes the name only', { name: 'Renamed' }, { name: 'Renamed', tags: ['Lantern'] }],
    ['replaces the set of tags', { tags: ['a', 'b'] }, { name: 'Lantern', tags: ['a', 'b'] }],
    ['clears tags', { tags: [] }, { tags: [] }],
    ['strips HTML', { name: '<i>Name</i>', tags: ['<u>tag</u>'] }, { name: 'Name', tags: ['tag'] }],
    ['takes the id in the body', { id: 1, name: 'With id' }, { name: 'With id' }],
    ['takes the element it has', { element: { key: 'lantern' } }, { element: { key: 'lantern' } }],
    [
      'merges configuration by key',
      { configuration: { greeting: 'hi' } },
      { configuration: { greeting: 'hi', username: 'ada', site: 'eu1' } },
    ],
    ['keeps undeclared keys', { configuration: { note: 'n' } }, { configuration: { note: 'n' } }],
    ['takes nothing at all', {}, { name: 'Lantern', tags: ['Lantern'] }],
  ] as const) {
    test(name, async () => {
      const made = await makeLantern()
      const { body } = expectOk(await hub.call('PATCH', `/instances/${made.id}`, { body: change }))
      expect(body).toMatchObject({ ...expected, id: made.id, token: made.token })
      expect(body).not.toHaveProperty('providerData')
      expect(await read(made.id)).toEqual(body)
    })
  }

  test('by token changes the instance of the token', async () => {
    const made = await makeLantern()
    const { body } = expectOk(await hub.call('PATCH', '/instances', { token: made.token, body: { name: 'By token' } }))
    expect(body).toMatchObject({ id: made.id, name: 'By token' })
  })

  test('below the element', async () => {
    const made = await makeLantern()
    expectOk(await hub.call('PATCH', `/elements/lantern/instances/${made.id}`, { body: { name: 'Below' } }))
    expect(await read(made.id)).toMatchObject({ name: 'Below' })
  })

  test('moves updatedDate, not createdDate', async () => {
    const made = await makeLantern()
    const { body } = await hub.call('PATCH', `/instances/${made.id}`, { body: { name: 'Later' } })
    expect(body.createdDate).toBe(made['createdDate'])
    expect(Date.parse(body.updatedDate)).toBeGreaterThanOrEqual(Date.parse(String(made['updatedDate'])))
  })

  test('an emptied required value is named', async () => {
    const made = await makeLantern()
    const { status, body } = await hub.call('PATCH', `/instances/${made.id}`, { body: { configuration: { site: '' } } })
    expect(status).toBe(400)
    expect(body.message).toContain('site')
    expect((await read(made.id)).configuration.site).toBe('eu1')
  })

  test('a new code replaces the tokens; id and token stay', async () => {
    const made = await makeBase()
    const before = hub.hub.simulator?.stats('base').tokenRequests['authorization_code'] ?? 0
    const { body } = expectOk(
      await hub.call('PATCH', `/instances/${made.id}`, { body: { providerData: { code: await hub.obtainCode() } } }),
    )
    // obtainCode only asks for consent: the one exchange is the hub's
    expect(hub.hub.simulator?.stats('base').tokenRequests['authorization_code']).toBe(before + 1)
    expect(body).toMatchObject({ id: made.id, token: made.token, valid: true })
    expectOk(await callVendor(made.token))
  })

  test('a code that the vendor refuses changes nothing', async () => {
    const made = await makeBase({ name: 'Steady' })
    const { status } = await hub.call('PATCH', `/instances/${made.id}`, {
      body: { name: 'Changed', providerData: { code: 'made-up' } },
    })
    expect([400, 401]).toContain(status)
    expect(await read(made.id)).toMatchObject({ name: 'Steady', valid: true })
    expectOk(await callVendor(made.token))
  })

  test('filter.response.nulls works from the next call on', async () => {
    const made = await makeBase()
    const membersWithNull = async () => {
      const { body } = await hub.call('GET', '/hubs/crm/contacts?pageSize=20', { token: made.token })
      return body.filter((row: Record<string, unknown>) => Object.values(row).includes(null)).length
    }
    expect(await membersWithNull()).toBe(0)
    expectOk(
      await hub.call('PATCH', `/instances/${made.id}`, {
        body: { configuration: { 'filter.response.nulls': 'false' } },
      }),
    )
    expect(await membersWithNull()).toBeGreaterThan(0)
  })
})

describe('PUT', () => {
  test('a whole instance as it was answered keeps its secrets', async () => {
    const made = await makeBase({ name: 'Whole' })
    const { body } = expectOk(await hub.call('PUT', `/instances/${made.id}`, { body: { ...made, tags: ['put'] } }))
    expect(body).toMatchObject({ id: made.id, token: made.token, name: 'Whole', tags: ['put'], valid: true })
    expect(body).not.toHaveProperty('providerData')
    expectOk(await callVendor(made.token))
    hub.hub.simulator?.expireTokens('base')
    expectOk(await callVendor(made.token)) // the client secret and refresh token are still the true ones
  })

  test('missing members stay as they are', async () => {
    const made = await makeLantern({ tags: ['kept'] })
    const { body } = expectOk(await hub.call('PUT', `/instances/${made.id}`, { body: { name: 'Only a name' } }))
    expect(body).toMatchObject({ name: 'Only a name', tags: ['kept'], configuration: { username: 'ada', site: 'eu1' } })
  })

  test('by token, and below the element', async () => {
    const made = await makeLantern()
    expectOk(await hub.call('PUT', '/instances', { token: made.token, body: { ...made, name: 'One' } }))
    expectOk(await hub.call('PUT', `/elements/lantern/instances/${made.id}`, { body: { ...made, name: 'Two' } }))
    expect(await read(made.id)).toMatchObject({ name: 'Two' })
  })
})

describe('this instance, by token', () => {
  for (const [method, path] of [
    ['PATCH', '/instances'],
    ['PUT', '/instances'],
    ['DELETE', '/instances'],
    ['PUT', '/instances/enabled'],
    ['DELETE', '/instances/enabled'],
    ['GET', '/instances/configuration'],
  ] as const) {
    test(`${method} ${path} without a token: 401`, async () => {
      const { status, body } = await hub.call(
        method,
        path,
        method === 'PATCH' || (method === 'PUT' && path === '/instances') ? { body: {} } : {},
      )
      expect(status).toBe(401)
      expect(body.message).toBe('Invalid Organization or User secret, or invalid Element token provided.')
    })
  }
})

describe('the list', () => {
  let listHub: TestHub
  const names = (answer: Answer) => answer.body.map((row: { name: string }) => row.name)
  const list = (query: string) => listHub.call('GET', `/instances?${query}`)

  beforeAll(async () => {
    listHub = await startTestHub({}, { catalogFolders: [new URL('catalog', import.meta.url).pathname] })
    for (const [name, tags] of [
      ['Alpha', ['eu', 'prod']],
      ['Beta', ['eu']],
      ['Gamma 100%', ['us']],
      ['Delta_1', ['us', 'with, comma']],
      ['Epsilon', []],
    ] as const) {
      await listHub.call('POST', '/instances', {
        body: { name, tags, element: { key: 'lantern' }, configuration: CONFIGURATION },
      })
    }
    await listHub.provisionBase({ name: 'Zeta', tags: ['eu'] })
  })
  afterAll(() => listHub.close())

  for (const [query, expected] of [
    ['', ['Alpha', 'Beta', 'Gamma 100%', 'Delta_1', 'Epsilon', 'Zeta']],
    ['searchText=ALPHA', ['Alpha']],
    ['searchText=ta', ['Beta', 'Delta_1', 'Zeta']],
    ['searchText=lantern', ['Alpha', 'Beta', 'Gamma 100%', 'Delta_1', 'Epsilon']],
    ['searchText=%25', ['Gamma 100%']],
    ['searchText=_', ['Delta_1']],
    ['searchText=', ['Alpha', 'Beta', 'Gamma 100%', 'Delta_1', 'Epsilon', 'Zeta']],
    ['tags[]=eu', ['Alpha', 'Beta', 'Zeta']],
    ['tags%5B%5D=eu', ['Alpha', 'Beta', 'Zeta']],
    ['tags=us', ['Gamma 100%', 'Delta_1']],
    ['tags[]=eu&tags[]=prod', ['Alpha']],
    ['tags[]=eu, prod', ['Alpha']],
    ['elementKeys[]=base', ['Zeta']],
    ['elementKeys[]=base&elementKeys[]=lantern', ['Alpha', 'Beta', 'Gamma 100%', 'Delta_1', 'Epsilon', 'Zeta']],
    ['elementKeys[]=base,lantern&tags[]=eu', ['Alpha', 'Beta', 'Zeta']],
    ['tags[]=eu&searchText=et', ['Beta', 'Zeta']],
    ['unknown=1', ['Alpha', 'Beta', 'Gamma 100%', 'Delta_1', 'Epsilon', 'Zeta']],
  ] as const) {
    test(`"${query}" finds ${expected.length}`, async () => {
      const answer = expectOk(await list(query))
      expect(names(answer).sort()).toEqual([...expected].sort())
      expect(answer.headers.get('elements-returned-count')).toBe(String(expected.length))
      expect(answer.headers.get('elements-total-count')).toBe(String(expected.length))
      expect(answer.headers.has('elements-next-page-token')).toBe(false)
    })
  }

  test('an empty list filter is no filter', async () => {
    expect(names(expectOk(await list('tags[]=&elementKeys[]=')))).toHaveLength(6)
  })

  for (const query of [
    'searchText=nowhere',
    'tags[]=nowhere',
    'tags[]=EU&tags[]=nowhere',
    'elementKeys[]=nothere',
    'searchText=nowhere&tags[]=eu',
  ]) {
    test(`"${query}" finds none: 404 with the text clients know`, async () => {
      const answer = await list(query)
      expect(answer.status).toBe(404)
      expect(answer.body).toEqual({
        requestId: answer.headers.get('elements-request-id'),
        message: expect.stringMatching(/^No (.*) found$/),
      })
      expect(answer.body.message).toBe('No element instances found')
    })
  }

  test('a NUL in the search text finds none, and is not our failure', async () => {
    expect([400, 404]).toContain((await list('searchText=%00')).status)
    expect([400, 404]).toContain((await list('tags[]=%00')).status)
  })

  test('below an element: its instances only', async () => {
    expect(names(expectOk(await listHub.call('GET', '/elements/base/instances')))).toEqual(['Zeta'])
    expect(names(expectOk(await listHub.call('GET', '/elements/9101/instances')))).toHaveLength(5)
    expect((await listHub.call('GET', '/elements/nothere/instances')).status).toBe(404)
  })

  test('below an element without instances: 404 with the text clients know', async () => {
    const fresh = await hub.call('GET', '/elements/base/instances?searchText=nowhere')
    expect(fresh.status).toBe(404)
    expect(fresh.body.message).toMatch(/^No (.*) found$/)
  })

  test('rows are whole instances', async () => {
    const [row] = (await list('searchText=zeta')).body
    expect(row).toEqual((await listHub.call('GET', `/instances/${row.id}`)).body)
  })

  test('hydrate=false makes them slim', async () => {
    const [row] = (await list('hydrate=false&searchText=zeta')).body
    expect(row).toMatchObject({
      id: expect.any(Number),
      name: 'Zeta',
      token: expect.any(String),
      tags: ['eu'],
      element: { id: 201, key: 'base' },
    })
    expect(row).not.toHaveProperty('configuration')
    expect((await list('hydrate=TRUE&searchText=zeta')).body[0]).toHaveProperty('configuration')
  })

  test('counts', async () => {
    const { body } = expectOk(await listHub.call('GET', '/instances/count'))
    expect(body).toMatchObject({ totalInstances: 6, elementInstances: expect.any(Array) })
    expect(body.elementInstances).toHaveLength(2)
  })

  describe('pages', () => {
    test('tokens walk the whole list one by one, in one order', async () => {
      const whole = names(await list(''))
      const walked: string[] = []
      let token = ''
      do {
        const answer = expectOk(await list(`pageSize=1&nextPage=${encodeURIComponent(token)}`))
        expect(answer.body).toHaveLength(1)
        expect(answer.headers.get('elements-returned-count')).toBe('1')
        expect(answer.headers.get('elements-total-count')).toBe('6')
        walked.push(...names(answer))
        token = answer.headers.get('elements-next-page-token') ?? ''
      } while (token !== '' && walked.length < 10)
      expect(walked).toEqual(whole)
    })

    test('page 1 and page 2 of two are page 1 of four', async () => {
      const four = expectOk(await list('pageSize=4'))
      const [one, two] = [await list('pageSize=2&page=1'), await list('pageSize=2&page=2')]
      expect([...names(one), ...names(two)]).toEqual(names(four))
    })

    test('the token wins over page, and carries size and filter', async () => {
      const one = await list('pageSize=2&tags[]=eu')
      const token = one.headers.get('elements-next-page-token') ?? ''
      const two = expectOk(await list(`page=1&nextPage=${encodeURIComponent(token)}&pageSize=2&tags[]=eu`))
      expect(two.body).toHaveLength(1)
      expect(names(one)).not.toContain(names(two)[0])
      expect(two.headers.has('elements-next-page-token')).toBe(false)
    })

    test('the token alone is enough', async () => {
      const one = await list('pageSize=2&tags[]=eu')
      const token = one.headers.get('elements-next-page-token') ?? ''
      const alone = expectOk(await list(`nextPage=${encodeURIComponent(token)}`))
      expect([...names(one), ...names(alone)].sort()).toEqual(['Alpha', 'Beta', 'Zeta'])
    })

    test('the token of another filter: 400', async () => {
      const token = (await list('pageSize=1&tags[]=eu')).headers.get('elements-next-page-token') ?? ''
      const { status, body } = await list(`pageSize=1&tags[]=us&nextPage=${encodeURIComponent(token)}`)
      expect(status).toBe(400)
      expect(body.message).toContain('nextPage')
    })

    for (const token of ['garbage', 'eyJwYWdlIjoyfQ==', '%F0%9F%9A%80', 'a.b.c']) {
      test(`the token ${token} was never given: 400`, async () => {
        expect((await list(`nextPage=${token}`)).status).toBe(400)
      })
    }

    for (const token of ['', 'null', 'undefined']) {
      test(`nextPage=${token} is the first page`, async () => {
        expect(expectOk(await list(`nextPage=${token}`)).body).toHaveLength(6)
      })
    }

    for (const [name, value] of [
      ['pageSize', '0'],
      ['pageSize', '-1'],
      ['pageSize', 'x'],
      ['pageSize', '1.5'],
      ['page', '0'],
      ['page', 'x'],
    ] as const) {
      test(`${name}=${value}: 400`, async () => {
        const { status, body } = await list(`${name}=${value}`)
        expect(status).toBe(400)
        expect(body.message).toContain(name)
      })
    }

    test('a page size above 5000 is cut, and said so', async () => {
      const answer = expectOk(await list('pageSize=5001'))
      expect(answer.headers.get('elements-error')).toContain('5000')
      expect((await list('pageSize=5000')).headers.has('elements-error')).toBe(false)
    })
  })
})

describe('switched off', () => {
  test('calls answer 403, /objects 200, and on again all is as before', async () => {
    const made = await makeBase()
    expectOk(await callVendor(made.token))
    expectOk(await hub.call('DELETE', `/instances/${made.id}/enabled`))
    expect(await read(made.id)).toMatchObject({ disabled: true, valid: true })
    for (const [method, path] of [
      ['GET', '/hubs/crm/contacts'],
      ['GET', '/contacts'],
      ['POST', '/hubs/crm/contacts'],
      ['GET', '/hubs/crm/users/me'],
    ] as const) {
      const answer = await hub.call(method, path, {
        token: made.token,
        ...(method === 'POST' ? { body: { last_name: 'x' } } : {}),
      })
      expect(answer.status, `${method} ${path} ${answer.text}`).toBe(403)
      expect(answer.body).toEqual({ requestId: answer.headers.get('elements-request-id'), message: expect.any(String) })
    }
    const objects = expectOk(await hub.call('GET', '/hubs/crm/objects', { token: made.token }))
    expect(objects.body).toContain('contacts')
    expectOk(await hub.call('GET', '/objects', { token: made.token }))
    expectOk(await hub.call('PUT', `/instances/${made.id}/enabled`))
    expect(await read(made.id)).toMatchObject({ disabled: false })
    expectOk(await callVendor(made.token))
  })

  test('twice is as good as once', async () => {
    const made = await makeLantern()
    for (const method of ['DELETE', 'DELETE', 'PUT', 'PUT'])
      expectOk(await hub.call(method, `/instances/${made.id}/enabled`))
  })

  test('by token', async () => {
    const made = await makeBase()
    expectOk(await hub.call('DELETE', '/instances/enabled', { token: made.token }))
    expect((await callVendor(made.token)).status).toBe(403)
    expectOk(await hub.call('PUT', '/instances/enabled', { token: made.token }))
    expectOk(await callVendor(made.token))
  })

  test('it still can be read, changed and removed', async () => {
    const made = await makeBase()
    await hub.call('DELETE', `/instances/${made.id}/enabled`)
    expectOk(await hub.call('PATCH', `/instances/${made.id}`, { body: { name: 'Off' } }))
    expect(await read(made.id)).toMatchObject({ name: 'Off', disabled: true })
    expectOk(await hub.call('DELETE', `/instances/${made.id}`))
  })
})

describe('configuration rows', () => {
  interface Row {
    id: number | string
    key: string
    propertyValue: string | null
    type: string
  }
  const rowsOf = async (id: number): Promise<Row[]> =>
    expectOk(await hub.call('GET', `/instances/${id}/configuration`)).body
  const rowOf = async (id: number, key: string): Promise<Row> => {
    const row = (await rowsOf(id)).find((one) => one.key === key)
    if (!row) throw new Error(`no row ${key}`)
    return row
  }

  test('each has the members of the sample', async () => {
    const made = await makeBase()
    const rows = await rowsOf(made.id)
    for (const row of rows) {
      expect(row).toMatchObject({
        id: expect.any(Number),
        key: expect.any(String),
        name: expect.any(String),
        description: expect.any(String),
        type: expect.any(String),
        required: expect.any(Boolean),
        hideFromConsole: expect.any(Boolean),
        active: expect.any(Boolean),
      })
      expect(row.propertyValue === null || typeof row.propertyValue === 'string', row.key).toBe(true)
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    expect(Object.fromEntries(rows.map(({ key, propertyValue }) => [key, propertyValue]))).toEqual(made.configuration)
  })

  test('secrets are masked in rows as well', async () => {
    const made = await makeBase()
    for (const key of ['oauth.api.key', 'oauth.api.secret', 'oauth.user.token', 'oauth.user.refresh_token'])
      expect((await rowOf(made.id, key)).propertyValue, key).toBe('********')
    const lantern = await makeLantern()
    for (const key of ['password', 'api.passphrase'])
      expect((await rowOf(lantern.id, key)).propertyValue, key).toBe('********')
    expect((await rowOf(lantern.id, 'username')).propertyValue).toBe('ada')
  })

  for (const [name, bodyOf] of [
    ['by its value only', (_row: Row) => ({ propertyValue: 'servus' })],
    ['by the whole row', (row: Row) => ({ ...row, propertyValue: 'servus' })],
  ] as const) {
    test(`a row is changed ${name}`, async () => {
      const made = await makeLantern()
      const row = await rowOf(made.id, 'greeting')
      expect(row.propertyValue).toBe('hello')
      const { body } = expectOk(
        await hub.call('PATCH', `/instances/${made.id}/configuration/${row.id}`, { body: bodyOf(row) }),
      )
      expect(body).toMatchObject({ key: 'greeting', propertyValue: 'servus' })
      expect((await hub.call('GET', `/instances/${made.id}/configuration/${body.id}`)).body).toEqual(body)
      expect((await read(made.id)).configuration.greeting).toBe('servus')
    })
  }

  test('booleans become text', async () => {
    const made = await makeLantern()
    const row = await rowOf(made.id, 'filter.response.nulls')
    const { body } = expectOk(
      await hub.call('PATCH', `/instances/${made.id}/configuration/${row.id}`, { body: { propertyValue: false } }),
    )
    expect(body.propertyValue).toBe('false')
  })

  test('the mask written back keeps the secret', async () => {
    const made = await makeBase()
    const row = await rowOf(made.id, 'oauth.api.secret')
    expectOk(await hub.call('PATCH', `/instances/${made.id}/configuration/${row.id}`, { body: row }))
    hub.hub.simulator?.expireTokens('base')
    expectOk(await callVendor(made.token)) // refreshed with the true secret
  })

  test('by token', async () => {
    const made = await makeLantern()
    const rows = expectOk(await hub.call('GET', '/instances/configuration', { token: made.token })).body as Row[]
    expect(rows).toEqual(await rowsOf(made.id))
    const row = rows.find(({ key }) => key === 'greeting')
    expect((await hub.call('GET', `/instances/configuration/${row?.id}`, { token: made.token })).body).toEqual(row)
    expectOk(
      await hub.call('PATCH', `/instances/configuration/${row?.id}`, {
        token: made.token,
        body: { propertyValue: 'moin' },
      }),
    )
    expect((await rowOf(made.id, 'greeting')).propertyValue).toBe('moin')
  })

  test('an unknown row: 404', async () => {
    const made = await makeLantern()
    for (const row of ['-1', '0', '999999999', 'abc', '99999999999999999999']) {
      expect((await hub.call('GET', `/instances/${made.id}/configuration/${row}`)).status, row).toBe(404)
      expect(
        (await hub.call('PATCH', `/instances/${made.id}/configuration/${row}`, { body: { propertyValue: 'x' } }))
          .status,
        row,
      ).toBe(404)
    }
  })
})

describe('credentials stay bound to their hosts', () => {
  const ELSEWHERE = 'https://api.collector.example'

  test('another host for base.url without the secrets: 400 that names each of them', async () => {
    const made = await makeBase()
    const { status, body } = await hub.call('PATCH', `/instances/${made.id}`, {
      body: { configuration: { 'base.url': `${ELSEWHERE}/v2` } },
    })
    expect(status).toBe(400)
    for (const key of ['oauth.api.key', 'oauth.api.secret', 'oauth.user.token', 'oauth.user.refresh_token'])
      expect(body.message).toContain(key)
    expect((await read(made.id)).configuration['base.url']).toBe('https://api.getbase.com/v2')
  })

  for (const key of [
    'oauth.token.url',
    'oauth.token.refresh_url',
    'oauth.token.revoke_url',
    'oauth.authorization.url',
  ]) {
    test(`another host for ${key} without the secrets: 400`, async () => {
      const made = await makeBase()
      const { status, body } = await hub.call('PATCH', `/instances/${made.id}`, {
        body: { configuration: { [key]: `${ELSEWHERE}/oauth2` } },
      })
      expect(status).toBe(400)
      expect(body.message).toContain('oauth.api.secret')
    })
  }

  test('the mask is not the secret', async () => {
    const made = await makeBase()
    const { status } = await hub.call('PUT', `/instances/${made.id}`, {
      body: { ...made, configuration: { ...made.configuration, 'base.url': ELSEWHERE } },
    })
    expect(status).toBe(400)
  })

  test('nor by the configuration row', async () => {
    const made = await makeBase()
    const rows = (await hub.call('GET', `/instances/${made.id}/configuration`)).body
    const row = rows.find(({ key }: { key: string }) => key === 'base.url')
    const { status } = await hub.call('PATCH', `/instances/${made.id}/configuration/${row.id}`, {
      body: { propertyValue: ELSEWHERE },
    })
    expect(status).toBe(400)
    expect((await read(made.id)).configuration['base.url']).toBe('https://api.getbase.com/v2')
  })

  test('nor by a variable that is part of the host', async () => {
    const made = await makeLantern()
    const { status, body } = await hub.call('PATCH', `/instances/${made.id}`, {
      body: { configuration: { site: 'us2' } },
    })
    expect(status).toBe(400)
    for (const key of ['password', 'api.passphrase']) expect(body.message).toContain(key)
    expect((await read(made.id)).configuration.site).toBe('eu1')
  })

  for (const site of [
    'collector.example/',
    'collector.example#',
    'x@collector.example?',
    'collector.example\\\\',
    'collector.example:443/',
  ]) {
    test(`nor by the variable "${site}" that would end the host early`, async () => {
      const made = await makeLantern()
      const { status } = await hub.call('PATCH', `/instances/${made.id}`, {
        body: { configuration: { site, password: 'new', 'api.passphrase': 'new' } },
      })
      expect(status).toBe(400)
      expect((await read(made.id)).configuration.site).toBe('eu1')
    })
  }

  test('with every secret sent again it is allowed', async () => {
    const made = await makeBase()
    const { body } = expectOk(
      await hub.call('PATCH', `/instances/${made.id}`, {
        body: {
          configuration: {
            'base.url': `${ELSEWHERE}/v2`,
            'oauth.api.key': 'k',
            'oauth.api.secret': 's',
            'oauth.user.token': 't',
            'oauth.user.refresh_token': 'r',
          },
        },
      }),
    )
    expect(body.configuration['base.url']).toBe(`${ELSEWHERE}/v2`)
    const lantern = await makeLantern()
    expectOk(
      await hub.call('PATCH', `/instances/${lantern.id}`, {
        body: { configuration: { site: 'us2', password: 'new', 'api.passphrase': 'new' } },
      }),
    )
  })

  test('another path on the same host needs nothing', async () => {
    const made = await makeBase()
    expectOk(
      await hub.call('PATCH', `/instances/${made.id}`, {
        body: { configuration: { 'base.url': 'https://api.getbase.com/v3' } },
      }),
    )
  })
})

describe('DELETE', () => {
  test('answers 200 without a body; the second time 404', async () => {
    const made = await makeBase()
    const first = await hub.call('DELETE', `/instances/${made.id}`)
    expect(first.status).toBe(200)
    expect(['', '{}']).toContain(first.text)
    expect((await hub.call('DELETE', `/instances/${made.id}`)).status).toBe(404)
    expect((await hub.call('GET', `/instances/${made.id}`)).status).toBe(404)
  })

  test('revokes the token at the vendor, and records it', async () => {
    const made = await makeBase()
    const before = hub.hub.simulator?.stats('base').revocations ?? 0
    expectOk(await hub.call('DELETE', `/instances/${made.id}`))
    expect(hub.hub.simulator?.stats('base').revocations).toBeGreaterThan(before)
    expect(hub.hub.simulator?.requests(1)[0]).toMatchObject({ method: 'POST', path: '/oauth2/revoke', status: 200 })
    expect(await recordedRevocations(made.id)).toMatch(/revoked|done|succeeded|ok/i)
  })

  test('goes on when the vendor fails to revoke, and records that', async () => {
    const made = await makeBase()
    hub.hub.simulator?.addFault({ element: 'base', match: { path: '/oauth2/revoke' }, fault: 'status:500', times: 20 })
    expectOk(await hub.call('DELETE', `/instances/${made.id}`))
    await fetch(`${hub.hub.url}/simulator/__simulator/faults`, { method: 'DELETE' })
    expect((await callVendor(made.token)).status).toBe(401)
    expect(await recordedRevocations(made.id)).toMatch(/fail|500|error/i)
  })

  test('the token is worth nothing from then on', async () => {
    const made = await makeBase()
    expectOk(await callVendor(made.token))
    expectOk(await hub.call('DELETE', `/instances/${made.id}`))
    for (const path of ['/hubs/crm/users/me', '/contacts', '/objects', '/ping']) {
      const { status, body } = await hub.call('GET', path, { token: made.token })
      expect(status, path).toBe(401)
      expect(body.message).toBe('Invalid Organization or User secret, or invalid Element token provided.')
    }
  })

  for (const [name, remove] of [
    ['by token', (made: Instance) => hub.call('DELETE', '/instances', { token: made.token })],
    ['below its element', (made: Instance) => hub.call('DELETE', `/elements/lantern/instances/${made.id}`)],
    [
      'with the body null and a content type',
      (made: Instance) => hub.call('DELETE', `/instances/${made.id}`, { body: null }),
    ],
    [
      'with a content type and no body',
      (made: Instance) =>
        hub.call('DELETE', `/instances/${made.id}`, { headers: { 'content-type': 'application/json' } }),
    ],
    ['with a trailing slash', (made: Instance) => hub.call('DELETE', `/instances/${made.id}/`)],
    [
      'with a token of another instance in the header',
      async (made: Instance) => hub.call('DELETE', `/instances/${made.id}`, { token: (await makeLantern()).token }),
    ],
  ] as const) {
    test(name, async () => {
      const made = await makeLantern()
      expectOk(await remove(made))
      expect((await hub.call('GET', `/instances/${made.id}`)).status).toBe(404)
    })
  }

  test('under another element it is not found', async () => {
    const made = await makeLantern()
    expect((await hub.call('DELETE', `/elements/base/instances/${made.id}`)).status).toBe(404)
    expect((await hub.call('GET', `/instances/${made.id}`)).status).toBe(200)
  })

  /** What the database remembers of an instance that is gone, whichever column says so. */
  async function recordedRevocations(instanceId: number): Promise<string> {
    type Tables = { instances: { id: number } }
    const rows = await hub.hub.store.db
      .withTables<Tables>()
      .selectFrom('instances')
      .selectAll()
      .where('id', '=', instanceId)
      .execute()
    return JSON.stringify(rows)
  }
})

describe('nobody else’s instances', () => {
  let mine: Instance
  let stranger: Person
  let colleague: Person

  beforeAll(async () => {
    mine = await makeBase({ name: 'Mine alone' })
    stranger = await addOrganization(hub.hub.store, 'Strangers')
    colleague = await addPerson(hub.hub.store, {
      organizationId: hub.hub.seeded.created ? hub.hub.seeded.organizationId : 0,
      organizationSecret: organizationSecretOf(hub.authorization),
      name: 'Colleague',
    })
  })

  for (const who of ['another organization', 'another account'] as const) {
    const person = () => (who === 'another organization' ? stranger : colleague)

    for (const [method, path] of [
      ['GET', ''],
      ['PUT', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['PUT', '/enabled'],
      ['DELETE', '/enabled'],
      ['GET', '/configuration'],
      ['GET', '/configuration/1'],
      ['PATCH', '/configuration/1'],
    ] as const) {
      test(`${method} /instances/{id}${path} by ${who} shows and changes nothing`, async () => {
        const answer = await hub.call(method, `/instances/${mine.id}${path}`, {
          authorization: person().authorization,
          ...(path !== '/enabled' && method.startsWith('P') ? { body: { name: 'taken', propertyValue: 'x' } } : {}),
        })
        expect([403, 404]).toContain(answer.status)
        expect(Object.keys(answer.body).sort()).toEqual(['message', 'requestId'])
        expect(answer.text).not.toContain('Mine alone')
        expect(await read(mine.id)).toMatchObject({ name: 'Mine alone', disabled: false })
      })
    }

    test(`the list of ${who} does not have it`, async () => {
      for (const path of [
        '/instances',
        '/instances?searchText=Mine',
        '/elements/base/instances',
        `/elements/201/instances`,
      ]) {
        const { status, text } = await hub.call('GET', path, { authorization: person().authorization })
        expect(status, path).toBe(404)
        expect(text).not.toContain(mine.token)
      }
      const { body } = await hub.call('GET', '/instances/count', { authorization: person().authorization })
      expect(body.totalInstances).toBe(0)
    })

    test(`its token is no credential for ${who}`, async () => {
      for (const authorization of [
        `${person().authorization}, Element ${mine.token}`,
        `${person().userOnly}, Element ${mine.token}`,
        `Element ${mine.token}, ${person().authorization}`,
      ]) {
        for (const [method, path] of [
          ['GET', '/hubs/crm/contacts'],
          ['GET', '/contacts'],
          ['GET', '/objects'],
          ['GET', '/instances/configuration'],
          ['PATCH', '/instances'],
          ['DELETE', '/instances'],
        ] as const) {
          const answer = await hub.call(method, path, {
            authorization,
            ...(method === 'PATCH' ? { body: { name: 'taken' } } : {}),
          })
          expect([401, 403, 404], `${method} ${path}`).toContain(answer.status)
          expect(Object.keys(answer.body).sort()).toEqual(['message', 'requestId'])
        }
      }
      expect(await read(mine.id)).toMatchObject({ name: 'Mine alone' })
    })
  }

  test('a user secret with the organization secret of another: 401', async () => {
    const mixed = `${stranger.userOnly}, Organization ${organizationSecretOf(hub.authorization)}`
    for (const path of ['/instances', `/instances/${mine.id}`]) {
      const { status, body } = await hub.call('GET', path, { authorization: mixed })
      expect(status).toBe(401)
      expect(body.message).toBe('Invalid Organization or User secret, or invalid Element token provided.')
    }
  })

  test('a page token of another account: 400', async () => {
    await makeLantern()
    const token = (await hub.call('GET', '/instances?pageSize=1')).headers.get('elements-next-page-token') ?? ''
    const { status } = await hub.call('GET', `/instances?pageSize=1&nextPage=${encodeURIComponent(token)}`, {
      authorization: stranger.authorization,
    })
    expect([400, 404]).toContain(status)
  })

  test('another organization can make its own', async () => {
    const answer = await hub.call('POST', '/instances', {
      authorization: stranger.authorization,
      body: { name: 'Theirs', element: { key: 'lantern' }, configuration: CONFIGURATION },
    })
    expectOk(answer)
    expect(answer.body.user.emailAddress).toBe('strangers@example.com')
    expect((await hub.call('GET', `/instances/${answer.body.id}`)).status).toBeGreaterThanOrEqual(403)
    expect((await hub.call('GET', '/instances', { authorization: stranger.authorization })).body).toHaveLength(1)
  })
})
