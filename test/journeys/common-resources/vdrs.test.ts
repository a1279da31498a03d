import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { type Account, meetPeople, type Organization, type People, type Person } from '../../support/people.ts'
import { addColleague } from '../people.ts'

/** `/vdrs`: common resources in the shape of version 2, and how they come in and go out as files (spec 20 §6, §7). */
let hub: TestHub
let people: People
/** an organization with two accounts; `branch` has an administrator and a user */
let organization: Organization
let branch: Account
let admin: Person
let accountAdmin: Person
let user: Person
/** administers common resources of the whole server, and nothing else */
let keeper: Pick<Person, 'authorization'>

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
  organization = await people.signUp('Vdrs')
  admin = organization.admin
  branch = await people.addAccount(admin, 'branch')
  accountAdmin = await people.addUser(admin, branch.id, { roles: [{ key: 'admin' }] })
  user = await people.addUser(admin, branch.id)
  keeper = await addColleague(hub.hub.store, {
    ...{ organizationId: organization.id, organizationSecret: admin.organizationSecret, accountId: branch.id },
    ...{ name: 'Keeper', roles: ['vdrAdmin', 'default-user'] },
  })
})
afterAll(() => hub.close())

interface Field {
  id?: number
  path: string
  type?: string
  level?: string
  associatedId?: number
  [more: string]: unknown
}
const CODE = { path: 'code', type: 'string', level: 'organization' }
const ask = (person: Pick<Person, 'authorization'>, method: string, path: string, body?: unknown) =>
  people.as(person)(method, path, body)
const paths = (answer: Answer): string[] => answer.body.fields.map(({ path }: Field) => path).sort()
const many = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index))
let counter = 0
const freshName = () => `vdr-${++counter}`
const make = async (
  fields: Field[],
  more: Record<string, unknown> = {},
  person: Pick<Person, 'authorization'> = admin,
) => expectOk(await ask(person, 'POST', '/vdrs', { objectName: freshName(), fields, ...more })).body

function expectIgnored(answer: Answer, ignored: boolean): void {
  const header = answer.headers.get('elements-error')
  if (ignored) expect(header).toContain('ignored')
  else expect(header).toBeNull()
}

describe('one VDR', () => {
  test('POST answers what was stored, with everything that answers have', async () => {
    const instance = await people.provision(admin)
    const { headers, body } = expectOk(
      await ask(admin, 'POST', '/vdrs', {
        ...{ objectName: 'my-partner', description: 'partners', instanceId: instance.id },
        fields: [
          { path: 'code', type: 'string', level: 'organization', displayName: 'Code' },
          { path: 'nick', level: 'account' },
          { path: 'tag', type: 'int', level: 'instance', associatedId: instance.id },
          { path: 'by-body', level: 'instance' },
          { path: 'bare' },
        ],
      }),
    )
    expect(headers.has('elements-error')).toBe(false)
    expect(body).toMatchObject({
      ...{ id: expect.any(Number), objectName: 'my-partner', description: 'partners', mappedElementIds: [] },
      ...{ vdrShared: false, vdrShareLevel: expect.stringMatching(/^(account|organization)$/) },
      ...{ companyId: organization.id, accountId: admin.accountId, userId: admin.id, createdDate: expect.any(String) },
    })
    expect(body.fields).toHaveLength(5)
    const field = (path: string) => body.fields.find((each: Field) => each.path === path)
    for (const each of body.fields) expect(each.id).toEqual(expect.any(Number))
    expect(field('code')).toMatchObject({
      type: 'string',
      level: 'organization',
      associatedId: organization.id,
      displayName: 'Code',
    })
    expect(field('nick')).toMatchObject({ type: 'string', level: 'account', associatedId: admin.accountId })
    expect(field('tag')).toMatchObject({ type: 'int', level: 'instance', associatedId: instance.id })
    expect(field('by-body')).toMatchObject({ level: 'instance', associatedId: instance.id })
    expect(['system', 'organization', 'account', 'instance']).toContain(field('bare').level)
    expect(new Set(body.fields.map(({ id }: Field) => id)).size).toBe(5)
  })

  test('GET by id and by name', async () => {
    const made = await make([CODE])
    expect((await ask(admin, 'GET', `/vdrs/${made.id}`)).body).toEqual(made)
    expect((await ask(admin, 'GET', `/vdrs/${made.objectName}`)).body).toEqual(made)
    expect((await ask(admin, 'GET', '/vdrs/999999')).status).toBe(404)
    expect((await ask(admin, 'GET', '/vdrs/-1')).status).toBe(404)
    expect((await ask(admin, 'GET', '/vdrs/nothing')).status).toBe(404)
  })

  test('the id is the one that the classic endpoints show', async () => {
    const { id, objectName } = await make([CODE])
    expect((await ask(admin, 'GET', `/organizations/objects/${objectName}/definitions`)).body).toMatchObject({
      id,
      fields: [{ path: 'code' }],
    })
    const classic = expectOk(
      await ask(admin, 'POST', '/organizations/objects/of-old/definitions', { fields: [CODE] }),
    ).body
    expect((await ask(admin, 'GET', `/vdrs/${classic.id}`)).body).toMatchObject({
      objectName: 'of-old',
      fields: [{ path: 'code' }],
    })
  })

  test('the same name twice is a conflict', async () => {
    const { objectName } = await make([CODE])
    expect((await ask(admin, 'POST', '/vdrs', { objectName, fields: [CODE] })).status).toBe(409)
  })

  for (const [fact, body] of [
    ['no name', { fields: [CODE] }],
    ['an empty name', { objectName: '', fields: [CODE] }],
    ['a list', [CODE]],
    ['fields that are no list', { objectName: 'x', fields: 'code' }],
    ['a field without path', { objectName: 'x', fields: [{ type: 'string' }] }],
    [
      'more fields than a level takes',
      { objectName: 'x', fields: many(1001, (index) => ({ ...CODE, path: `f${index}` })) },
    ],
    [
      'more levels than are looked up',
      { objectName: 'x', fields: many(101, (index) => ({ path: 'f', level: 'instance', associatedId: index + 1 })) },
    ],
    ['an unknown level', { objectName: 'x', fields: [{ path: 'a', level: 'galaxy' }] }],
  ] as [string, unknown][]) {
    test(`refused: ${fact}`, async () => expect((await ask(admin, 'POST', '/vdrs', body)).status).toBe(400))
  }

  describe('PUT matches fields by id', () => {
    test('a new path keeps the id; no id is a new field; what is missing goes', async () => {
      const made = await make([CODE, { path: 'old', level: 'organization' }, { path: 'gone', level: 'organization' }])
      const idOf = (path: string) => made.fields.find((field: Field) => field.path === path).id
      const fields = [
        made.fields.find(({ path }: Field) => path === 'code'),
        { ...made.fields.find(({ path }: Field) => path === 'old'), path: 'new' },
        { path: 'added', level: 'organization' },
      ]
      const answer = expectOk(await ask(admin, 'PUT', `/vdrs/${made.id}`, { ...made, fields }))
      expect(paths(answer)).toEqual(['added', 'code', 'new'])
      const found = (path: string) => answer.body.fields.find((field: Field) => field.path === path).id
      expect([found('code'), found('new')]).toEqual([idOf('code'), idOf('old')])
      expect(made.fields.map(({ id }: Field) => id)).not.toContain(found('added'))
      expect((await ask(admin, 'GET', `/vdrs/${made.id}`)).body).toEqual(answer.body)
    })

    test('a renamed field stays mapped', async () => {
      const made = await make([CODE])
      const mapped = {
        vendorName: 'contacts',
        elementKey: 'base',
        fields: [{ path: 'code', vendorPath: 'first_name', level: 'organization' }],
      }
      const { id } = expectOk(await ask(admin, 'POST', `/vdrs/${made.id}/transformations`, mapped)).body
      expectOk(
        await ask(admin, 'PUT', `/vdrs/${made.id}`, { ...made, fields: [{ ...made.fields[0], path: 'number' }] }),
      )
      expect((await ask(admin, 'GET', `/vdrs/${made.id}/transformations/${id}`)).body.fields).toMatchObject([
        { path: 'number', vendorPath: 'first_name', vdrFieldId: made.fields[0].id },
      ])
    })

    test('without fields they stay; name and description change', async () => {
      const made = await make([CODE])
      const answer = expectOk(
        await ask(admin, 'PUT', `/vdrs/${made.id}`, { objectName: `${made.objectName}-2`, description: 'new' }),
      )
      expect(answer.body).toMatchObject({
        id: made.id,
        objectName: `${made.objectName}-2`,
        description: 'new',
        fields: made.fields,
      })
      expect((await ask(admin, 'GET', `/organizations/objects/${made.objectName}/definitions`)).status).toBe(404)
      expect((await ask(admin, 'GET', `/organizations/objects/${made.objectName}-2/definitions`)).status).toBe(200)
    })

    test('a name that is taken is a conflict', async () => {
      const [one, two] = [await make([CODE]), await make([CODE])]
      expect((await ask(admin, 'PUT', `/vdrs/${two.id}`, { ...two, objectName: one.objectName })).status).toBe(409)
    })

    test('a path twice on different levels', async () => {
      const made = await make([CODE, { path: 'code', type: 'number', level: 'account' }])
      expect(made.fields.map(({ level }: Field) => level).sort()).toEqual(['account', 'organization'])
    })

    test('one that is not there', async () => {
      expect((await ask(admin, 'PUT', '/vdrs/999999', { objectName: 'x', fields: [] })).status).toBe(404)
      expect((await ask(admin, 'DELETE', '/vdrs/999999')).status).toBe(404)
    })
  })
})

describe('at the same time', () => {
  const DOCUMENT = {
    definition: { fields: [{ path: 'code' }] },
    transformation: { base: { vendorName: 'contacts', fields: [{ path: 'code', vendorPath: 'name' }] } },
  }
  const five = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, work))

  test('one of several makes it', async () => {
    const body = { objectName: freshName(), fields: [CODE] }
    const answers = await five(() => ask(admin, 'POST', '/vdrs', body))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409])
  })

  test('all of several import it', async () => {
    const vdrName = freshName()
    const answers = await five(() => ask(admin, 'PUT', '/vdrs/import', { vdrName, ...DOCUMENT }))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  test('transformations: one makes it', async () => {
    const { id } = await make([CODE])
    const body = { vendorName: 'contacts', elementKey: 'base', fields: [{ ...CODE, vendorPath: 'name' }] }
    const answers = await five(() => ask(admin, 'POST', `/vdrs/${id}/transformations`, body))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409])
  })

  test('making, mapping, renaming, importing and deleting in each other’s way never fails', async () => {
    const [vdrName, other] = [freshName(), freshName()]
    const mapped = { vendorName: 'contacts', elementKey: 'base', fields: [{ ...CODE, vendorPath: 'name' }] }
    const classic = `/organizations/objects/${vdrName}`
    const calls: (() => Promise<Answer>)[] = [
      () => ask(admin, 'POST', '/vdrs', { objectName: vdrName, fields: [CODE] }),
      () => ask(admin, 'PUT', '/vdrs/import', { vdrName, ...DOCUMENT }),
      () => ask(accountAdmin, 'POST', '/vdrs', { objectName: vdrName, fields: [{ path: 'a', level: 'account' }] }),
      () => ask(admin, 'PUT', `/vdrs/${vdrName}`, { objectName: other }),
      () => ask(admin, 'PUT', `/vdrs/${other}`, { objectName: vdrName }),
      () => ask(admin, 'POST', `/vdrs/${vdrName}/transformations`, mapped),
      () => ask(admin, 'POST', `/vdrs/${vdrName}/clone?level=organization`, { objectName: other }),
      () => ask(admin, 'DELETE', `/vdrs/${vdrName}?force=true`),
      () => ask(accountAdmin, 'DELETE', `/vdrs/${vdrName}?force=true`),
      () => ask(admin, 'PATCH', classic, { objectName: other }),
      () => ask(admin, 'DELETE', `/common-resources/${other}?force=true`),
    ]
    const answers = await Promise.all(
      many(66, (index) => (calls[(index * 7) % calls.length] as () => Promise<Answer>)()),
    )
    const unexpected = answers.filter(({ status }) => ![200, 404, 409].includes(status))
    expect(unexpected.map(({ status, text }) => `${status} ${text}`)).toEqual([])
  })

  test('changes follow each other', async () => {
    const { id } = await make([CODE])
    const added = (path: string) => ask(admin, 'PUT', `/vdrs/${id}`, { fields: [CODE, { ...CODE, path }] })
    await Promise.all(['a', 'b', 'c', 'd'].map(added))
    expect((await ask(admin, 'GET', `/vdrs/${id}`)).body.fields).toHaveLength(2)
  })
})

describe('the list', () => {
  let lister: Person
  beforeAll(async () => {
    lister = (await people.signUp('Listed')).admin
  })
  const list = async (query = '') => expectOk(await ask(lister, 'GET', `/vdrs${query}`))
  const names = (answer: Answer) => answer.body.map(({ objectName }: { objectName: string }) => objectName)

  test('nothing is no error', async () => {
    const answer = await list()
    expect(answer.body).toEqual([])
    expect(answer.headers.get('elements-returned-count')).toBe('0')
  })

  test('filtered and paged', async () => {
    for (const objectName of ['a', 'b', 'c', "it's"]) await make([CODE], { objectName }, lister)
    expect(names(await list()).sort()).toEqual(['a', 'b', 'c', "it's"])
    expect(names(await list(`?where=${encodeURIComponent("objectName in ('a','c')")}`)).sort()).toEqual(['a', 'c'])
    expect(names(await list(`?where=${encodeURIComponent("objectName IN ( 'b' )")}`))).toEqual(['b'])
    expect(names(await list(`?where=${encodeURIComponent("objectName='b'")}`))).toEqual(['b'])
    expect(names(await list(`?where=${encodeURIComponent("objectName = 'it''s'")}`))).toEqual(["it's"])
    expect(names(await list(`?where=${encodeURIComponent("objectName='nothing'")}`))).toEqual([])
    const first = await list('?pageSize=3')
    expect(first.headers.get('elements-total-count')).toBe('4')
    const token = first.headers.get('elements-next-page-token') ?? ''
    const second = await list(`?pageSize=3&nextPage=${encodeURIComponent(token)}`)
    expect(second.headers.has('elements-next-page-token')).toBe(false)
    expect([...names(first), ...names(second)]).toEqual(names(await list()))
  })

  test('a filter that is none', async () => {
    expect((await ask(lister, 'GET', `/vdrs?where=${encodeURIComponent('objectName in (')}`)).status).toBe(400)
  })
})

describe('levels that a caller may not write are ignored, which is no error (§6.2)', () => {
  const CALLERS = [
    ['an organization admin', () => admin, { posted: 4, added: 2, mapped: 4, deleteKeeps: 0 }],
    ['an account admin', () => accountAdmin, { posted: 3, added: 1, mapped: 3, deleteKeeps: 0 }],
    ['a plain user', () => user, { posted: 2, added: 0, mapped: 2, deleteKeeps: 0 }],
  ] as const

  for (const [who, person, expected] of CALLERS) {
    describe(who, () => {
      let instances: { id: number }[]
      let posted: Answer
      beforeAll(async () => {
        instances = [await people.provision(person()), await people.provision(person())]
        posted = await ask(person(), 'POST', '/vdrs', { objectName: freshName(), fields: FIELDS() })
      })
      const FIELDS = (): Field[] => [
        { path: 'of-organization', type: 'string', level: 'organization' },
        { path: 'of-account', type: 'string', level: 'account' },
        ...instances.map(({ id }, index) => ({
          path: `of-instance-${index}`,
          type: 'string',
          level: 'instance',
          associatedId: id,
        })),
      ]

      test(`POST keeps ${expected.posted} of four fields`, async () => {
        expectOk(posted)
        expect(posted.body.fields).toHaveLength(expected.posted)
        expectIgnored(posted, expected.posted < 4)
        const read = expectOk(await ask(person(), 'GET', `/vdrs/${posted.body.id}`))
        expect(read.body.fields).toHaveLength(expected.posted)
        expectIgnored(read, false)
      })

      test(`a transformation keeps ${expected.mapped} of four fields`, async () => {
        const answer = await ask(person(), 'POST', `/vdrs/${posted.body.id}/transformations`, {
          ...{ vendorName: 'contacts', elementKey: 'base' },
          fields: FIELDS().map((field, index) => ({ ...field, vendorPath: `custom_fields.f${index}` })),
        })
        expectOk(answer)
        expect(answer.body.fields).toHaveLength(expected.mapped)
        expectIgnored(answer, expected.mapped < 4)
        const removed = await ask(person(), 'DELETE', `/vdrs/${posted.body.id}/transformations/${answer.body.id}`)
        expectOk(removed)
        expectIgnored(removed, false)
        expect((await ask(person(), 'GET', `/vdrs/${posted.body.id}/transformations/${answer.body.id}`)).status).toBe(
          404,
        )
      })

      test(`PUT adds ${expected.added} of two fields`, async () => {
        const fields = [
          ...posted.body.fields,
          { path: 'more-organization', type: 'string', level: 'organization' },
          { path: 'more-account', type: 'string', level: 'account' },
        ]
        const answer = expectOk(await ask(person(), 'PUT', `/vdrs/${posted.body.id}`, { ...posted.body, fields }))
        expect(answer.body.fields).toHaveLength(expected.posted + expected.added)
        expectIgnored(answer, expected.added < 2)
      })

      test('PUT of what it has ignores nothing', async () => {
        const { body } = await ask(person(), 'GET', `/vdrs/${posted.body.id}`)
        expectIgnored(expectOk(await ask(person(), 'PUT', `/vdrs/${posted.body.id}`, body)), false)
      })

      test('DELETE takes all of it', async () => {
        const answer = expectOk(await ask(person(), 'DELETE', `/vdrs/${posted.body.id}`))
        expectIgnored(answer, false)
        expect((await ask(person(), 'GET', `/vdrs/${posted.body.id}`)).status).toBe(404)
      })
    })
  }

  for (const [who, person, left] of [
    ['an account admin', () => accountAdmin, ['of-organization']],
    ['a plain user', () => user, ['of-account', 'of-organization']],
  ] as const) {
    describe(`${who}, where others have a part`, () => {
      let id: number
      let before: Field[]
      beforeAll(async () => {
        const objectName = freshName()
        const instance = await people.provision(person())
        id = (await make([{ path: 'of-organization', level: 'organization' }], { objectName })).id
        expectOk(
          await ask(admin, 'POST', `/accounts/${branch.id}/objects/${objectName}/definitions`, {
            fields: [{ path: 'of-account' }],
          }),
        )
        expectOk(
          await ask(person(), 'POST', `/instances/${instance.id}/objects/${objectName}/definitions`, {
            fields: [{ path: 'of-instance' }],
          }),
        )
        before = expectOk(await ask(person(), 'GET', `/vdrs/${id}`)).body.fields
        expect(before.map(({ path }) => path).sort()).toEqual(['of-account', 'of-instance', 'of-organization'])
      })

      test('PUT that would change an organization’s field leaves it', async () => {
        const fields = before.map((field) =>
          field.level === 'organization' ? { ...field, path: 'stolen', type: 'number' } : field,
        )
        const answer = expectOk(await ask(person(), 'PUT', `/vdrs/${id}`, { fields }))
        expectIgnored(answer, true)
        expect(answer.body.fields.find(({ level }: Field) => level === 'organization')).toMatchObject({
          path: 'of-organization',
          type: 'string',
        })
      })

      test('PUT that leaves it out does not remove it', async () => {
        const answer = expectOk(
          await ask(person(), 'PUT', `/vdrs/${id}`, { fields: before.filter(({ level }) => level !== 'organization') }),
        )
        expectIgnored(answer, true)
        expect(paths(answer)).toContain('of-organization')
      })

      test('PUT does not rename what belongs to others as well', async () => {
        const objectName = freshName()
        const answer = expectOk(await ask(person(), 'PUT', `/vdrs/${id}`, { objectName, fields: before }))
        expectIgnored(answer, true)
        expect(answer.body.objectName).not.toBe(objectName)
      })

      test('DELETE takes its own part', async () => {
        const answer = expectOk(await ask(person(), 'DELETE', `/vdrs/${id}`))
        expectIgnored(answer, true)
        expect(paths(await ask(person(), 'GET', `/vdrs/${id}`))).toEqual([...left])
      })
    })
  }

  test('a transformation that is sent back as it was read ignores nothing, whoever decides on its types', async () => {
    const vdr = await make([{ ...CODE, type: 'number' }])
    const line = { path: 'code', vendorPath: 'name', level: 'organization' }
    const at = `/vdrs/${vdr.id}/transformations`
    expectOk(await ask(admin, 'POST', at, { vendorName: 'contacts', elementKey: 'base', fields: [line] }))
    const [read] = expectOk(await ask(user, 'GET', at)).body
    expect(read.fields).toMatchObject([{ type: 'number' }])
    expectIgnored(expectOk(await ask(user, 'PUT', `${at}/${read.id}`, read)), false)
  })

  test('where nothing of it may be written there is nothing to make', async () => {
    const answer = await ask(user, 'POST', '/vdrs', { objectName: freshName(), fields: [CODE] })
    expect(answer.status).toBe(403)
  })
})

describe('what is mapped is not deleted', () => {
  test('409, and then 200', async () => {
    const made = await make([CODE])
    const mapped = {
      vendorName: 'contacts',
      elementKey: 'base',
      fields: [{ path: 'code', vendorPath: 'first_name', level: 'organization' }],
    }
    const { id } = expectOk(await ask(admin, 'POST', `/vdrs/${made.id}/transformations`, mapped)).body
    expect((await ask(admin, 'GET', `/vdrs/${made.id}`)).body.mappedElementIds).toEqual([201])
    expect((await ask(admin, 'DELETE', `/vdrs/${made.id}`)).status).toBe(409)
    expectOk(await ask(admin, 'DELETE', `/vdrs/${made.id}/transformations/${id}`))
    expectOk(await ask(admin, 'DELETE', `/vdrs/${made.id}`))
  })
})

describe('a system VDR', () => {
  let id: number
  let objectName: string
  const SYSTEM = { path: 'template', type: 'string', level: 'system' }
  beforeAll(async () => {
    objectName = freshName()
    const answer = expectOk(await ask(keeper, 'POST', '/vdrs?systemOnly=true', { objectName, fields: [SYSTEM] }))
    expectIgnored(answer, false)
    id = answer.body.id
    expect(answer.body.fields).toMatchObject([SYSTEM])
  })

  test('everybody reads it', async () => {
    const other = await people.signUp('Reader')
    for (const person of [admin, accountAdmin, user, other.admin]) {
      expect(expectOk(await ask(person, 'GET', `/vdrs/${id}`)).body).toMatchObject({ id, objectName, fields: [SYSTEM] })
      expect((await ask(person, 'GET', '/vdrs?systemOnly=true')).body.map((vdr: { id: number }) => vdr.id)).toContain(
        id,
      )
      expect((await ask(person, 'GET', '/organizations/objects/definitions?systemOnly=true')).body).toHaveProperty(
        objectName,
      )
    }
  })

  test('only whoever administers them makes them', async () => {
    for (const person of [admin, accountAdmin, user]) {
      const answer = await ask(person, 'POST', '/vdrs?systemOnly=true', { objectName: freshName(), fields: [SYSTEM] })
      expect(answer.status).toBe(403)
    }
  })

  for (const [who, person, level] of [
    ['an organization admin', () => admin, 'organization'],
    ['an account admin', () => accountAdmin, 'account'],
  ] as const) {
    test(`${who} adds fields of the own level, and takes them away again`, async () => {
      const own = { path: `of-${level}`, type: 'string', level }
      const system = (await ask(person(), 'GET', `/vdrs/${id}`)).body
      const changed = await ask(person(), 'PUT', `/vdrs/${id}`, {
        objectName: 'other',
        fields: [{ ...system.fields[0], path: 'changed' }, own],
      })
      expectOk(changed)
      expectIgnored(changed, true)
      expect(changed.body.objectName).toBe(objectName)
      expect(paths(changed)).toEqual([own.path, 'template'].sort())
      expect(paths(await ask(person(), 'GET', `/vdrs/${id}?systemOnly=true`))).toEqual(['template'])
      const other = await people.signUp('Stranger')
      expect(paths(await ask(other.admin, 'GET', `/vdrs/${id}`))).toEqual(['template'])

      const removed = expectOk(await ask(person(), 'DELETE', `/vdrs/${id}`))
      expectIgnored(removed, true)
      expect(paths(await ask(person(), 'GET', `/vdrs/${id}`))).toEqual(['template'])
    })
  }

  test('what an organization adds is a definition of that level', async () => {
    const system = (await ask(admin, 'GET', `/vdrs/${id}`)).body
    expectOk(await ask(admin, 'PUT', `/vdrs/${id}`, { fields: [...system.fields, { ...CODE, path: 'mine' }] }))
    expect(paths(await ask(admin, 'GET', `/organizations/objects/${objectName}/definitions`))).toEqual(['mine'])
    expectOk(await ask(admin, 'DELETE', `/organizations/objects/${objectName}/definitions`))
    expect(paths(await ask(admin, 'GET', `/vdrs/${id}`))).toEqual(['template'])
  })

  test('without the word the administrator’s own level is meant', async () => {
    const answer = expectOk(
      await ask(keeper, 'PUT', `/vdrs/${id}?systemOnly=true`, {
        objectName: `${objectName}-2`,
        description: 'of all',
        fields: [SYSTEM, { path: 'more', level: 'system' }],
      }),
    )
    expectIgnored(answer, false)
    expect(answer.body).toMatchObject({ id, objectName: `${objectName}-2`, description: 'of all' })
    expect(paths(answer)).toEqual(['more', 'template'])
    objectName = `${objectName}-2`
  })

  test('its mapping serves who has none', async () => {
    const instance = await people.provision(admin)
    const mapped = {
      vendorName: 'contacts',
      elementKey: 'base',
      fields: [{ path: 'template', vendorPath: 'first_name', level: 'system' }],
      configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false }, level: 'system' }],
    }
    expect(await ask(admin, 'POST', `/vdrs/${id}/transformations?systemOnly=true`, mapped)).toMatchObject({
      status: 403,
    })
    const { body } = expectOk(await ask(keeper, 'POST', `/vdrs/${id}/transformations?systemOnly=true`, mapped))
    expect(body.fields).toMatchObject([{ path: 'template', level: 'system' }])
    const call = (method: string, path: string, given?: unknown) =>
      hub.call(method, path, { authorization: `${admin.authorization}, Element ${instance.token}`, body: given })
    const contact = expectOk(await call('POST', '/contacts', { first_name: 'System', last_name: 'Wide' })).body
    expect(expectOk(await call('GET', `/${objectName}/${contact.id}`)).body).toEqual({ template: 'System' })
    expectOk(await ask(keeper, 'DELETE', `/vdrs/${id}/transformations/${body.id}?systemOnly=true`))
    expect([400, 404]).toContain((await call('GET', `/${objectName}/${contact.id}`)).status)
  })

  test('whoever administers them deletes it', async () => {
    const answer = expectOk(await ask(keeper, 'DELETE', `/vdrs/${id}?systemOnly=true`))
    expectIgnored(answer, false)
    expect((await ask(keeper, 'GET', `/vdrs/${id}`)).status).toBe(404)
    expect((await ask(admin, 'GET', `/vdrs/${id}`)).status).toBe(404)
  })
})

describe('who sees what (§6.3)', () => {
  test('organization, own account, and instances within reach', async () => {
    const objectName = freshName()
    const [ours, theirs] = [await people.provision(admin), await people.provision(user)]
    const { id } = await make(
      [
        { path: 'o', level: 'organization' },
        { path: 'a', level: 'account' },
        { path: 'i', level: 'instance', associatedId: ours.id },
      ],
      { objectName },
    )
    expectOk(
      await ask(accountAdmin, 'POST', `/accounts/objects/${objectName}/definitions`, { fields: [{ path: 'b' }] }),
    )
    expectOk(
      await ask(user, 'POST', `/instances/${theirs.id}/objects/${objectName}/definitions`, { fields: [{ path: 'j' }] }),
    )
    expect(paths(await ask(user, 'GET', `/vdrs/${id}`))).toEqual(['b', 'j', 'o'])
    expect(paths(await ask(accountAdmin, 'GET', `/vdrs/${id}`))).toEqual(['b', 'j', 'o'])
    expect(paths(await ask(admin, 'GET', `/vdrs/${id}`))).toEqual(expect.arrayContaining(['a', 'i', 'o']))
    expect(paths(await ask(admin, 'GET', `/vdrs/${id}`))).not.toContain('b')
  })

  test('another organization sees nothing', async () => {
    const stranger = (await people.signUp('Foreign')).admin
    const made = await make([CODE])
    const { id } = expectOk(
      await ask(admin, 'POST', `/vdrs/${made.id}/transformations`, {
        vendorName: 'contacts',
        elementKey: 'base',
        fields: [],
      }),
    ).body
    for (const [method, path, body] of [
      ['GET', `/vdrs/${made.id}`],
      ['GET', `/vdrs/${made.objectName}`],
      ['PUT', `/vdrs/${made.id}`, { fields: [] }],
      ['DELETE', `/vdrs/${made.id}`],
      ['GET', `/vdrs/${made.objectName}/export`],
      ['POST', `/vdrs/${made.id}/clone`, {}],
      ['GET', `/vdrs/${made.id}/transformations`],
      ['POST', `/vdrs/${made.id}/transformations`, { vendorName: 'contacts', elementKey: 'base', fields: [] }],
      ['GET', `/vdrs/${made.id}/transformations/${id}`],
      ['PUT', `/vdrs/${made.id}/transformations/${id}`, { vendorName: 'x' }],
      ['DELETE', `/vdrs/${made.id}/transformations/${id}`],
    ] as const) {
      expect((await ask(stranger, method, path, body)).status, `${method} ${path}`).toBe(404)
    }
  })

  test('what was read in another organization becomes one’s own, but for its instances', async () => {
    const stranger = (await people.signUp('Far')).admin
    const foreign = await people.provision(stranger)
    const theirs = await make(
      [CODE, { path: 'a', level: 'account' }, { path: 'i', level: 'instance', associatedId: foreign.id }],
      {},
      stranger,
    )
    const answer = await ask(admin, 'POST', '/vdrs', { ...theirs, objectName: freshName() })
    expectOk(answer)
    expectIgnored(answer, true)
    expect(answer.body.id).not.toBe(theirs.id)
    expect(answer.body.fields).toMatchObject([
      { path: 'code', level: 'organization', associatedId: organization.id },
      { path: 'a', level: 'account', associatedId: admin.accountId },
    ])
    const ids = new Set(theirs.fields.map(({ id }: Field) => id))
    expect(answer.body.fields.some(({ id }: Field) => ids.has(id))).toBe(false)
    expect((await ask(stranger, 'GET', `/vdrs/${theirs.id}`)).body).toEqual(theirs)
  })

  test('a transformation of another VDR is not found under this one', async () => {
    const [one, two] = [await make([CODE]), await make([CODE])]
    const { id } = expectOk(
      await ask(admin, 'POST', `/vdrs/${one.id}/transformations`, {
        vendorName: 'contacts',
        elementKey: 'base',
        fields: [],
      }),
    ).body
    expect((await ask(admin, 'GET', `/vdrs/${two.id}/transformations/${id}`)).status).toBe(404)
    expect((await ask(admin, 'DELETE', `/vdrs/${two.id}/transformations/${id}`)).status).toBe(404)
  })
})

describe('transformations', () => {
  let vdr: { id: number; objectName: string; fields: Field[] }
  let instances: { id: number; token: string }[]
  beforeAll(async () => {
    instances = [await people.provision(admin, 'first'), await people.provision(admin, 'second')]
    vdr = await make([CODE, { path: 'days', type: 'number', level: 'account' }])
  })
  const fieldId = (path: string) => vdr.fields.find((field) => field.path === path)?.id
  let id: number

  test('none at first', async () =>
    expect((await ask(admin, 'GET', `/vdrs/${vdr.id}/transformations`)).body).toEqual([]))

  test('POST links fields by id or path and answers both, with the type of the definition', async () => {
    const answer = expectOk(
      await ask(admin, 'POST', `/vdrs/${vdr.id}/transformations`, {
        ...{ vendorName: 'contacts', elementKey: 'base', isLegacy: false },
        configuration: [
          { type: 'passThrough', properties: { fromVendor: false, toVendor: false }, level: 'organization' },
        ],
        fields: [
          { vdrFieldId: fieldId('code'), vendorPath: 'first_name', level: 'organization' },
          { path: 'days', vendorPath: 'custom_fields.days', vendorType: 'string', level: 'account' },
          { path: 'one', vendorPath: 'title', level: 'instance', associatedId: instances[0]?.id },
          { path: 'two', vendorPath: 'phone', level: 'instance', associatedId: instances[1]?.id },
        ],
        script: {
          body: 'done(transformedObject);',
          mimeType: 'application/javascript',
          filterEmptyResponse: false,
          level: 'organization',
        },
      }),
    )
    id = answer.body.id
    expect(answer.body).toMatchObject({
      id: expect.any(Number),
      objectName: vdr.objectName,
      vendorName: 'contacts',
      elementKey: 'base',
      elementId: 201,
      isLegacy: false,
    })
    const field = (path: string) => answer.body.fields.find((each: Field) => each.path === path)
    expect(field('code')).toMatchObject({
      id: expect.any(Number),
      vdrFieldId: fieldId('code'),
      type: 'string',
      vendorPath: 'first_name',
      level: 'organization',
      associatedId: organization.id,
    })
    expect(field('days')).toMatchObject({
      vdrFieldId: fieldId('days'),
      type: 'number',
      vendorType: 'string',
      level: 'account',
      associatedId: admin.accountId,
    })
    expect(answer.body.script).toMatchObject({ body: 'done(transformedObject);', level: 'organization' })
    expect(answer.body.scripts).toMatchObject([
      { body: 'done(transformedObject);', level: 'organization', associatedId: organization.id },
    ])
  })

  test('instanceId merges the fields of that instance', async () => {
    const of = async (instanceId: number | undefined) =>
      paths(expectOk(await ask(admin, 'GET', `/vdrs/${vdr.id}/transformations/${id}?instanceId=${instanceId}`)))
    expect(await of(instances[0]?.id)).toEqual(['code', 'days', 'one'])
    expect(await of(instances[1]?.id)).toEqual(['code', 'days', 'two'])
  })

  test('the list shows it', async () => {
    const { body } = expectOk(await ask(admin, 'GET', `/vdrs/${vdr.id}/transformations`))
    expect(body).toMatchObject([{ id, vendorName: 'contacts', elementKey: 'base' }])
  })

  test('a second one for the same element is a conflict', async () => {
    const answer = await ask(admin, 'POST', `/vdrs/${vdr.id}/transformations`, {
      vendorName: 'contacts',
      elementKey: 'base',
      fields: [{ path: 'code', vendorPath: 'x', level: 'organization' }],
    })
    expect(answer.status).toBe(409)
  })

  test('the classic endpoints show each level', async () => {
    const name = vdr.objectName
    expect((await ask(admin, 'GET', `/organizations/elements/base/transformations/${name}`)).body).toMatchObject({
      vendorName: 'contacts',
      fields: [{ path: 'code' }],
      script: { body: 'done(transformedObject);' },
    })
    expect(
      (await ask(admin, 'GET', `/accounts/${admin.accountId}/elements/base/transformations/${name}`)).body.fields,
    ).toMatchObject([{ path: 'days' }])
  })

  test('PUT replaces what is given', async () => {
    const { body } = await ask(admin, 'GET', `/vdrs/${vdr.id}/transformations/${id}?instanceId=${instances[0]?.id}`)
    const fields = body.fields
      .filter(({ path }: Field) => path !== 'days')
      .map((field: Field) => (field.path === 'code' ? { ...field, vendorPath: 'last_name' } : field))
    const answer = expectOk(
      await ask(admin, 'PUT', `/vdrs/${vdr.id}/transformations/${id}?instanceId=${instances[0]?.id}`, {
        ...body,
        fields,
      }),
    )
    expect(paths(answer)).toEqual(['code', 'one'])
    expect(answer.body.fields.find(({ path }: Field) => path === 'code').vendorPath).toBe('last_name')
    expect(
      paths(await ask(admin, 'GET', `/vdrs/${vdr.id}/transformations/${id}?instanceId=${instances[1]?.id}`)),
    ).toEqual(['code', 'two'])
  })

  test('the script engine does not go back', async () => {
    const answer = await ask(admin, 'PUT', `/vdrs/${vdr.id}/transformations/${id}`, {
      vendorName: 'contacts',
      isLegacy: true,
      script: { body: 'return 1' },
    })
    expect(answer.status).toBe(400)
  })

  test('an unknown element', async () => {
    const answer = await ask(admin, 'POST', `/vdrs/${vdr.id}/transformations`, {
      vendorName: 'x',
      elementKey: 'nothere',
      fields: [],
    })
    expect(answer.status).toBe(404)
  })

  test('what is not there', async () => {
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect(
        (
          await ask(
            admin,
            method,
            `/vdrs/${vdr.id}/transformations/999999`,
            method === 'PUT' ? { vendorName: 'x' } : undefined,
          )
        ).status,
      ).toBe(404)
  })

  test('DELETE', async () => {
    expectOk(await ask(admin, 'DELETE', `/vdrs/${vdr.id}/transformations/${id}`))
    expect((await ask(admin, 'GET', `/vdrs/${vdr.id}/transformations`)).body).toEqual([])
    expect((await ask(admin, 'GET', `/organizations/elements/base/transformations/${vdr.objectName}`)).status).toBe(404)
  })
})

/** An element of this key in the caller's account, where the catalog has none: a copy of Base CRM. */
async function needElement(person: Person, key: string): Promise<void> {
  if ((await ask(person, 'GET', `/elements/${key}`)).status === 200) return
  const { id: _, ...base } = expectOk(await ask(person, 'GET', '/elements/base/export')).body
  expectOk(await ask(person, 'POST', '/elements', { ...base, key, name: key }))
}

describe('clone', () => {
  let source: { id: number; objectName: string }
  beforeAll(async () => {
    await needElement(admin, 'basecopy')
    source = await make([CODE])
    for (const elementKey of ['base', 'basecopy']) {
      expectOk(
        await ask(admin, 'POST', `/vdrs/${source.id}/transformations`, {
          vendorName: 'contacts',
          elementKey,
          fields: [{ path: 'code', vendorPath: 'first_name', level: 'organization' }],
        }),
      )
    }
  })
  const keys = async (id: number) => {
    const { body } = expectOk(await ask(admin, 'GET', `/vdrs/${id}/transformations`))
    return body.map(({ elementKey }: { elementKey: string }) => elementKey).sort()
  }
  const clone = async (query: string, objectName: string) =>
    expectOk(await ask(admin, 'POST', `/vdrs/${source.id}/clone${query}`, { objectName })).body

  test('into the account, without transformations', async () => {
    const made = await clone('', freshName())
    expect(made.id).not.toBe(source.id)
    expect(paths(await ask(admin, 'GET', `/accounts/objects/${made.objectName}/definitions`))).toEqual(['code'])
    expect((await ask(admin, 'GET', `/organizations/objects/${made.objectName}/definitions`)).status).toBe(404)
    expect(await keys(made.id)).toEqual([])
  })

  test('into the organization, with all transformations', async () => {
    const made = await clone('?level=organization&cloneAllTransformations=true', freshName())
    expect(paths(await ask(admin, 'GET', `/organizations/objects/${made.objectName}/definitions`))).toEqual(['code'])
    expect(await keys(made.id)).toEqual(['base', 'basecopy'])
    expect(
      (await ask(admin, 'GET', `/organizations/elements/base/transformations/${made.objectName}`)).body,
    ).toMatchObject({
      vendorName: 'contacts',
      fields: [{ path: 'code', vendorPath: 'first_name', level: 'organization' }],
    })
  })

  for (const [query, expected] of [
    ['?level=organization&elementKeys[]=base', ['base']],
    ['?level=organization&elementKeys[]=base,basecopy', ['base', 'basecopy']],
    ['?elementKeys%5B%5D=basecopy', ['basecopy']],
    ['?elementKeys[]=nothing', []],
  ] as const) {
    test(`the transformations that are named: ${query}`, async () => {
      expect(await keys((await clone(query, freshName())).id)).toEqual([...expected])
    })
  }

  test('a system VDR keeps its name', async () => {
    const objectName = freshName()
    const template = expectOk(
      await ask(keeper, 'POST', '/vdrs?systemOnly=true', {
        objectName,
        fields: [{ path: 'template', level: 'system' }],
      }),
    ).body
    expectOk(
      await ask(keeper, 'POST', `/vdrs/${template.id}/transformations?systemOnly=true`, {
        vendorName: 'contacts',
        elementKey: 'base',
        fields: [{ path: 'template', vendorPath: 'name', level: 'system' }],
      }),
    )
    const made = expectOk(
      await ask(admin, 'POST', `/vdrs/${template.id}/clone?level=organization&cloneAllTransformations=true`, {}),
    ).body
    expect(made).toMatchObject({ objectName })
    expect(paths(await ask(admin, 'GET', `/organizations/objects/${objectName}/definitions`))).toEqual(['template'])
    expect(
      (await ask(admin, 'GET', `/organizations/elements/base/transformations/${objectName}`)).body.fields,
    ).toMatchObject([{ path: 'template', vendorPath: 'name' }])
    expect((await ask(admin, 'POST', `/vdrs/${template.id}/clone?level=organization`, {})).status).toBe(409)
  })

  test('a name that is taken there', async () => {
    expect((await ask(admin, 'POST', `/vdrs/${source.id}/clone?level=organization`, {})).status).toBe(409)
  })

  test('who may not write that level', async () => {
    expect((await ask(user, 'POST', `/vdrs/${source.id}/clone`, { objectName: freshName() })).status).toBe(403)
    expect(
      (await ask(accountAdmin, 'POST', `/vdrs/${source.id}/clone?level=organization`, { objectName: freshName() }))
        .status,
    ).toBe(403)
    const made = expectOk(await ask(accountAdmin, 'POST', `/vdrs/${source.id}/clone`, { objectName: freshName() })).body
    expect(
      paths(await ask(accountAdmin, 'GET', `/accounts/${branch.id}/objects/${made.objectName}/definitions`)),
    ).toEqual(['code'])
  })

  test('one that is not there', async () =>
    expect((await ask(admin, 'POST', '/vdrs/999999/clone', {})).status).toBe(404))
})

describe('snippets', () => {
  const SNIPPET = {
    name: 'upper',
    body: 'done(transformedObject)',
    description: 'Shouts',
    snippetType: 'transformation',
  }
  test('made, read, changed, deleted', async () => {
    const { body } = expectOk(await ask(admin, 'POST', '/vdrs/snippets', SNIPPET))
    expect(body).toMatchObject({ id: expect.any(Number), ...SNIPPET })
    expect((await ask(admin, 'GET', `/vdrs/snippets/${body.id}`)).body).toEqual(body)
    const changed = expectOk(await ask(admin, 'PUT', `/vdrs/snippets/${body.id}`, { ...SNIPPET, name: 'lower' })).body
    expect(changed).toMatchObject({ id: body.id, name: 'lower', body: SNIPPET.body })
    expectOk(await ask(admin, 'DELETE', `/vdrs/snippets/${body.id}`))
    expect((await ask(admin, 'GET', `/vdrs/snippets/${body.id}`)).status).toBe(404)
    expect((await ask(admin, 'DELETE', `/vdrs/snippets/${body.id}`)).status).toBe(404)
  })

  test('another organization’s are not there', async () => {
    const { id } = expectOk(await ask(admin, 'POST', '/vdrs/snippets', SNIPPET)).body
    const stranger = (await people.signUp('Snippets')).admin
    expect((await ask(stranger, 'GET', `/vdrs/snippets/${id}`)).status).toBe(404)
    expect((await ask(stranger, 'PUT', `/vdrs/snippets/${id}`, SNIPPET)).status).toBe(404)
    expect((await ask(stranger, 'DELETE', `/vdrs/snippets/${id}`)).status).toBe(404)
  })

  test('of the system: read by all, written by whoever administers common resources', async () => {
    expect((await ask(admin, 'POST', '/vdrs/snippets', { ...SNIPPET, level: 'system' })).status).toBe(403)
    const { body } = expectOk(await ask(keeper, 'POST', '/vdrs/snippets', { ...SNIPPET, level: 'system' }))
    expect(body.level).toBe('system')
    const stranger = (await people.signUp('More snippets')).admin
    expectOk(await ask(stranger, 'GET', `/vdrs/snippets/${body.id}`))
    expect((await ask(stranger, 'DELETE', `/vdrs/snippets/${body.id}`)).status).toBe(403)
    expectOk(await ask(keeper, 'DELETE', `/vdrs/snippets/${body.id}`))
  })

  test('they go with their account', async () => {
    const account = await people.addAccount(admin, 'short-lived')
    const member = await people.addUser(admin, account.id)
    const { id } = expectOk(await ask(member, 'POST', '/vdrs/snippets', SNIPPET)).body
    const { body } = expectOk(await ask(member, 'POST', '/vdrs/snippets', SNIPPET))
    expect((await ask(member, 'GET', '/vdrs/snippets')).body.map((one: { id: number }) => one.id)).toContain(id)
    expectOk(await ask(admin, 'DELETE', `/accounts/${account.id}`))
    const { rows } = await sql`select from snippets where id = any(${[id, body.id]}::integer[])`.execute(
      hub.hub.store.db,
    )
    expect(rows).toEqual([])
  })

  for (const [fact, body] of [
    ['nothing', {}],
    ['no name', { body: 'done()' }],
    ['a name that is no text', { ...SNIPPET, name: 1 }],
  ] as [string, unknown][]) {
    test(`refused: ${fact}`, async () => expect((await ask(admin, 'POST', '/vdrs/snippets', body)).status).toBe(400))
  }
})

test('the audit log tells what was done, under the name', async () => {
  const { id, objectName } = await make([CODE])
  const mapped = { vendorName: 'contacts', elementKey: 'base', fields: [{ ...CODE, vendorPath: 'name' }] }
  expectOk(await ask(admin, 'PUT', `/vdrs/${id}`, { description: 'changed' }))
  expectOk(await ask(admin, 'POST', `/vdrs/${id}/transformations`, mapped))
  const document = expectOk(await ask(admin, 'GET', `/vdrs/${id}/export`)).body
  expectOk(await ask(admin, 'PUT', '/vdrs/import', { ...document, definition: { fields: [] } }))
  expectOk(await ask(admin, 'DELETE', `/vdrs/${id}?force=true`))
  const { body } = expectOk(await ask(admin, 'GET', `/audit-logs/common-resources/${objectName}`))
  const records = body.map((record: { action: string }) => record.action).toSorted()
  expect(records).toEqual(['create', 'delete', 'import', 'update', 'update'])
  const created = body.find((record: { action: string }) => record.action === 'create')
  expect(created).toMatchObject({
    entity_id: objectName,
    user_id: admin.id,
    after: { objectName, fields: [{ path: 'code' }] },
  })
})

describe('upgrade and rollback (§6.4)', () => {
  test('everything stays as it is', async () => {
    const { admin: owner, id: organizationId } = await people.signUp('Upgraded')
    const instance = await people.provision(owner)
    const call = (method: string, path: string, body?: unknown) =>
      hub.call(method, path, { authorization: `${owner.authorization}, Element ${instance.token}`, body })
    const contact = expectOk(
      await call('POST', '/contacts', { first_name: 'Ada', last_name: 'Lovelace', title: 'Countess' }),
    ).body
    const version = async () => (await ask(owner, 'GET', '/organizations/me')).body.vdrVersion
    expect(await version()).toBe('v1')
    const { id } = expectOk(
      await ask(owner, 'POST', '/organizations/objects/person/definitions', { fields: [{ path: 'given' }] }),
    ).body
    expectOk(await ask(owner, 'POST', '/accounts/objects/person/definitions', { fields: [{ path: 'family' }] }))
    expectOk(
      await ask(owner, 'POST', `/instances/${instance.id}/objects/person/definitions`, { fields: [{ path: 'rank' }] }),
    )
    const configuration = [
      { type: 'inherit' },
      { type: 'passThrough', properties: { fromVendor: false, toVendor: false } },
    ]
    expectOk(
      await ask(owner, 'POST', '/organizations/elements/base/transformations/person', {
        vendorName: 'contacts',
        configuration,
        fields: [{ path: 'given', vendorPath: 'first_name' }],
        script: { body: 'transformedObject.seen = true; done(transformedObject)' },
      }),
    )
    expectOk(
      await ask(owner, 'POST', `/accounts/${owner.accountId}/elements/base/transformations/person`, {
        vendorName: 'contacts',
        configuration,
        fields: [{ path: 'family', vendorPath: 'last_name' }],
      }),
    )
    expectOk(
      await ask(owner, 'POST', `/instances/${instance.id}/transformations/person`, {
        vendorName: 'contacts',
        configuration,
        fields: [{ path: 'rank', vendorPath: 'title' }],
      }),
    )

    const CLASSIC = [
      '/organizations/objects/definitions',
      '/organizations/objects/person/definitions',
      '/accounts/objects/definitions',
      `/instances/${instance.id}/objects/person/definitions`,
      '/organizations/elements/base/transformations',
      '/organizations/elements/base/transformations/person',
      `/accounts/${owner.accountId}/elements/base/transformations/person`,
      `/instances/${instance.id}/transformations/person`,
      '/common-resources/person',
      `/vdrs/${id}`,
    ]
    const look = async () => {
      const answers = []
      for (const path of CLASSIC) answers.push(expectOk(await ask(owner, 'GET', path)).body)
      answers.push(expectOk(await call('GET', `/person/${contact.id}`)).body)
      return answers
    }
    const before = await look()
    expect(before.at(-1)).toEqual({ given: 'Ada', family: 'Lovelace', rank: 'Countess', seen: true })
    for (const [method, expected] of [
      ['PUT', 'v2'],
      ['PUT', 'v2'],
      ['DELETE', 'v1'],
      ['DELETE', 'v1'],
      ['PUT', 'v2'],
    ] as const) {
      expectOk(await ask(owner, method, '/vdrs/upgrade/v2', method === 'PUT' ? {} : undefined))
      expect(await version()).toBe(expected)
      expect(await look()).toEqual(before)
    }
    expect(paths(await ask(owner, 'GET', `/vdrs/${id}`))).toEqual(['family', 'given', 'rank'])
    const [transformation] = (await ask(owner, 'GET', `/vdrs/${id}/transformations`)).body
    expect(transformation.script).toMatchObject({ level: 'organization' })
    expect(organizationId).toBeGreaterThan(0)
  })

  test('other organizations, by whoever administers common resources', async () => {
    const [one, two] = [await people.signUp('One'), await people.signUp('Two')]
    const version = async (of: Organization) => (await ask(of.admin, 'GET', '/organizations/me')).body.vdrVersion
    expectOk(await ask(keeper, 'PUT', `/vdrs/upgrade/v2?orgIds[]=${one.id}&orgIds[]=${two.id}`, {}))
    expect([await version(one), await version(two)]).toEqual(['v2', 'v2'])
    expectOk(await ask(keeper, 'DELETE', `/vdrs/upgrade/v2?orgIds[]=${two.id}`))
    expect([await version(one), await version(two)]).toEqual(['v2', 'v1'])
    expect((await ask(one.admin, 'DELETE', `/vdrs/upgrade/v2?orgIds[]=${two.id}`)).status).toBe(403)
    expect((await ask(one.admin, 'PUT', `/vdrs/upgrade/v2?orgIds[]=${two.id}`, {})).status).toBe(403)
    expect((await ask(keeper, 'PUT', '/vdrs/upgrade/v2?orgIds[]=999999', {})).status).toBe(404)
    expect(await version(two)).toBe('v1')
  })

  test('not by everybody', async () => {
    expect((await ask(user, 'PUT', '/vdrs/upgrade/v2', {})).status).toBe(403)
    expect((await ask(accountAdmin, 'DELETE', '/vdrs/upgrade/v2')).status).toBe(403)
  })
})

describe('export and import (§7)', () => {
  let importer: Person
  beforeAll(async () => {
    importer = (await people.signUp('Imported')).admin
    await needElement(importer, 'sfdc')
  })
  const DOCUMENT = {
    ...{ vdrName: 'my-partner', vdrVersion: 'v2' },
    definition: {
      ...{
        objectName: 'my-partner',
        description: 'partners',
        createdDate: '2021-01-05 10:00:00.1',
        vdrShared: false,
        vdrShareLevel: 'account',
      },
      fields: [
        { displayName: '', level: 'organization', path: 'code', type: 'string' },
        { displayName: 'Nick', level: 'account', path: 'code', type: 'number' },
      ],
    },
    transformation: {
      base: {
        ...{ elementKey: 'base', objectName: 'my-partner', vendorName: 'contacts', isLegacy: false },
        configuration: [
          { level: 'organization', type: 'passThrough', properties: { fromVendor: false, toVendor: false } },
        ],
        fields: [
          { level: 'organization', path: 'code', type: 'string', vendorPath: 'first_name', vendorType: 'string' },
        ],
        script: {
          body: 'done(transformedObject)',
          mimeType: 'application/javascript',
          filterEmptyResponse: false,
          level: 'organization',
        },
        scripts: [
          {
            body: 'done(transformedObject)',
            mimeType: 'application/javascript',
            filterEmptyResponse: false,
            level: 'organization',
          },
        ],
      },
    },
  }
  type Document = Omit<typeof DOCUMENT, 'transformation'> & { transformation: Record<string, unknown> }
  const exportOf = async (name: string) =>
    expectOk(await ask(importer, 'GET', `/vdrs/${encodeURIComponent(name)}/export`)).body
  const importThat = (document: unknown) => ask(importer, 'PUT', '/vdrs/import', document)

  /** What is the same in two documents: lists in any order, and no date, which is the one of the import. */
  function comparable(value: unknown): unknown {
    if (Array.isArray(value))
      return value.map(comparable).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== 'createdDate')
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => [key, comparable(member)]),
    )
  }

  test('a document comes in, and out again as it was', async () => {
    const answer = expectOk(await importThat(DOCUMENT))
    expectIgnored(answer, false)
    expect(answer.body).toMatchObject({ id: expect.any(Number), objectName: 'my-partner' })
    const exported = await exportOf('my-partner')
    expect(comparable(exported)).toEqual(comparable(DOCUMENT))
    expect(JSON.stringify(exported)).not.toMatch(/"(id|associatedId|vdrFieldId|companyId|accountId|userId|elementId)":/)
    expect(exported.definition.createdDate).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
  })

  test('again changes nothing', async () => {
    const before = (await ask(importer, 'GET', '/vdrs/my-partner')).body
    const transformations = (await ask(importer, 'GET', `/vdrs/${before.id}/transformations`)).body
    expectOk(await importThat(DOCUMENT))
    expectOk(await importThat(await exportOf('my-partner')))
    expect((await ask(importer, 'GET', '/vdrs/my-partner')).body).toEqual(before)
    expect((await ask(importer, 'GET', `/vdrs/${before.id}/transformations`)).body).toEqual(transformations)
  })

  test('what a newer document lacks goes', async () => {
    const fields = DOCUMENT.definition.fields.slice(0, 1)
    expectOk(await importThat({ ...DOCUMENT, definition: { ...DOCUMENT.definition, fields } }))
    expect((await ask(importer, 'GET', '/vdrs/my-partner')).body.fields).toHaveLength(1)
    expectOk(await importThat(DOCUMENT))
  })

  for (const [fact, change, check] of [
    [
      'script objects without body are no scripts',
      (it: Document) => ({
        ...it,
        transformation: {
          base: {
            ...DOCUMENT.transformation.base,
            script: { mimeType: 'application/javascript', level: 'organization' },
            scripts: undefined,
          },
        },
      }),
      (it: Record<string, unknown>) => expect(it).not.toHaveProperty('script'),
    ],
    [
      'scripts count where script has no body',
      (it: Document) => ({
        ...it,
        transformation: {
          base: {
            ...DOCUMENT.transformation.base,
            script: { mimeType: 'application/javascript', level: 'organization' },
          },
        },
      }),
      (it: Record<string, unknown>) => expect(it['script']).toMatchObject({ body: 'done(transformedObject)' }),
    ],
    [
      'script alone',
      (it: Document) => ({ ...it, transformation: { base: { ...DOCUMENT.transformation.base, scripts: undefined } } }),
      (it: Record<string, unknown>) => expect(it['script']).toMatchObject({ body: 'done(transformedObject)' }),
    ],
    [
      'without level it is the organization',
      (it: Document) => ({
        ...it,
        definition: { ...it.definition, fields: [{ path: 'code', type: 'string' }] },
        transformation: {
          base: {
            vendorName: 'contacts',
            fields: [{ path: 'code', vendorPath: 'first_name' }],
            script: { body: 'done()' },
          },
        },
      }),
      (it: Record<string, unknown>) =>
        expect(it).toMatchObject({
          fields: [{ path: 'code', level: 'organization' }],
          script: { level: 'organization' },
        }),
    ],
    [
      'numbers of another organization mean nothing',
      (it: Document) => ({
        ...it,
        id: 1,
        definition: { ...it.definition, id: 1, companyId: 2, accountId: 3 },
        transformation: {
          base: {
            ...DOCUMENT.transformation.base,
            id: 7,
            elementId: 23,
            fields: [
              { id: 9, vdrFieldId: 8, associatedId: 7, level: 'organization', path: 'code', vendorPath: 'first_name' },
            ],
          },
        },
      }),
      (it: Record<string, unknown>) =>
        expect(it).toMatchObject({ fields: [{ path: 'code', vendorPath: 'first_name' }] }),
    ],
  ] as [string, (document: Document) => unknown, (transformation: Record<string, unknown>) => void][]) {
    test(fact, async () => {
      const name = freshName()
      const document: Document = {
        ...DOCUMENT,
        vdrName: name,
        definition: { ...DOCUMENT.definition, objectName: name },
      }
      expectOk(await importThat(change(document)))
      check((await exportOf(name)).transformation.base)
    })
  }

  test('an element that is not here is told, and the rest comes in', async () => {
    const name = freshName()
    const answer = expectOk(
      await importThat({
        ...DOCUMENT,
        vdrName: name,
        definition: { ...DOCUMENT.definition, objectName: name },
        transformation: { ...DOCUMENT.transformation, nothere: DOCUMENT.transformation.base },
      }),
    )
    expectIgnored(answer, true)
    expect(Object.keys((await exportOf(name)).transformation)).toEqual(['base'])
    const foreign = await importThat({ ...DOCUMENT, vdrName: name, transformation: { 'дело\r\n': {} } })
    expectIgnored(expectOk(foreign), true)
    expect(foreign.headers.get('elements-error')).toContain('"????')
  })

  for (const [fact, body] of [
    ['nothing', {}],
    ['a list of nothing', []],
    ['no name', { definition: { fields: [] }, transformation: {} }],
    ['no definition', { vdrName: 'x', transformation: {} }],
    ['a transformation that is none', { ...DOCUMENT, transformation: { base: 'x' } }],
  ] as [string, unknown][]) {
    test(`refused: ${fact}`, async () => expect((await importThat(body)).status).toBe(400))
  }

  test('of what is not there', async () =>
    expect((await ask(importer, 'GET', '/vdrs/nothing/export')).status).toBe(404))

  test('whoever may not write the levels of a document imports the rest', async () => {
    const name = freshName()
    const answer = await ask(accountAdmin, 'PUT', '/vdrs/import', {
      ...DOCUMENT,
      vdrName: name,
      definition: { ...DOCUMENT.definition, objectName: name },
    })
    expectOk(answer)
    expectIgnored(answer, true)
    expect(answer.body.fields).toMatchObject([{ level: 'account', type: 'number' }])
  })

  const folder = join(process.env['VALENCE_TEST_EXPORTS'] ?? '', 'vdrs')
  const files = process.env['VALENCE_TEST_EXPORTS'] ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'))
  const documents = files.map(read).filter((each) => each.vdrName !== undefined)
  // the second form: definition and transformations in files of their own
  const apart = files
    .filter((name) => name.endsWith('.objectDefinition.json'))
    .map((name) => {
      const vdrName = name.replace('.objectDefinition.json', '')
      const mapped = files.filter((each) => each.startsWith(`${vdrName}.`) && each.endsWith('.transformation.json'))
      const transformation = Object.fromEntries(mapped.map((each) => [each.split('.')[1], read(each)]))
      return { vdrName, definition: read(name), transformation }
    })

  describe.skipIf(files.length === 0)('real documents', () => {
    for (const document of [...documents, ...apart]) {
      test(`${document.vdrName}, ${document.vdrVersion ?? 'from files of its parts'}`, async () => {
        expectIgnored(expectOk(await importThat(document)), false)
        const exported = await exportOf(document.vdrName)
        expect(exported.vdrName).toBe(document.vdrName)
        const bare = (fields: Field[]) => comparable(fields.map(({ displayName: _, ...field }) => field))
        expect(bare(exported.definition.fields)).toEqual(bare(document.definition.fields))
        for (const [key, given] of Object.entries<Record<string, Field[]> & { script?: { body?: string } }>(
          document.transformation,
        )) {
          // the file has the script twice, indented otherwise: `script` counts where it has a body
          const scripts = given.script?.body === undefined ? given['scripts'] : [given.script]
          expect(comparable(exported.transformation[key])).toMatchObject({
            ...{ vendorName: given['vendorName'], isLegacy: given['isLegacy'], fields: comparable(given['fields']) },
            ...{ configuration: comparable(given['configuration']), scripts: comparable(scripts) },
          })
        }
        expectOk(await importThat(exported))
        expect(comparable(await exportOf(document.vdrName))).toEqual(comparable(exported))
      })
    }
  })
})

test('whoever is nobody gets 401', async () => {
  for (const path of ['/vdrs', '/vdrs/1', '/vdrs/x/export', '/vdrs/1/transformations'])
    expect((await hub.call('GET', path, { authorization: null })).status).toBe(401)
})
