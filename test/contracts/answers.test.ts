import Type, { type TSchema } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_PREFIX } from '../../src/http/dispatch.ts'
import { declaredRoutes } from '../../src/http/list-routes.ts'
import { differencesFrom } from '../support/described-answer.ts'
import { bodyOf, everyRoute, inOrder, pathOf } from '../support/every-route/cases.ts'
import { makePersonas, type Somebody } from '../support/every-route/personas.ts'
import { makeRows, type Rows } from '../support/every-route/rows.ts'
import { ADMIN, startTestHub, type TestHub } from '../support/hub.ts'

/** What routes answer is what they say of themselves in GET /openapi.json: each is called with success by the owner of a row. */
const routes = inOrder(await everyRoute())
const schemas = new Map((await declaredRoutes()).map(({ method, url, schema }) => [`${method} ${url}`, schema]))
let hub: TestHub
let owner: Somebody
let rows: Rows

beforeAll(async () => {
  hub = await startTestHub()
  const personas = await makePersonas(hub)
  owner = personas.owner
  rows = await makeRows(hub, { ...owner, needle: 'row', label: 'a', secondAccount: personas.second.accountId })
})
afterAll(() => hub.close())

const schemaOf = ({ method, url }: { method: string; url: string }) => schemas.get(`${method} ${url}`)

/** What a case of a route shows nothing of: shipped elements, answers with more or less in them, a sign-in that succeeds. */
const OTHER_FORMS: readonly [method: string, url: string, path: string, body?: object][] = [
  ['POST', '/authentication', '/authentication', { username: ADMIN.email, password: ADMIN.password }],
  ['GET', '/elements', '/elements?abridged=true'],
  ['GET', '/elements/:keyOrId', '/elements/base'],
  ['GET', '/elements/:keyOrId/export', '/elements/base/export'],
  ['GET', '/elements/:keyOrId/metadata', '/elements/base/metadata?expand=true'],
  [
    'GET',
    '/elements/:keyOrId/authentication-types/:type/configurations',
    '/elements/base/authentication-types/oauth2/configurations',
  ],
  ['GET', '/elements/:keyOrId/resources', '/elements/base/resources'],
  ['GET', '/hubs', '/hubs?hydrate=true'],
  ['GET', '/hubs/:key/elements', '/hubs/crm/elements?abridged=true'],
  ['GET', '/instances', '/instances?hydrate=false'],
]

describe('an answer in another form is as it is described', () => {
  test.each(OTHER_FORMS)('%s %s: %s', async (method, url, path, body) => {
    const given = body ? { body, authorization: null } : { authorization: owner.authorization }
    const answer = await hub.call(method, path, given)
    expect(answer.status, answer.text).toBe(200)
    expectAsDescribed(schemaOf({ method, url: API_PREFIX + url })?.response, answer)
  })
})

describe('an answer is as it is described', () => {
  test.each(routes.map((route) => [route.name, route] as const))('%s', async (_name, route) => {
    const token = route.case.element ? `, Element ${rows['token']}` : ''
    const body = bodyOf(route, rows)
    const answer = await hub.call(route.method, pathOf(route, rows), {
      authorization: owner.authorization + token,
      ...(body === undefined ? {} : { body }),
    })
    expect(answer.status, answer.text).toBe(route.case.status ?? 200)
    if (answer.status === 200) expectAsDescribed(schemaOf(route)?.response, answer)
    if (route.case.endsCaller) owner.authorization = `${owner.userOnly}, Organization ${answer.body.secret}`
  })
})

/** What a vendor answers may also be nothing. */
const isAnything = (schema: TSchema) => Object.keys(schema).every((keyword) => keyword === 'description')

function expectAsDescribed(response: unknown, { headers, text, body }: Awaited<ReturnType<TestHub['call']>>): void {
  const said = (response as Record<string, TSchema & { content?: object; type?: string }>)['200']
  if (said === undefined) throw new Error('200 is not described')
  const type = headers.get('content-type')?.split(';', 1)[0] ?? ''
  if (said.type === 'null') expect(text, 'an empty body').toBe('')
  else if (said.content) expect(Object.keys(said.content)).toContain(type)
  else if (text !== '' || !isAnything(said)) {
    expect(type).toBe('application/json')
    expect(differencesFrom(said, body)).toEqual([])
  }
}

describe('the comparison finds', () => {
  const Thing = Type.Object({ id: Type.Integer(), name: Type.Optional(Type.String()) })
  test.each([
    ['nothing in what is as described', Thing, { id: 1, name: 'x' }, []],
    ['a member that is missing', Thing, { name: 'x' }, ['/: must have required properties id']],
    ['a value of another type', Type.Array(Thing), [{ id: 'x' }], ['/0/id: must be integer']],
    [
      'a member that nobody described',
      Type.Object({ one: Thing }),
      { one: { id: 1, more: 2 } },
      ['/one/more: is not described'],
    ],
    ['one in an item of a list', Type.Array(Thing), [{ id: 1 }, { id: 2, x: 1 }], ['/1/x: is not described']],
    [
      'one in whichever form fits best',
      Type.Union([Thing, Type.Object({ id: Type.Integer(), x: Type.Integer() })]),
      { id: 1, x: 1 },
      [],
    ],
    ['one in a table', Type.Record(Type.String(), Thing), { a: { id: 1, x: 1 } }, ['/a/x: is not described']],
    ['none in what says that it has more', Type.Object({}, { additionalProperties: true }), { x: 1 }, []],
    [
      'one that none of several parts has',
      Type.Intersect([Thing, Type.Object({ a: Type.Integer() })]),
      { id: 1, a: 1, b: 1 },
      ['/b: is not described'],
    ],
  ] as [string, TSchema, unknown, string[]][])('%s', (_fact, schema, answer, expected) => {
    expect(differencesFrom(schema, answer)).toEqual(expected)
  })
})
