import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { CALLBACK, startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People, type Person } from '../../support/people.ts'

/**
 * Which level answers a call (spec 20 §1.1): each case says what the levels hold, and what one contact of a Base CRM account looks like
 * through them. The field `who` is mapped by every level to a vendor field of its own, so the answer tells whose mapping it was.
 */
const CONTACT = {
  first_name: 'organization',
  last_name: 'account',
  title: 'instance',
  phone: 'element',
  email: 'ada@example.com',
  industry: 'computing',
  website: 'ada.example',
  mobile: '+44',
}
const WHO = { organization: 'first_name', account: 'last_name', instance: 'title', element: 'phone' }
/** a field that only this level maps */
const OWN = { organization: 'email', account: 'industry', instance: 'website', element: 'mobile' }

type Place = keyof typeof WHO
/** `one` and `two` are instances of the main account, `branch` one of another account; `copy` is one of an element with defaults. */
type Where = 'one' | 'two' | 'branch' | 'copy'

interface Said {
  /** maps `who`; false: does not */
  who?: boolean
  /** maps a field of its own name */
  own?: boolean
  inherit?: boolean | Record<string, unknown>
  /** writes its name into `script` */
  script?: boolean
  vendorName?: string
  /** null: no vendor name at all */
  noVendorName?: boolean
  copiesRest?: boolean
}

interface Case {
  fact: string
  organization?: Said
  /** of the main account */
  account?: Said
  /** of the branch */
  branchAccount?: Said
  /** of the instance that is called, unless `on` says another one */
  instance?: Said
  on?: Where
  element?: Said
  /** the instance that is called */
  at?: Where
  /** null: no such resource */
  sees: Record<string, unknown> | null
}

const organization = { who: 'organization' }
const account = { who: 'account' }
const instance = { who: 'instance' }
const element = { who: 'element' }
const ALL_OWN = { organization: 'ada@example.com', account: 'computing', instance: 'ada.example', element: '+44' }
const own = (...places: Place[]) => Object.fromEntries(places.map((place) => [place, ALL_OWN[place]]))

const CASES: Case[] = [
  { fact: 'no level: no resource', sees: null },
  { fact: 'the organization', organization: {}, sees: organization },
  { fact: 'the organization, for a branch', organization: {}, at: 'branch', sees: organization },
  { fact: 'the account', account: {}, sees: account },
  { fact: 'an account alone is nothing to a branch', account: {}, at: 'branch', sees: null },
  { fact: 'the instance', instance: {}, sees: instance },
  { fact: 'an instance alone is nothing to its sister', instance: {}, on: 'two', sees: null },
  { fact: 'the account over the organization', organization: { own: true }, account: {}, sees: account },
  {
    fact: 'the organization where another account has its own',
    organization: {},
    account: {},
    at: 'branch',
    sees: organization,
  },
  {
    fact: 'each account its own',
    organization: {},
    account: { who: false, own: true },
    branchAccount: {},
    at: 'branch',
    sees: account,
  },
  { fact: 'the instance over the organization', organization: { own: true }, instance: {}, sees: instance },
  { fact: 'the instance over the account', account: { own: true }, instance: {}, sees: instance },
  { fact: 'the instance over both', organization: { own: true }, account: { own: true }, instance: {}, sees: instance },
  {
    fact: 'the organization where a sister has her own',
    organization: {},
    instance: {},
    on: 'two',
    sees: organization,
  },
  {
    fact: 'the account where a sister has her own',
    organization: {},
    account: {},
    instance: {},
    on: 'two',
    sees: account,
  },

  {
    fact: 'the account inherits from the organization',
    organization: { own: true },
    account: { own: true, inherit: true },
    sees: { ...account, ...own('organization', 'account') },
  },
  { fact: 'inheriting, the lower one wins a path', organization: {}, account: { inherit: true }, sees: account },
  {
    fact: 'inheriting, the upper one keeps what the lower one lacks',
    organization: {},
    account: { who: false, own: true, inherit: true },
    sees: { ...organization, ...own('account') },
  },
  {
    fact: 'the instance inherits from the organization',
    organization: { own: true },
    instance: { own: true, inherit: true },
    sees: { ...instance, ...own('organization', 'instance') },
  },
  {
    fact: 'the instance inherits from the account',
    account: { own: true },
    instance: { own: true, inherit: true },
    sees: { ...instance, ...own('account', 'instance') },
  },
  {
    fact: 'the instance inherits from the account, which inherits',
    organization: { own: true },
    account: { own: true, inherit: true },
    instance: { own: true, inherit: true },
    sees: { ...instance, ...own('organization', 'account', 'instance') },
  },
  {
    fact: 'inheritance ends at a level that does not inherit',
    organization: { own: true },
    account: { own: true },
    instance: { own: true, inherit: true },
    sees: { ...instance, ...own('account', 'instance') },
  },
  {
    fact: 'an instance that does not inherit ends it at once',
    organization: { own: true },
    account: { own: true, inherit: true },
    instance: { own: true },
    sees: { ...instance, ...own('instance') },
  },
  {
    fact: 'an organization that inherits from nothing',
    organization: { own: true, inherit: true },
    sees: { ...organization, ...own('organization') },
  },
  {
    fact: 'the branch inherits nothing of the main account',
    organization: { own: true },
    account: { own: true },
    branchAccount: { inherit: true },
    at: 'branch',
    sees: { ...account, ...own('organization') },
  },
  {
    fact: 'inherit with directions',
    organization: { own: true },
    account: { inherit: { fromVendor: true, toVendor: true } },
    sees: { ...account, ...own('organization') },
  },
  {
    fact: 'inherit with a bool of text',
    organization: { own: true },
    account: { inherit: { bool: 'true' } },
    sees: { ...account, ...own('organization') },
  },
  {
    fact: 'inherit that says false',
    organization: { own: true },
    account: { inherit: { bool: 'false' } },
    sees: account,
  },
  {
    fact: 'inherit that says false in both directions',
    organization: { own: true },
    account: { inherit: { fromVendor: false, toVendor: false } },
    sees: account,
  },

  {
    fact: 'the script of the organization',
    organization: { script: true },
    sees: { ...organization, script: 'organization' },
  },
  { fact: 'a replaced script does not run', organization: { script: true }, account: {}, sees: account },
  {
    fact: 'an inherited script runs',
    organization: { script: true },
    account: { inherit: true },
    sees: { ...account, script: 'organization' },
  },
  {
    fact: 'of two scripts the lowest one runs',
    organization: { script: true },
    account: { inherit: true, script: true },
    sees: { ...account, script: 'account' },
  },
  {
    fact: 'of three scripts the lowest one runs',
    organization: { script: true },
    account: { inherit: true, script: true },
    instance: { inherit: true, script: true },
    sees: { ...instance, script: 'instance' },
  },
  {
    fact: 'the script of the account comes down to the instance',
    organization: { script: true },
    account: { inherit: true, script: true },
    instance: { inherit: true },
    sees: { ...instance, script: 'account' },
  },

  {
    fact: 'the vendor name of the lowest level',
    organization: { vendorName: 'leads' },
    account: { inherit: true },
    sees: account,
  },
  { fact: 'an inherited vendor name', organization: {}, account: { inherit: true, noVendorName: true }, sees: account },
  {
    fact: 'a native object of the vendor under another name',
    organization: { vendorName: 'leads' },
    account: { vendorName: 'contacts' },
    sees: account,
  },
  {
    fact: 'unmapped fields by the lowest level’s word',
    organization: { copiesRest: true },
    account: { inherit: true },
    sees: account,
  },

  { fact: 'the element’s default', element: {}, at: 'copy', sees: element },
  { fact: 'an element’s default is of that element alone', element: {}, at: 'one', sees: null },
  {
    fact: 'the organization over the element',
    element: { own: true },
    organization: {},
    at: 'copy',
    sees: organization,
  },
  { fact: 'the account over the element', element: { own: true }, account: {}, at: 'copy', sees: account },
  { fact: 'the instance over the element', element: { own: true }, instance: {}, at: 'copy', sees: instance },
  {
    fact: 'the organization inherits from the element',
    element: { own: true },
    organization: { inherit: true },
    at: 'copy',
    sees: { ...organization, ...own('element') },
  },
  {
    fact: 'the instance inherits from the element',
    element: { own: true },
    instance: { own: true, inherit: true },
    at: 'copy',
    sees: { ...instance, ...own('instance', 'element') },
  },
  {
    fact: 'all four',
    element: { own: true },
    organization: { own: true, inherit: true },
    account: { own: true, inherit: true },
    instance: { own: true, inherit: true },
    at: 'copy',
    sees: { ...instance, ...own('organization', 'account', 'instance', 'element') },
  },
  {
    fact: 'the element’s script comes down',
    element: { script: true },
    organization: { inherit: true },
    at: 'copy',
    sees: { ...organization, script: 'element' },
  },
]

/** A transformation as one level says it. */
function transformation(place: Place, said: Said) {
  const fields = [
    ...(said.who === false ? [] : [{ path: 'who', type: 'string', vendorPath: WHO[place] }]),
    ...(said.own ? [{ path: place, type: 'string', vendorPath: OWN[place] }] : []),
  ]
  const configuration = [
    { type: 'passThrough', properties: { fromVendor: said.copiesRest ?? false, toVendor: false } },
    ...(said.inherit ? [{ type: 'inherit', ...(said.inherit === true ? {} : { properties: said.inherit }) }] : []),
  ]
  return {
    ...(said.noVendorName ? {} : { vendorName: said.vendorName ?? 'contacts' }),
    fields,
    configuration,
    ...(said.script ? { script: { body: `transformedObject.script = '${place}'; done(transformedObject)` } } : {}),
  }
}
const nameOf = (index: number) => `case-${index}`

let hub: TestHub
let people: People
let admin: Person
let branch: Person
let contactId: number
const instances = {} as Record<Where, { id: number; token: string }>
const asOwner = (where: Where) => (where === 'branch' ? branch : admin)
const call = (where: Where, method: string, path: string, body?: unknown) =>
  hub.call(method, path, { authorization: `${asOwner(where).authorization}, Element ${instances[where].token}`, body })
const ask = (method: string, path: string, body?: unknown) => people.as(admin)(method, path, body)

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  const made = await people.signUp('Levels')
  admin = made.admin
  const account = await people.addAccount(admin, 'branch')
  branch = await people.addUser(admin, account.id, { roles: [{ key: 'admin' }] })
  instances.one = await people.provision(admin, 'one')
  instances.two = await people.provision(admin, 'two')
  instances.branch = await people.provision(branch, 'branch')
  instances.copy = await provisionCopy()
  contactId = expectOk(await call('one', 'POST', '/contacts', CONTACT)).body.id
})
afterAll(() => hub.close())

/** An instance of Base CRM's copy whose document has default transformations. */
async function provisionCopy() {
  const exported = expectOk(await ask('GET', '/elements/base/export')).body
  const defaultTransformations = CASES.flatMap(({ element: said }, index) =>
    said ? [{ objectName: nameOf(index), ...transformation('element', said) }] : [],
  )
  const { id: _, ...element } = exported
  expectOk(await ask('POST', '/elements', { ...element, key: 'basecopy', name: 'Base copy', defaultTransformations }))
  const given = {
    ...{ name: 'copy', element: { key: 'basecopy' }, providerData: { code: await hub.obtainCode() } },
    configuration: { 'oauth.api.key': 'test-key', 'oauth.api.secret': 'test-secret', 'oauth.callback.url': CALLBACK },
  }
  return expectOk(await ask('POST', '/instances', given)).body
}

/** Puts what a case says into the levels, through the endpoints of each. */
async function arrange(given: Case, name: string): Promise<void> {
  const at = given.at ?? 'one'
  const key = at === 'copy' ? 'basecopy' : 'base'
  const fields = ['who', 'organization', 'account', 'instance', 'element', 'script'].map((path) => ({ path }))
  expectOk(await ask('POST', `/organizations/objects/${name}/definitions`, { fields }))
  const put = async (place: Place, said: Said | undefined, owner: string, where: Where = 'one') => {
    if (!said) return
    const body = transformation(place, said)
    expectOk(await people.as(asOwner(where))('POST', `${owner}/transformations/${name}`, body))
  }
  await put('organization', given.organization, `/organizations/elements/${key}`)
  await put('account', given.account, `/accounts/${admin.accountId}/elements/${key}`)
  await put('account', given.branchAccount, `/accounts/${branch.accountId}/elements/${key}`, 'branch')
  const on = given.on ?? at
  await put('instance', given.instance, `/instances/${instances[on].id}`, on)
}

describe('which level answers', () => {
  for (const [index, given] of CASES.entries()) {
    test(given.fact, async () => {
      const name = nameOf(index)
      await arrange(given, name)
      const answer = await call(given.at ?? 'one', 'GET', `/hubs/crm/${name}/${contactId}`)
      if (given.sees === null) expect([400, 404], answer.text).toContain(answer.status)
      else {
        expect(answer.status, answer.text).toBe(200)
        expect(answer.body).toEqual(given.sees)
      }
    })
  }
})

test('the level that wins names the vendor’s resource', async () => {
  const lead = expectOk(await call('one', 'POST', '/leads', { last_name: 'Babbage', first_name: 'Charles' })).body
  await arrange({ fact: '', organization: {}, account: { vendorName: 'leads' }, sees: null }, 'either')
  expect(expectOk(await call('one', 'GET', `/either/${lead.id}`)).body).toEqual({ who: 'Babbage' })
  expect(expectOk(await call('branch', 'GET', `/either/${contactId}`)).body).toEqual({ who: 'organization' })
})

describe('in the other direction', () => {
  test('a record is written by the same level', async () => {
    await arrange(
      { fact: '', organization: {}, account: { who: false, own: true, inherit: true }, sees: null },
      'written',
    )
    const made = expectOk(
      await call('one', 'PATCH', `/written/${contactId}`, { who: 'organization', account: 'mathematics', other: 1 }),
    )
    expect(made.body).toEqual({ who: 'organization', account: 'mathematics' })
    expect((await call('one', 'GET', `/contacts/${contactId}`)).body).toMatchObject({ industry: 'mathematics' })
    expectOk(await call('one', 'PATCH', `/contacts/${contactId}`, { industry: CONTACT.industry }))
  })

  test('a filter is translated by the same level', async () => {
    const { id } = expectOk(await call('one', 'POST', '/contacts', { first_name: 'Grace', last_name: 'Hopper' })).body
    await arrange({ fact: '', organization: {}, account: {}, sees: null }, 'filtered')
    expect(expectOk(await call('one', 'GET', "/filtered?where=who='Hopper'")).body).toEqual([{ who: 'Hopper' }])
    expect(expectOk(await call('branch', 'GET', "/filtered?where=who='Grace'")).body).toEqual([{ who: 'Grace' }])
    expectOk(await call('one', 'DELETE', `/contacts/${id}`))
  })
})

describe('what changes is seen by the next call', () => {
  const see = async (where: Where, name = 'changing') => {
    const answer = await call(where, 'GET', `/${name}/${contactId}`)
    return answer.status === 200 ? answer.body.who : answer.status
  }
  const transformations = (place: string) => `${place}/transformations/changing`
  beforeAll(() => arrange({ fact: '', organization: {}, sees: null }, 'changing'))

  test('levels come and go', async () => {
    const account = transformations(`/accounts/${admin.accountId}/elements/base`)
    const instance = transformations(`/instances/${instances.one.id}`)
    expect([await see('one'), await see('two'), await see('branch')]).toEqual([
      'organization',
      'organization',
      'organization',
    ])
    expectOk(await ask('POST', account, transformation('account', {})))
    expect([await see('one'), await see('two'), await see('branch')]).toEqual(['account', 'account', 'organization'])
    expectOk(await ask('POST', instance, transformation('instance', {})))
    expect([await see('one'), await see('two'), await see('branch')]).toEqual(['instance', 'account', 'organization'])
    expectOk(await ask('PUT', instance, transformation('organization', {})))
    expect(await see('one')).toBe('organization')
    expectOk(await ask('DELETE', instance))
    expect([await see('one'), await see('two'), await see('branch')]).toEqual(['account', 'account', 'organization'])
    expectOk(await ask('DELETE', account))
    expect([await see('one'), await see('two'), await see('branch')]).toEqual([
      'organization',
      'organization',
      'organization',
    ])
  })

  test('a level that is renamed answers under its new name', async () => {
    const account = `/accounts/${admin.accountId}`
    expectOk(await ask('POST', `${account}/objects/changing/definitions`, { fields: [{ path: 'who' }] }))
    expectOk(await ask('POST', transformations(`${account}/elements/base`), transformation('account', {})))
    expectOk(await ask('PATCH', `${account}/objects/changing`, { objectName: 'changed' }))
    expect([await see('one'), await see('branch')]).toEqual(['organization', 'organization'])
    expect(await see('one', 'changed')).toBe('account')
    expect([400, 404]).toContain(await see('branch', 'changed'))
  })

  test('a name of the element’s own is overridden for whom it is mapped', async () => {
    await arrange({ fact: '', instance: {}, sees: null }, 'contacts')
    expect(await see('one', 'contacts')).toBe('instance')
    expect((await call('two', 'GET', `/contacts/${contactId}`)).body).toMatchObject({ title: 'instance' })
    expectOk(await ask('DELETE', `/instances/${instances.one.id}/transformations/contacts`))
    expect((await call('one', 'GET', `/contacts/${contactId}`)).body).toMatchObject({ title: 'instance' })
  })
})
