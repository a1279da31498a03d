import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addOrganization, addPerson, organizationSecretOf, type Person } from '../../test/journeys/people.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { changeResources, type ResourceChange } from './change-resources.ts'
import { dropEmpty, holdPresent, holdResource } from './hold-resource.ts'
import {
  type AccountOwner,
  accountOwner,
  instanceOwner,
  type LevelOwner,
  levelsUpTo,
  mayWrite,
  organizationOwner,
  SYSTEM_OWNER,
} from './level-owner.ts'
import { loadResources } from './load-resources.ts'
import { renameLevel } from './rename-level.ts'
import { renameMappedPaths } from './rename-paths.ts'
import { resourceDb } from './resource-table.ts'
import { findDefinition, removeDefinitions, renamedPaths, saveDefinition } from './write-definition.ts'
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
  second = await addPerson(store, {
    organizationId,
    organizationSecret: organizationSecretOf(authorization),
    name: 'Second',
  })
  foreigner = await addOrganization(store, 'Foreign')
})
afterAll(() => opened.close())
beforeEach(async () => {
  await resourceDb(store).deleteFrom('common_resources').execute()
})

const ELEMENT = { id: 23, key: 'sfdc' }
const change = <T>(work: (change: ResourceChange) => Promise<T>) => changeResources(store, work)
const instanceOf = (account: AccountOwner, id: number) => instanceOwner({ ...account, id })

/** Writes fields given as `path` or `[id, path]`. */
async function define(owner: LevelOwner, name: string, fields: (string | [number, string])[], maker = first) {
  return change(async ({ trx, touch }) => {
    const { id } = await holdResource(trx, owner, name, maker)
    touch(owner)
    const inputs = fields.map((field) =>
      typeof field === 'string' ? { path: field } : { id: field[0], path: field[1] },
    )
    const present = await findDefinition(trx, id, owner)
    const saved = await saveDefinition(trx, id, owner, { fields: inputs }, present)
    return { id, fields: saved.fields.map(({ id, path }) => [id, path] as [number, string]), present, saved }
  })
}

async function map(owner: LevelOwner, name: string, paths: Record<string, string>, maker = first) {
  return change(async ({ trx }) => {
    const { id } = await holdResource(trx, owner, name, maker)
    const transformation = await holdTransformation(trx, id, ELEMENT)
    const fields = Object.entries(paths).map(([path, vendorPath]) => ({ path, vendorPath }))
    const input = { vendorName: 'Account', isLegacy: undefined, configuration: [], fields, script: undefined }
    const present = await findLevel(trx, transformation, owner)
    await saveLevel(trx, transformation, owner, input, present)
    return transformation
  })
}

/** `name: level/owner path,path` of each visible definition, `name > level/owner path=vendorPath` of each mapping. */
async function seen(by: AccountOwner | undefined, filter = {}) {
  const resources = await loadResources(resourceDb(store), by, filter)
  return resources.flatMap(({ objectName, definitions, transformations }) => [
    ...definitions.map(({ level, fields }) => `${objectName}: ${level} ${fields.map(({ path }) => path).join(',')}`),
    ...transformations.flatMap(({ levels }) =>
      levels.map(
        ({ level, fields }) => `${objectName} > ${level} ${fields.map((f) => `${f.path}=${f.vendorPath}`).join(',')}`,
      ),
    ),
  ])
}

describe('who sees which level (spec 20 §6.3)', () => {
  beforeEach(async () => {
    await define(SYSTEM_OWNER, 'partner', ['s'])
    await define(organizationOwner(first), 'own', ['o'])
    await define(accountOwner(first), 'own', ['a1'])
    await define(instanceOf(first, 7), 'own', ['i7'])
    await define(instanceOf(first, 8), 'own', ['i8'])
    await define(accountOwner(second), 'own', ['a2'], second)
    await define(instanceOf(second, 9), 'own', ['i9'], second)
    await define(organizationOwner(foreigner), 'own', ['f'], foreigner)
    await map(organizationOwner(first), 'own', { o: 'O' })
    await map(accountOwner(second), 'own', { a2: 'A2' })
  })
  test('an account: the organization, itself and its instances, widest first', async () => {
    expect(await seen(first)).toEqual([
      ...['own: organization o', 'own: account a1', 'own: instance i7', 'own: instance i8'],
      ...['own > organization o=O', 'partner: system s'],
    ])
  })
  test('another account of it: nothing of the first', async () => {
    expect(await seen(second)).toEqual([
      ...['own: organization o', 'own: account a2', 'own: instance i9'],
      ...['own > organization o=O', 'own > account a2=A2', 'partner: system s'],
    ])
  })
  test('another organization: its own, under the same name', async () => {
    expect(await seen(foreigner)).toEqual(['own: organization f', 'partner: system s'])
  })
  test('nobody: what the platform has', async () => {
    expect(await seen(undefined)).toEqual(['partner: system s'])
  })
  test('filters by name, id, level, element', async () => {
    const [{ id } = { id: 0 }] = await loadResources(resourceDb(store), first, { objectNames: ['own'] })
    expect(await seen(first, { systemOnly: true })).toEqual(['partner: system s'])
    expect(await seen(first, { ids: [id], levels: [instanceOf(first, 7)] })).toEqual(['own: instance i7'])
    expect(await seen(foreigner, { ids: [id] })).toEqual([])
    expect(await seen(first, { levels: [accountOwner(second)] })).toEqual([])
    expect((await loadResources(resourceDb(store), first, { elementId: 24 }, 'transformations')).length).toBe(0)
  })
})

test('whoever writes which level (spec 20 §1.1)', () => {
  const roles = { defaultAccount: true, customerAdmin: false, privileges: new Set<string>() }
  const person = { ...first, ...roles, email: '', firstName: '', lastName: '' }
  const callers = {
    user: { ...person, organizationAdmin: false, accountAdmin: false, vdrAdmin: false },
    admin: { ...person, organizationAdmin: false, accountAdmin: true, vdrAdmin: false },
    organization: { ...person, organizationAdmin: true, accountAdmin: true, vdrAdmin: false },
    server: { ...person, organizationAdmin: false, accountAdmin: false, vdrAdmin: true },
  }
  const owners = {
    system: SYSTEM_OWNER,
    organization: organizationOwner(first),
    account: accountOwner(first),
    instance: instanceOf(first, 7),
    otherAccount: accountOwner(second),
    otherInstance: instanceOf(second, 9),
    foreign: organizationOwner(foreigner),
    foreignAccount: accountOwner(foreigner),
  }
  const allowed = Object.entries(callers).map(([who, caller]) => [
    who,
    Object.entries(owners).flatMap(([level, owner]) => (mayWrite(caller, owner) ? [level] : [])),
  ])
  expect(Object.fromEntries(allowed)).toEqual({
    user: ['instance'],
    admin: ['account', 'instance'],
    organization: ['organization', 'account', 'instance', 'otherAccount'],
    server: ['system', 'instance'],
  })
})

test('a level stands on wider ones', () => {
  const levels = (owner: LevelOwner) => levelsUpTo(owner).map(({ level }) => level)
  expect(levels(SYSTEM_OWNER)).toEqual(['system'])
  expect(levels(organizationOwner(first))).toEqual(['system', 'organization'])
  expect(levels(instanceOf(first, 1))).toEqual(['system', 'organization', 'account', 'instance'])
})

describe('ids of fields', () => {
  test('stay with the path, and with the id through a rename; foreign ones mean nothing', async () => {
    const owner = organizationOwner(first)
    const { fields } = await define(owner, 'x', ['a', 'b', [99_999, 'c']])
    const [a, b, c] = fields as [[number, string], [number, string], [number, string]]
    expect(new Set([a[0], b[0], c[0], 99_999]).size).toBe(4)
    const again = await define(owner, 'x', ['b', [a[0], 'z'], 'new', 'b'])
    expect(again.fields.slice(0, 2)).toEqual([b, [a[0], 'z']])
    expect([a[0], b[0], c[0]]).not.toContain(again.fields[2]?.[0])
    expect(renamedPaths(again.present, again.saved)).toEqual(new Map([['a', 'z']]))
  })
  test('a path that another field takes over', async () => {
    const owner = organizationOwner(first)
    const { fields } = await define(owner, 'x', ['a', 'b'])
    const [[a], [b]] = fields as [[number, string], [number, string]]
    expect(
      (
        await define(owner, 'x', [
          [b, 'a'],
          [a, 'b'],
        ])
      ).fields,
    ).toEqual([
      [b, 'a'],
      [a, 'b'],
    ])
  })
})

describe('a rename at one level', () => {
  const rename = (owner: LevelOwner, from: string, to: string) =>
    change(async (inside) => {
      const held = await holdPresent(inside.trx, owner, from)
      if (!held) throw new Error('not there')
      await renameLevel(inside, held, owner, to, first)
      return { from: held.id, to: (await holdPresent(inside.trx, owner, to))?.id }
    })

  test('takes its definition and transformations along and leaves the others', async () => {
    await define(organizationOwner(first), 'x', ['o'])
    await define(accountOwner(first), 'x', ['a'])
    await map(organizationOwner(first), 'x', { o: 'O' })
    await map(accountOwner(first), 'x', { a: 'A' })
    await rename(accountOwner(first), 'x', 'y')
    expect(await seen(first)).toEqual([
      ...['x: organization o', 'x > organization o=O'],
      ...['y: account a', 'y > account a=A'],
    ])
    await rename(organizationOwner(first), 'x', 'y')
    expect(await seen(first)).toEqual([
      ...['y: organization o', 'y: account a', 'y > organization o=O', 'y > account a=A'],
    ])
  })
  test('keeps the id where nobody else has anything', async () => {
    await define(accountOwner(first), 'x', ['a'])
    await map(accountOwner(first), 'x', { a: 'A' })
    const { from, to } = await rename(accountOwner(first), 'x', 'y')
    expect(to).toBe(from)
    await define(accountOwner(second), 'y', ['b'], second)
    const moved = await rename(accountOwner(first), 'y', 'z')
    expect(moved.to).not.toBe(moved.from)
    expect(await seen(second)).toEqual(['y: account b'])
  })
  test('is refused when the name is taken at that level', async () => {
    await define(accountOwner(first), 'x', ['a'])
    await define(accountOwner(first), 'y', ['b'])
    await expect(rename(accountOwner(first), 'x', 'y')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })
  test('of a template is that of the organization’s own fields', async () => {
    await define(SYSTEM_OWNER, 'x', ['s'])
    await define(organizationOwner(first), 'x', ['o'])
    expect(await loadResources(resourceDb(store), first)).toMatchObject([{ isSystem: true, objectName: 'x' }])
    await rename(organizationOwner(first), 'x', 'y')
    expect(await seen(first)).toEqual(['x: system s', 'y: organization o'])
  })
})

test('mappings follow renamed paths at the level and below it, of the owner only', async () => {
  await define(organizationOwner(first), 'x', ['a'])
  await map(organizationOwner(first), 'x', { a: 'A', b: 'B' })
  await map(accountOwner(first), 'x', { a: 'A1' })
  await map(accountOwner(second), 'x', { a: 'A2' })
  await change(async (inside) => {
    const held = await holdPresent(inside.trx, organizationOwner(first), 'x')
    await renameMappedPaths(inside, held?.id ?? 0, accountOwner(first), new Map([['a', 'c']]))
  })
  expect(await seen(first)).toContain('x > account c=A1')
  expect(await seen(second)).toContain('x > account a=A2')
  await change(async (inside) => {
    const held = await holdPresent(inside.trx, organizationOwner(first), 'x')
    await renameMappedPaths(inside, held?.id ?? 0, organizationOwner(first), new Map([['a', 'b']]))
  })
  expect(await seen(second)).toEqual(['x: organization a', 'x > organization b=A', 'x > account b=A2'])
})

test('what no level speaks of any more is gone', async () => {
  const { id } = await define(organizationOwner(first), 'x', ['a'])
  await map(accountOwner(first), 'x', { a: 'A' })
  await change(async ({ trx }) => {
    await removeDefinitions(trx, organizationOwner(first), [id])
    await dropEmpty(trx, [id])
  })
  expect(await seen(first)).toEqual(['x > account a=A'])
  await resourceDb(store).deleteFrom('transformation_levels').execute()
  await change(({ trx }) => dropEmpty(trx, [id]))
  expect(await resourceDb(store).selectFrom('common_resources').select('id').execute()).toEqual([])
})

test('a level that is too large is refused', async () => {
  const long = Array.from({ length: 4_000 }, (_, index) => `${'x'.repeat(300)}${index}`)
  await expect(define(organizationOwner(first), 'x', long)).rejects.toMatchObject({ code: 'BODY_INVALID' })
})

test('all levels of an account together have an end, and those of others do not count', async () => {
  const owner = accountOwner(first)
  await define(owner, 'x', ['a'])
  const padding = JSON.stringify([{ id: 1, path: 'x'.repeat(17 * 1024 * 1024) }])
  await resourceDb(store).updateTable('definitions').set({ fields: padding }).execute()
  await expect(define(instanceOf(first, 7), 'y', ['b'])).rejects.toMatchObject({ code: 'TOO_MANY' })
  await define(organizationOwner(first), 'y', ['b'])
  await define(accountOwner(second), 'y', ['b'], second)
})
