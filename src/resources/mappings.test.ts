import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addOrganization, addPerson, organizationSecretOf, type Person } from '../../test/journeys/people.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Element } from '../model/element.ts'
import type { Store } from '../store/database.ts'
import { changeResources } from './change-resources.ts'
import { defaultTransformations } from './element-defaults.ts'
import { holdResource, makeResource } from './hold-resource.ts'
import { accountOwner, instanceOwner, type LevelOwner, organizationOwner, SYSTEM_OWNER } from './level-owner.ts'
import { createMappings, type MappingOwner } from './mappings.ts'
import { readDefinition } from './read-definition.ts'
import { readLevelInput } from './read-transformation.ts'
import { resourceDb } from './resource-table.ts'
import { findDefinition, saveDefinition } from './write-definition.ts'
import { findLevel, holdTransformation, saveLevel } from './write-transformation.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
let first: Person
let second: Person
let foreigner: Person
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
  first = await addOrganization(store, 'First')
  const { organizationId, authorization } = first
  const organizationSecret = organizationSecretOf(authorization)
  second = await addPerson(store, { organizationId, organizationSecret, name: 'Second' })
  foreigner = await addOrganization(store, 'Foreign')
})
afterAll(() => opened.close())
beforeEach(async () => {
  await resourceDb(store).deleteFrom('common_resources').execute()
  await change(SYSTEM_OWNER, async () => undefined)
})

const element = { id: 23, key: 'sfdc', name: 'Salesforce' } as unknown as Element
const instance = (person: Person, instanceId: number | undefined, of = element): MappingOwner => ({
  ...person,
  instanceId,
  element: of,
})

const change = (owner: LevelOwner, work: Parameters<typeof changeResources<void>>[1]) =>
  changeResources(store, async (inside) => {
    await work(inside)
    inside.touch(owner)
  })

/** Fields as `common=vendor`; with `+` in front the level inherits. */
const map = (owner: LevelOwner, name: string, text: string, more: Record<string, unknown> = {}, isOwn = false) =>
  change(owner, async ({ trx }) => {
    const { id } = await (isOwn ? makeResource : holdResource)(trx, owner, name, first)
    const transformation = await holdTransformation(trx, id, element)
    const pairs = text.replace('+', '').split(' ').filter(Boolean)
    const body = {
      vendorName: 'Account',
      configuration: text.startsWith('+') ? [{ type: 'inherit' }] : null,
      fields: pairs.map((pair) => ({ path: pair.split('=')[0], vendorPath: pair.split('=')[1] })),
      ...more,
    }
    const present = await findLevel(trx, transformation, owner)
    await saveLevel(trx, transformation, owner, readLevelInput(body), present)
  })

const define = (owner: LevelOwner, name: string, fields: { path: string; type: string }[]) =>
  change(owner, async ({ trx }) => {
    const { id } = await holdResource(trx, owner, name, first)
    await saveDefinition(trx, id, owner, readDefinition({ fields }), await findDefinition(trx, id, owner))
  })

const fieldsOf = async (owner: MappingOwner, name = 'x') => {
  const mapping = await createMappings(store).of(owner, name)
  return mapping?.fields.map(({ path, vendorPath }) => `${path}=${vendorPath}`).join(' ')
}

describe('what applies to an instance', () => {
  for (const [name, levels, expected] of [
    ['nothing', {}, undefined],
    ['the organization’s', { organization: 'a=A' }, 'a=A'],
    ['the account’s in its place', { organization: 'a=A', account: 'b=B' }, 'b=B'],
    ['both, where it inherits', { organization: 'a=A', account: '+b=B' }, 'a=A b=B'],
    ['the instance’s in place of all', { organization: 'a=A', account: '+b=B', instance: 'c=C' }, 'c=C'],
    ['all, where all inherit', { organization: 'a=A', account: '+b=B', instance: '+c=C' }, 'a=A b=B c=C'],
    ['the narrower of two on one path', { system: 'a=S', organization: '+a=A', instance: '+a=I' }, 'a=I'],
    ['the platform’s for everybody', { system: 'a=S' }, 'a=S'],
    ['not another account’s', { otherAccount: 'a=A' }, undefined],
    ['not another instance’s', { otherInstance: 'a=A' }, undefined],
    ['not another organization’s', { foreign: 'a=A' }, undefined],
  ] as [string, Record<string, string>, string | undefined][]) {
    test(name, async () => {
      const owners: Record<string, LevelOwner> = {
        system: SYSTEM_OWNER,
        organization: organizationOwner(first),
        account: accountOwner(first),
        instance: instanceOwner({ ...first, id: 7 }),
        otherAccount: accountOwner(second),
        otherInstance: instanceOwner({ ...first, id: 8 }),
        foreign: organizationOwner(foreigner),
      }
      for (const [level, fields] of Object.entries(levels)) await map(owners[level] as LevelOwner, 'x', fields)
      expect(await fieldsOf(instance(first, 7))).toBe(expected)
    })
  }

  test('an organization’s own resource and the platform’s of its name are one', async () => {
    await map(organizationOwner(first), 'x', '+a=A', {}, true)
    await map(SYSTEM_OWNER, 'x', 'a=S s=S')
    expect(await fieldsOf(instance(first, 7))).toBe('s=S a=A')
    expect(await fieldsOf(instance(foreigner, 9))).toBe('a=S s=S')
  })
  test('without an instance: what the account’s instances have in common', async () => {
    await map(organizationOwner(first), 'x', 'a=A')
    await map(instanceOwner({ ...first, id: 7 }), 'x', 'c=C')
    expect(await fieldsOf(instance(first, undefined))).toBe('a=A')
  })
  test('nothing for another element, nothing without a vendor name', async () => {
    await map(organizationOwner(first), 'x', 'a=A')
    await map(organizationOwner(first), 'empty', 'a=A', { vendorName: undefined })
    expect(await fieldsOf(instance(first, 7, { ...element, id: 24 } as Element))).toBe(undefined)
    expect(await fieldsOf(instance(first, 7), 'empty')).toBe(undefined)
    expect((await createMappings(store).all(instance(first, 7))).map(({ objectName }) => objectName)).toEqual(['x'])
  })
  test('types are those of the definitions that the instance sees', async () => {
    await define(organizationOwner(first), 'x', [{ path: 'a', type: 'number' }])
    await define(instanceOwner({ ...first, id: 7 }), 'x', [{ path: 'b', type: 'date' }])
    await map(organizationOwner(first), 'x', 'a=A b=B')
    await map(instanceOwner({ ...first, id: 7 }), 'x', '+c=C')
    const types = async (id: number) =>
      (await createMappings(store).of(instance(first, id), 'x'))?.fields.map(({ type }) => type)
    expect(await types(7)).toEqual(['number', 'date', 'string'])
    expect(await types(8)).toEqual(['number', 'string'])
  })
})

describe('an element’s own transformations', () => {
  const fields = [{ path: 'a', vendorPath: 'A' }]
  const withDefaults = {
    ...element,
    defaultTransformations: [{ objectName: 'x', vendorName: 'Contact', fields }, 'no transformation', { fields }],
    transformations: { y: { vendorName: 'Lead', fields, script: { body: 'done()' } }, odd: { fields: 7 } },
  } as unknown as Element
  test('are the lowest level of all', async () => {
    expect([...defaultTransformations(withDefaults).keys()]).toEqual(['x', 'y'])
    expect(await fieldsOf(instance(first, 7, withDefaults))).toBe('a=A')
    await map(organizationOwner(first), 'x', '+b=B')
    expect(await fieldsOf(instance(first, 7, withDefaults))).toBe('a=A b=B')
    await map(organizationOwner(first), 'x', 'b=B')
    expect(await fieldsOf(instance(first, 7, withDefaults))).toBe('b=B')
  })
})

describe('kept in memory', () => {
  test('the second time it comes at once, the same for all instances that say nothing themselves', async () => {
    await map(organizationOwner(first), 'x', 'a=A')
    await map(instanceOwner({ ...first, id: 8 }), 'x', 'b=B')
    const mappings = createMappings(store)
    // a change of this process is heard once more a little later, and forgotten for
    const settled = () =>
      expect.poll(async () => {
        const [one, other] = [await mappings.of(instance(first, 7), 'x'), await mappings.of(instance(first, 9), 'x')]
        const again = [mappings.of(instance(first, 7), 'x'), mappings.of(instance(first, 9), 'x')]
        return one !== undefined && [other, ...again].every((mapping) => mapping === one)
      })
    await settled().toBe(true)
    expect((await mappings.of(instance(first, 8), 'x'))?.fields[0]?.path).toBe('b')
    expect((await mappings.all(instance(first, 7))).map(({ objectName }) => objectName)).toEqual(['x'])
  })
  test('of what was compiled only so much is kept, the newest', async () => {
    const owner = instance(first, 7)
    const long = Array.from({ length: 1_000 }, (_, at) => `${'p.'.repeat(40)}${at}=${'v.'.repeat(40)}${at}`).join(' ')
    const names = ['l0', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6']
    for (const name of names) await map(organizationOwner(first), name, long)
    const mappings = createMappings(store)
    const isKept = async () => {
      const compiled: unknown[] = []
      for (const name of names) compiled.push(await mappings.of(owner, name))
      return [mappings.of(owner, 'l6') === compiled.at(-1), mappings.of(owner, 'l0') === compiled[0]]
    }
    await expect.poll(isKept).toEqual([true, false])
    expect(await mappings.of(owner, 'l0')).toMatchObject({ objectName: 'l0' })
  })

  test('a change of the organization or of the platform is known at once', async () => {
    const mappings = createMappings(store)
    const path = async (person: Person) => (await mappings.of(instance(person, 7), 'x'))?.fields[0]?.path
    expect(await path(first)).toBe(undefined)
    await map(organizationOwner(first), 'x', 'a=A')
    expect([await path(first), await path(second), await path(foreigner)]).toEqual(['a', 'a', undefined])
    await map(SYSTEM_OWNER, 'x', 's=S')
    expect([await path(first), await path(foreigner)]).toEqual(['a', 's'])
    await map(instanceOwner({ ...first, id: 7 }), 'x', 'i=I')
    expect([await path(first), await path(foreigner)]).toEqual(['i', 's'])
  })
  test('a changed element is another one', async () => {
    const mappings = createMappings(store)
    const contact = { objectName: 'x', vendorName: 'Contact' }
    const before = { ...element, defaultTransformations: [contact] } as unknown as Element
    const after = { ...element, defaultTransformations: [{ ...contact, vendorName: 'Lead' }] } as unknown as Element
    expect((await mappings.of(instance(first, 7, before), 'x'))?.vendorName).toBe('Contact')
    expect((await mappings.of(instance(first, 7, after), 'x'))?.vendorName).toBe('Lead')
  })
})
