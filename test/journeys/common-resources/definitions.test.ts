import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import type { Ask } from '../../support/people.ts'
import { type Cast, meetCast } from './levels-cast.ts'

/** Object definitions by the classic endpoints (spec 20 §3), in all five forms of path. */
let cast: Cast
let owner: Ask
beforeAll(async () => {
  cast = await meetCast()
  owner = cast.owner
})
afterAll(() => cast.close())

let made = 0
const name = () => `my-partner-${++made}`
const FIELDS = [
  { type: 'string', path: 'code', displayName: '' },
  { type: 'number', path: 'terms.days' },
  { path: 'sites[*].city' },
]
const NOTHING = /^No (.*) found$/
const pathsOf = (body: { fields: { path: string }[] }) => body.fields.map(({ path }) => path)

/** `{L}` and its level; the token form sends the instance's token. */
const FORMS: readonly [form: string, prefix: () => string, level: string, token?: () => string][] = [
  ['organizations', () => '/organizations', 'organization'],
  ['accounts', () => '/accounts', 'account'],
  ['accounts/{id}', () => `/accounts/${cast.organization.defaultAccount.id}`, 'account'],
  ['instances/{id}', () => `/instances/${cast.instance.id}`, 'instance'],
  ['instances by token', () => '/instances', 'instance', () => cast.instance.token],
]

for (const [form, prefix, level, token] of FORMS) {
  describe(form, () => {
    const ask = (method: string, path: string, body?: unknown) => {
      const { authorization } = cast.organization.admin
      const header = token ? `${authorization}, Element ${token()}` : authorization
      return cast.hub.call(method, prefix() + path, { authorization: header, body })
    }

    test('define, read, replace, rename, delete', async () => {
      const [one, other] = [name(), name()]
      const url = `/objects/${one}/definitions`
      expect(expectError(await ask('GET', url), 404).body.message).toMatch(NOTHING)
      expect(expectError(await ask('PUT', url, { fields: FIELDS }), 404).body.message).toMatch(NOTHING)

      const body = { objectName: 'ignored', name: 'ignored', level: 'system', id: 1, fields: FIELDS }
      const created = expectOk(await ask('POST', url, body)).body
      expect(created).toMatchObject({ objectName: one, level, fields: [FIELDS[0], FIELDS[1], { type: 'string' }] })
      expect(expectOk(await ask('GET', url)).body).toEqual(created)
      expectError(await ask('POST', url, { fields: [] }), 409)

      const next = [
        { path: 'new', type: 'int' },
        { path: 'code', type: 'string' },
      ]
      const replaced = expectOk(await ask('PUT', url, { fields: next })).body
      expect(pathsOf(replaced)).toEqual(['new', 'code'])
      expect(replaced.fields[1].id).toBe(created.fields[0].id)
      expect([replaced.id, replaced.objectName]).toEqual([created.id, one])
      expect(pathsOf(expectOk(await ask('PUT', url, {})).body)).toEqual(['new', 'code'])

      const library = expectOk(await ask('GET', '/objects/definitions')).body
      expect(library[one]).toEqual(replaced)
      expect(library.level).toBe(undefined)

      const renamed = expectOk(await ask('PATCH', `/objects/${one}`, { objectName: other })).body
      expect(renamed).toEqual({ ...replaced, objectName: other })
      expect(expectError(await ask('GET', url), 404).body.message).toMatch(NOTHING)
      expect(expectError(await ask('PATCH', `/objects/${one}`, { objectName: 'x' }), 404).body.message).toMatch(NOTHING)

      const gone = expectOk(await ask('DELETE', `/objects/${other}/definitions`))
      expect(gone.text).toBe('')
      expect(expectError(await ask('DELETE', `/objects/${other}/definitions`), 404).body.message).toMatch(NOTHING)
    })
  })
}

describe('levels', () => {
  test('the same name at other levels is fine, and each level answers its own fields only', async () => {
    const one = name()
    const at = [
      ['/organizations', 'o'],
      ['/accounts', 'a'],
      [`/accounts/${cast.second.id}`, 'a2'],
      [`/instances/${cast.instance.id}`, 'i'],
    ]
    for (const [prefix, path] of at) {
      expectOk(await owner('POST', `${prefix}/objects/${one}/definitions`, { fields: [{ path }] }))
    }
    for (const [prefix, path] of at) {
      expect(pathsOf(expectOk(await owner('GET', `${prefix}/objects/${one}/definitions`)).body)).toEqual([path])
    }
    const own = expectOk(await cast.clerk('GET', `/accounts/objects/${one}/definitions`)).body
    expect(pathsOf(own)).toEqual(['a2'])

    // a rename at one level splits the resource
    const [split, renamed] = [name(), { objectName: '' }]
    renamed.objectName = split
    expectOk(await owner('PATCH', `/accounts/objects/${one}`, renamed))
    expectError(await owner('GET', `/accounts/objects/${one}/definitions`), 404)
    expect(pathsOf(expectOk(await owner('GET', `/organizations/objects/${one}/definitions`)).body)).toEqual(['o'])
    expect(pathsOf(expectOk(await cast.clerk('GET', `/accounts/objects/${one}/definitions`)).body)).toEqual(['a2'])
    expectError(await owner('PATCH', `/organizations/objects/${one}`, { objectName: '' }), 400)
    expectOk(await owner('POST', `/organizations/objects/${split}/definitions`, { fields: [] }))
    expectError(await owner('PATCH', `/organizations/objects/${one}`, renamed), 409)
  })

  test('who writes which', async () => {
    const { user, admin, clerk, foreigner, second, instance, secondInstance } = cast
    const own = cast.organization.defaultAccount.id
    const table: [string, Ask, Record<string, number>][] = [
      ['user', user, { organizations: 403, accounts: 403, [`instances/${instance.id}`]: 200 }],
      ['account admin', admin, { organizations: 403, accounts: 200, [`accounts/${second.id}`]: 200 }],
      ['account admin elsewhere', admin, { [`accounts/${own}`]: 403, [`instances/${instance.id}`]: 403 }],
      ['clerk', clerk, { accounts: 403, [`instances/${secondInstance.id}`]: 200 }],
      ['org-admin', owner, { organizations: 200, [`accounts/${second.id}`]: 200, 'accounts/999999': 404 }],
      ['org-admin at a foreign instance', owner, { [`instances/${secondInstance.id}`]: 403, 'instances/-1': 404 }],
      ['foreigner', foreigner, { [`accounts/${own}`]: 403, [`instances/${instance.id}`]: 403 }],
    ]
    for (const [who, ask, rights] of table) {
      for (const [form, status] of Object.entries(rights)) {
        const answer = await ask('POST', `/${form}/objects/${name()}/definitions`, { fields: FIELDS })
        expect(answer.status, `${who} at ${form}: ${answer.text}`).toBe(status)
      }
    }
  })

  test('everybody reads what applies to him', async () => {
    const one = name()
    expectOk(await owner('POST', `/organizations/objects/${one}/definitions`, { fields: FIELDS }))
    expectOk(await cast.clerk('GET', `/organizations/objects/${one}/definitions`))
    expectError(await cast.foreigner('GET', `/organizations/objects/${one}/definitions`), 404)
    expectError(await cast.clerk('GET', `/accounts/${cast.organization.defaultAccount.id}/objects/definitions`), 403)
    expectError(await cast.clerk('GET', `/instances/${cast.instance.id}/objects/definitions`), 403)
    const token = cast.secondInstance.token
    expectError(await owner('GET', '/instances/objects/definitions', undefined, { token }), 401)
  })
})

describe('dictionaries', () => {
  test('many at once, all or none; what is no definition is skipped', async () => {
    const [one, other, third] = [name(), name(), name()]
    const library = { level: 'organization', [one]: { fields: FIELDS }, [other]: {} }
    const { foreigner } = cast
    expect(expectError(await foreigner('GET', '/organizations/objects/definitions'), 404).body.message).toBe(
      'No object definitions found',
    )
    const made = expectOk(await foreigner('POST', '/organizations/objects/definitions', library)).body
    expect(Object.keys(made).toSorted()).toEqual([one, other].toSorted())
    expect(made[other]).toMatchObject({ objectName: other, level: 'organization', fields: [] })
    const listed = expectOk(await foreigner('GET', '/organizations/objects/definitions')).body
    expect(listed).toEqual(made)
    const names = Object.keys(listed)
    expect(names.length).toBeGreaterThan(1)
    expect(names).toEqual(names.toSorted())
    const both = { [third]: { fields: [] }, [one]: { fields: [] } }
    expectError(await foreigner('POST', '/organizations/objects/definitions', both), 409)
    expectError(await foreigner('GET', `/organizations/objects/${third}/definitions`), 404)
    for (const odd of [{}, { level: 'x' }, []]) {
      expectError(await foreigner('POST', '/organizations/objects/definitions', odd), 400)
    }

    const transformation = `/organizations/elements/base/transformations/${one}`
    expectOk(await foreigner('POST', transformation, { vendorName: 'contacts' }))
    expectError(await foreigner('DELETE', '/organizations/objects/definitions'), 409)
    expectError(await foreigner('DELETE', `/organizations/objects/${one}/definitions`), 409)
    expectOk(await foreigner('DELETE', '/organizations/elements/base/transformations'))
    expectOk(await foreigner('DELETE', '/organizations/objects/definitions'))
    expect(expectError(await foreigner('DELETE', '/organizations/objects/definitions'), 404).body.message).toMatch(
      NOTHING,
    )
  })

  test('an instance has none to be made or deleted as a whole', async () => {
    expectError(await owner('POST', `/instances/${cast.instance.id}/objects/definitions`, {}), 405)
    expectError(await owner('DELETE', `/instances/${cast.instance.id}/objects/definitions`), 405)
  })
})

describe('templates of the platform', () => {
  let one: string
  let id: number
  beforeEach(async () => {
    one = name()
    const fields = [{ path: 'code', type: 'string', level: 'system' }]
    id = expectOk(await cast.hub.call('POST', '/vdrs?systemOnly=true', { body: { objectName: one, fields } })).body.id
  })
  const templates = async (ask: Ask) =>
    expectOk(await ask('GET', '/organizations/objects/definitions?systemOnly=true')).body

  test('everybody reads them; they are no definitions of the organization', async () => {
    for (const ask of [owner, cast.clerk, cast.foreigner]) {
      expect((await templates(ask))[one]).toMatchObject({ id, objectName: one, level: 'system', associatedId: 0 })
      expectError(await ask('GET', `/organizations/objects/${one}/definitions`), 404)
    }
  })

  test('an organization adds fields of its own, which nobody else sees', async () => {
    const own = expectOk(
      await owner('POST', `/organizations/objects/${one}/definitions`, { fields: [{ path: 'own' }] }),
    )
    expect(own.body).toMatchObject({ id, level: 'organization', fields: [{ path: 'own' }] })
    const seen = async (ask: Ask) => pathsOf(expectOk(await ask('GET', `/common-resources/${one}`)).body)
    expect(await seen(owner)).toEqual(['code', 'own'])
    expect(await seen(cast.foreigner)).toEqual(['code'])
    expectOk(await owner('POST', `/organizations/elements/base/transformations/${one}`, { vendorName: 'contacts' }))
    expectError(await cast.foreigner('GET', `/organizations/elements/base/transformations/${one}`), 404)
    expectError(await owner('DELETE', `/common-resources/${one}`), 409)
    expectOk(await owner('DELETE', `/common-resources/${one}?force=true`))
    expect(await seen(owner)).toEqual(['code'])
  })

  test('a rename is of what the organization added', async () => {
    const added = { name: one, fields: [{ path: 'own', associatedLevel: 'organization' }] }
    expectOk(await owner('PUT', '/common-resources', added))
    const renamed = expectOk(await owner('PATCH', `/common-resources/${one}`, { name: `${one}-own` })).body
    expect(pathsOf(renamed)).toEqual(['own'])
    expect(pathsOf((await templates(owner))[one])).toEqual(['code'])
    expectError(await owner('PATCH', `/common-resources/${one}`, { name: 'x' }), 403)
    expectError(await owner('DELETE', `/common-resources/${one}`), 403)
    const changed = { name: one, fields: [{ path: 'other', associatedLevel: 'system' }] }
    expectError(await owner('PUT', '/common-resources', changed), 403)
    expectOk(await cast.hub.call('DELETE', `/common-resources/${one}`))
    expect((await templates(owner))[one]).toBe(undefined)
  })

  test('deleted by the word that lists them, they are meant and nothing of the organization', async () => {
    const at = '/organizations/objects/definitions'
    expectOk(await owner('POST', `/organizations/objects/${one}/definitions`, { fields: [{ path: 'own' }] }))
    expectError(await owner('DELETE', `${at}?systemOnly=true`), 403)
    expectOk(await cast.hub.call('DELETE', `${at}?systemOnly=true`))
    expect(pathsOf(expectOk(await owner('GET', `/organizations/objects/${one}/definitions`)).body)).toEqual(['own'])
    expectError(await owner('GET', `${at}?systemOnly=true`), 404)
  })
})

describe('what is refused', () => {
  for (const [what, body] of [
    ['fields that are no list', { fields: {} }],
    ['a field that is no object', { fields: ['code'] }],
    ['a field without path', { fields: [{ type: 'string' }] }],
    ['a path that is no text', { fields: [{ path: 7 }] }],
    ['a path without end', { fields: [{ path: 'x'.repeat(501) }] }],
    ['more fields than anybody has', { fields: Array.from({ length: 1_001 }, (_, n) => ({ path: `f${n}` })) }],
    ['no object', []],
  ] as const) {
    test(what, async () => {
      expectError(await owner('POST', `/organizations/objects/${name()}/definitions`, body), 400)
    })
  }
  test('names that no path can hold', async () => {
    for (const bad of ['a%2Fb', 'a%3Fb', '%20', 'a%0Ab', 'x'.repeat(201)]) {
      expectError(await owner('POST', `/organizations/objects/${bad}/definitions`, { fields: [] }), 400)
    }
  })
  test('of two fields with one path the later counts; unknown members are kept', async () => {
    const fields = [
      { path: 'a', type: 'string' },
      { path: 'a', type: 'int', required: true, vdrFieldId: 9 },
    ]
    const { body } = expectOk(await owner('POST', `/organizations/objects/${name()}/definitions`, { fields }))
    expect(body.fields).toMatchObject([{ path: 'a', type: 'int', required: true, level: 'organization' }])
    expect(body.fields[0].vdrFieldId).toBe(undefined)
  })
})

test('the singular of an old document means the plural (spec 20 §3)', async () => {
  const one = name()
  expectOk(await owner('POST', '/organizations/objects/definition', { [one]: { fields: FIELDS } }))
  expect(pathsOf(expectOk(await owner('GET', `/organizations/objects/${one}/definitions`)).body)).toContain('code')
})
