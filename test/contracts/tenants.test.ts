import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collidesWithResources } from '../../src/http/dispatch.ts'
import { type AnyRow, allRows, without } from '../support/every-route/all-rows.ts'
import { bodyOf, everyRoute, inOrder, type KnownRoute, pathOf } from '../support/every-route/cases.ts'
import {
  makeForeigner,
  makePersonas,
  makeSecond,
  type Personas,
  type Somebody,
} from '../support/every-route/personas.ts'
import { makeRows, type Rows, SECRET_ROWS } from '../support/every-route/rows.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'

/**
 * The walls between tenants: everybody who is not the owner calls every registered route with the owner's ids, keys and tokens. Nobody gets
 * a row, nobody changes one. Then the owner calls the same with success, which shows that the calls named what is there.
 */
const routes = await everyRoute()
let hub: TestHub
let personas: Personas
let rows: Rows
/** what the owner's rows are told by: their texts all begin so */
const NEEDLE = 'ndl-a'
let before: AnyRow[]
/** everybody who called and is not the owner */
const callers: Somebody[] = []
const walked: Record<string, number> = {}

beforeAll(async () => {
  hub = await startTestHub()
  personas = await makePersonas(hub)
  const { owner, second, foreigner, nobody } = personas
  callers.push(second, foreigner, nobody)
  rows = await makeRows(hub, { ...owner, needle: NEEDLE, label: 'a', secondAccount: second.accountId })
  await makeRows(hub, { ...foreigner, needle: 'ndl-b', label: 'b', secondAccount: foreigner.accountId })
  before = await allRows(hub.hub.store)
})
afterAll(async () => {
  console.log(`${routes.length} routes, calls by caller: ${JSON.stringify(walked)}`)
  await hub.close()
})

type Caller =
  | 'stranger'
  | 'foreigner'
  | 'second'
  | 'nobody'
  | 'mixed secrets'
  | 'token of another'
  | 'token of a neighbour'
  | 'token and no organization'

/** whom platform calls know as nobody */
const UNKNOWN: readonly Caller[] = ['stranger', 'mixed secrets', 'token and no organization']

async function callAs(caller: Caller, route: KnownRoute): Promise<Answer> {
  walked[caller] = (walked[caller] ?? 0) + 1
  const answer = await call(route, authorizationOf(caller))
  if (route.case.endsCaller) await renew(caller)
  return answer
}

function call(route: KnownRoute, authorization: string | null): Promise<Answer> {
  const body = bodyOf(route, rows)
  const path = pathOf(route, rows)
  return hub.call(route.method, path, { authorization, ...(body === undefined ? {} : { body }) })
}

function authorizationOf(caller: Caller): string | null {
  const { owner, foreigner, second, nobody } = personas
  switch (caller) {
    case 'stranger':
      return null
    case 'foreigner':
      return foreigner.authorization
    case 'second':
      return second.authorization
    case 'nobody':
      return nobody.authorization
    case 'mixed secrets':
      return `${owner.userOnly}, Organization ${/Organization (\S+)/.exec(foreigner.authorization)?.[1]}`
    case 'token of another':
      return `${foreigner.authorization}, Element ${rows['token']}`
    case 'token of a neighbour':
      return `${second.authorization}, Element ${rows['token']}`
    case 'token and no organization':
      return `${foreigner.userOnly}, Element ${rows['token']}`
  }
}

/** Whoever changed his password or secret is somebody else from now on. */
async function renew(caller: Caller): Promise<void> {
  if (caller === 'foreigner' || caller === 'token of another') personas.foreigner = known(await makeForeigner(hub))
  if (caller === 'second' || caller === 'token of a neighbour')
    personas.second = known(await makeSecond(hub, personas.owner))
}

/** The new secret of his organization. */
function renewOwner(secret: string): void {
  const { owner } = personas
  personas.owner = { ...owner, authorization: `${owner.userOnly}, Organization ${secret}` }
}

function known(somebody: Somebody): Somebody {
  callers.push(somebody)
  return somebody
}

/** What somebody may be answered who is not the owner. */
function allowed(
  caller: Caller,
  { tenant, url, case: { about, element, status = 200 } }: KnownRoute,
): number[] | 'anything' {
  const isUnknown = UNKNOWN.includes(caller)
  if (tenant === 'public') return 'anything'
  // a path that an element may have too is looked for among the resources of the token first
  const needsToken = caller.startsWith('token') && collidesWithResources(url)
  if (tenant === 'catalog' && about === 'anyone')
    return needsToken || (isUnknown && caller !== 'stranger') ? [401] : [200]
  if (tenant === 'catalog' && caller === 'stranger') return [401, 404]
  if (isUnknown || (element && caller.startsWith('token'))) return [401]
  if (about === 'row') return [401, 403, 404]
  // who is administrator elsewhere gets the same of his own: the call was a good one
  return caller === 'foreigner' ? [tenant === 'server' ? 403 : status] : 'anything'
}

function expectNothingOf(answer: Answer, caller: Caller): void {
  const shown = JSON.stringify([...answer.headers]) + answer.text
  const isOfOrganization = caller === 'second' || caller === 'token of a neighbour'
  const organizationSecret = isOfOrganization ? ['organizationSecret'] : []
  for (const name of SECRET_ROWS.filter((one) => !organizationSecret.includes(one))) {
    expect(shown.includes(rows[name] ?? ''), `the answer holds ${name}`).toBe(false)
  }
  expect(shown).not.toContain(NEEDLE)
  expect(answer.status, answer.text).toBeLessThan(500)
}

const CALLERS: readonly [Caller, string][] = [
  ['stranger', 'without credentials'],
  ['foreigner', 'as administrator of another organization'],
  ['second', 'as administrator of another account'],
  ['mixed secrets', "with the owner's user secret and the organization secret of another"],
  ['token of another', "as administrator of another organization, with the owner's Element token"],
  ['token of a neighbour', "as administrator of another account, with the owner's Element token"],
  ['token and no organization', "with the user secret of another organization and the owner's Element token"],
]

const SHIPPED = [
  '/elements/base',
  '/elements/base/resources',
  '/elements/base/configuration',
  '/elements/base/export',
  '/elements/base/metadata?expand=true',
  '/hubs/crm/elements',
  "/elements?where=key='base'",
]

describe.each(CALLERS)('%s', (caller, how) => {
  test.each(inOrder(routes).map((route) => [route.name, route] as const))(`${how}: %s`, async (_name, route) => {
    const answer = await callAs(caller, route)
    expectNothingOf(answer, caller)
    const expected = allowed(caller, route)
    if (expected !== 'anything') expect(expected, answer.text).toContain(answer.status)
  })

  test.each(SHIPPED)(`${how}, what the owner added to a shipped element does not show: %s`, async (path) => {
    const answer = await hub.call('GET', path, { authorization: authorizationOf(caller) })
    expectNothingOf(answer, caller)
  })

  test(`${how}: nobody was locked out meanwhile`, async () => {
    const { status } = await hub.call('GET', '/authentication/secrets', { authorization: authorizationOf(caller) })
    expect(status).toBe(UNKNOWN.includes(caller) ? 401 : 200)
  })
})

describe('a user of the account without any privilege', () => {
  const guarded = routes.filter(({ roles, privileges }) => roles.length + privileges.length > 0)
  test.each(inOrder(guarded).map((route) => [route.name, route] as const))('%s', async (_name, route) => {
    const answer = await callAs('nobody', route)
    expectNothingOf(answer, 'nobody')
    expect(answer.status, answer.text).toBe(403)
  })
})

describe('afterwards', () => {
  test('every row is as it was, but for the own ones of whoever called', async () => {
    const after = await allRows(hub.hub.store)
    expect(
      without(before, after)
        .filter((one) => !isOfCallers(one))
        .map(shown),
    ).toEqual([])
    expect(
      without(after, before)
        .filter((one) => !isOfCallers(one) && isOfOwner(one) && !comesLate(one) && !isAttempt(one))
        .map(shown),
    ).toEqual([])
  })

  test.each(inOrder(routes).map((route) => [route.name, route] as const))(
    'its owner is answered: %s',
    async (_name, route) => {
      const token = route.case.element ? `, Element ${rows['token']}` : ''
      const { status, text, body } = await call(route, personas.owner.authorization + token)
      expect(status, text).toBe(route.case.status ?? 200)
      if (route.case.endsCaller) renewOwner(body.secret)
    },
  )
})

function shown({ table, text }: AnyRow): string {
  return `${table} ${text.slice(0, 300)}`
}

function isOfCallers({ table, row }: AnyRow): boolean {
  // the hub's own work goes on meanwhile
  if (table === 'schedules' && row['kind'] === 'hub') return true
  if (table === 'transformations') {
    const resource = before.find((one) => one.table === 'common_resources' && one.row['id'] === row['resource_id'])
    return resource !== undefined && isOfCallers(resource)
  }
  const id = (name: string) => (table === name ? row['id'] : undefined)
  return callers.some(({ organizationId, accountId, userId }) => {
    if (row['user_id'] === userId || (row['entity_type'] === 'user' && row['entity_id'] === userId)) return true
    if (accountId === personas.owner.accountId) return false
    const account = row['account_id'] ?? id('accounts')
    if (account !== undefined) return account === accountId
    return (
      organizationId !== personas.owner.organizationId &&
      (row['organization_id'] ?? id('organizations')) === organizationId
    )
  })
}

/** What the owner himself called at the beginning may be in the usage log a moment later. */
function comesLate({ table }: AnyRow): boolean {
  return table.startsWith('usage_records')
}

/** Whose password somebody guesses at is told so. */
function isAttempt({ table, row }: AnyRow): boolean {
  return table.startsWith('audit_logs') && row['action'] === 'signInFailed'
}

function isOfOwner({ row }: AnyRow): boolean {
  return row['organization_id'] === personas.owner.organizationId || row['account_id'] === personas.owner.accountId
}
