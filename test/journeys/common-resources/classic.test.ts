import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { type Account, meetPeople, type Organization, type People, type Person } from '../../support/people.ts'
import { NOT_FOUND, NOTHING, type Send, type Step, tellSteps } from '../../support/steps.ts'

/** Definitions and transformations through the endpoints that clients have known longest, and `/common-resources` (spec 20 §3–§5). */
let hub: TestHub
let people: People

beforeAll(async () => {
  hub = await startTestHub()
  people = await meetPeople(hub)
})
afterAll(() => hub.close())

/** An organization with a Base CRM instance, so that no story sees what another one left. */
interface Stage {
  organization: Organization
  admin: Person
  instance: { id: number; token: string }
  /** paths may name `{account}` and `{instance}`; `/instances/objects…` and `/instances/transformations…` carry the token */
  send: Send
}

let stages = 0
async function setStage(): Promise<Stage> {
  const organization = await people.signUp(`Classic ${++stages}`)
  const { admin } = organization
  const instance = await people.provision(admin)
  return { organization, admin, instance, send: sender(admin, instance) }
}

function sender(person: Person, instance: { id: number; token: string }): Send {
  return (method, path, body) => {
    const filled = path.replaceAll('{account}', String(person.accountId)).replaceAll('{instance}', String(instance.id))
    const isTokenForm = /^\/instances\/(objects|transformations)/.test(filled)
    const authorization = isTokenForm ? `${person.authorization}, Element ${instance.token}` : person.authorization
    return hub.call(method, filled, { authorization, body })
  }
}

/** A story on a stage of its own. */
function story(name: string, steps: readonly Step[]): void {
  describe(name, () => {
    let stage: Stage
    beforeAll(async () => {
      stage = await setStage()
    })
    tellSteps(steps, () => stage.send)
  })
}

const CODE = { path: 'code', type: 'string' }
const TERMS = { path: 'terms.days', type: 'number' }
const CITY = { path: 'sites[*].city', type: 'string' }
const PARTNER = { fields: [CODE, TERMS, CITY] }
const paths = ({ body }: Answer) => body.fields.map(({ path }: { path: string }) => path).sort()
const hasPaths =
  (...expected: string[]) =>
  (answer: Answer) =>
    expect(paths(answer)).toEqual([...expected].sort())

const LEVELS: [level: string, owner: string][] = [
  ['organization', '/organizations'],
  ['account', '/accounts'],
  ['account', '/accounts/{account}'],
  ['instance', '/instances/{instance}'],
  ['instance', '/instances'],
]

for (const [level, L] of LEVELS) {
  const dictionary = `${L}/objects/definitions`
  const one = `${L}/objects/my-partner/definitions`
  const renamed = `${L}/objects/our-partner/definitions`
  const made = { id: expect.any(Number), objectName: 'my-partner', level }
  story(`definitions of ${L}`, [
    ['at first there is nothing', `GET ${dictionary}`, undefined, 404, NOTHING],
    ['nor one of a name', `GET ${one}`, undefined, 404, NOT_FOUND],
    ['PUT makes none', `PUT ${one}`, PARTNER, 404, NOT_FOUND],
    ['DELETE finds none', `DELETE ${one}`, undefined, 404, NOT_FOUND],
    ['PATCH finds none', `PATCH ${L}/objects/my-partner`, { objectName: 'x' }, 404, NOT_FOUND],
    ['POST makes one', `POST ${one}`, PARTNER, 200, { ...made, fields: [CODE, TERMS, CITY] }],
    ['POST again is a conflict', `POST ${one}`, PARTNER, 409],
    ['GET shows it', `GET ${one}`, undefined, 200, { ...made, fields: [CODE, TERMS, CITY] }],
    [
      'the dictionary shows it',
      `GET ${dictionary}`,
      undefined,
      200,
      { 'my-partner': { level, fields: [CODE, TERMS, CITY] } },
    ],
    [
      'the dictionary holds definitions only',
      `GET ${dictionary}`,
      undefined,
      200,
      (answer: Answer) => expect(Object.keys(answer.body)).toEqual(['my-partner']),
    ],
    [
      'PUT replaces the fields',
      `PUT ${one}`,
      { fields: [CODE, { path: 'nick' }] },
      200,
      { ...made, fields: [CODE, { path: 'nick', type: 'string' }] },
    ],
    ['only the new fields are left', `GET ${one}`, undefined, 200, hasPaths('code', 'nick')],
    ['no fields at all is legal', `PUT ${one}`, { fields: [] }, 200, { ...made, fields: [] }],
    ['and is still there', `GET ${one}`, undefined, 200, { ...made, fields: [] }],
    ['fields again', `PUT ${one}`, { fields: [CODE] }, 200],
    ['PATCH renames', `PATCH ${L}/objects/my-partner`, { objectName: 'our-partner' }, 200],
    ['the old name is gone', `GET ${one}`, undefined, 404, NOT_FOUND],
    [
      'the new name has the fields',
      `GET ${renamed}`,
      undefined,
      200,
      { objectName: 'our-partner', level, fields: [CODE] },
    ],
    ['the old name can be taken again', `POST ${one}`, { fields: [TERMS] }, 200],
    ['a name that is taken is no new name', `PATCH ${L}/objects/my-partner`, { objectName: 'our-partner' }, 409],
    ['DELETE removes', `DELETE ${one}`, undefined, 200],
    ['it is gone', `GET ${one}`, undefined, 404, NOT_FOUND],
    ['DELETE twice finds none', `DELETE ${one}`, undefined, 404, NOT_FOUND],
    ['the last one goes', `DELETE ${renamed}`, undefined, 200],
    ['then there is nothing again', `GET ${dictionary}`, undefined, 404, NOTHING],
  ])
}

for (const [level, L] of LEVELS.slice(0, 3)) {
  const dictionary = `${L}/objects/definitions`
  story(`dictionaries of ${L}`, [
    [
      'POST makes all of it, and the entry that is no definition is skipped',
      `POST ${dictionary}`,
      { level, alpha: { fields: [CODE] }, beta: { fields: [TERMS], objectName: 'other' } },
      200,
      { alpha: { fields: [CODE] }, beta: { fields: [TERMS] } },
    ],
    [
      'GET shows all of it',
      `GET ${dictionary}`,
      undefined,
      200,
      (answer: Answer) => expect(Object.keys(answer.body).sort()).toEqual(['alpha', 'beta']),
    ],
    ['one of it is a conflict', `POST ${dictionary}`, { alpha: { fields: [] }, gamma: { fields: [] } }, 409],
    ['and nothing of a refused dictionary is kept', `GET ${L}/objects/gamma/definitions`, undefined, 404],
    ['a list is no dictionary', `POST ${dictionary}`, [{ fields: [] }], 400],
    ['DELETE removes all', `DELETE ${dictionary}`, undefined, 200],
    ['it is gone', `GET ${dictionary}`, undefined, 404, NOTHING],
  ])
}

story('dictionaries of instances are read only', [
  ['POST', 'POST /instances/{instance}/objects/definitions', { a: { fields: [] } }, 405],
  ['DELETE', 'DELETE /instances/{instance}/objects/definitions', undefined, 405],
])

describe('definitions take what clients send', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  let counter = 0
  const post = (body: unknown) => stage.send('POST', `/organizations/objects/thing-${++counter}/definitions`, body)

  for (const [fact, body, shows] of [
    ['the name in the path wins', { objectName: 'other', name: 'another', fields: [CODE] }, { fields: [CODE] }],
    ['a level of the body means nothing', { level: 'account', fields: [CODE] }, { level: 'organization' }],
    ['a foreign id means nothing', { id: 4711, description: 'Partners', fields: [CODE] }, { fields: [CODE] }],
    ['without type it is a string', { fields: [{ path: 'code' }] }, { fields: [{ path: 'code', type: 'string' }] }],
    ['display names stay', { fields: [{ ...CODE, displayName: 'Code' }] }, { fields: [{ displayName: 'Code' }] }],
    [
      'foreign ids of fields mean nothing',
      { fields: [{ ...CODE, id: 99, associatedId: 98, vdrFieldId: 97 }] },
      { fields: [CODE] },
    ],
    [
      'the shape of /common-resources',
      {
        name: 'x',
        elementInstanceIds: [],
        mappedElementIds: [],
        fields: [{ ...CODE, associatedLevel: 'organization' }],
      },
      { fields: [CODE] },
    ],
    [
      'names of definitions as types',
      {
        fields: [
          { path: 'a', type: 'addressInfo' },
          { path: 'b', type: 'array[addressInfo]' },
        ],
      },
      { fields: [{ type: 'addressInfo' }, { type: 'array[addressInfo]' }] },
    ],
    [
      'date masks as types',
      {
        fields: [
          { path: 'd', type: "yyyy-MM-dd'T'HH:mm:ssXXX" },
          { path: 'e', type: 'milliseconds' },
          { path: 'f', type: 'Vendor date format' },
        ],
      },
      { fields: [{ type: "yyyy-MM-dd'T'HH:mm:ssXXX" }, { type: 'milliseconds' }, { type: 'Vendor date format' }] },
    ],
    [
      'any characters in paths',
      { fields: [{ path: 'a-b_c$d:e f.G[*].h[0]' }] },
      { fields: [{ path: 'a-b_c$d:e f.G[*].h[0]' }] },
    ],
    ['no fields said', { objectName: 'x' }, { fields: [] }],
    ['fields of null', { fields: null }, { fields: [] }],
  ] as [string, unknown, object][]) {
    test(fact, async () => {
      const answer = await post(body)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toMatchObject({ objectName: `thing-${counter}`, ...shows })
      expect(answer.body.id).not.toBe(4711)
      const read = await stage.send('GET', `/organizations/objects/thing-${counter}/definitions`, undefined)
      expect(read.body).toMatchObject(shows)
    })
  }

  for (const [fact, body] of [
    ['a list', []],
    ['a text', 'fields'],
    ['fields that are no list', { fields: { code: 'string' } }],
    ['a field that is no object', { fields: ['code'] }],
    ['a field without path', { fields: [{ type: 'string' }] }],
    ['a path that is no text', { fields: [{ path: 1 }] }],
  ] as [string, unknown][]) {
    test(`refused: ${fact}`, async () => expect((await post(body)).status).toBe(400))
  }

  test('the singular of an old document means the plural', async () => {
    const answer = await stage.send('POST', '/organizations/objects/definition', { 'old-name': { fields: [CODE] } })
    expect(answer.status, answer.text).toBe(200)
    expect(
      (await stage.send('GET', '/organizations/objects/old-name/definitions', undefined)).body.fields,
    ).toHaveLength(1)
  })

  test('names may hold what a URL must escape', async () => {
    const path = `/organizations/objects/${encodeURIComponent('My Partner 2')}/definitions`
    expect((await stage.send('POST', path, { fields: [CODE] })).body.objectName).toBe('My Partner 2')
    expect((await stage.send('GET', path, undefined)).body.objectName).toBe('My Partner 2')
  })
})

story('levels of one name are strangers', [
  [
    'organization',
    'POST /organizations/objects/deal/definitions',
    { fields: [{ path: 'o' }, { path: 'x', type: 'string' }] },
    200,
  ],
  [
    'account',
    'POST /accounts/objects/deal/definitions',
    { fields: [{ path: 'a' }, { path: 'x', type: 'number' }] },
    200,
  ],
  ['instance', 'POST /instances/{instance}/objects/deal/definitions', { fields: [{ path: 'i' }] }, 200],
  [
    'each shows its own fields: organization',
    'GET /organizations/objects/deal/definitions',
    undefined,
    200,
    hasPaths('o', 'x'),
  ],
  ['each shows its own fields: account', 'GET /accounts/objects/deal/definitions', undefined, 200, hasPaths('a', 'x')],
  [
    'each shows its own fields: instance',
    'GET /instances/{instance}/objects/deal/definitions',
    undefined,
    200,
    hasPaths('i'),
  ],
  ['PUT changes one level', 'PUT /accounts/objects/deal/definitions', { fields: [{ path: 'b' }] }, 200, hasPaths('b')],
  ['and no other', 'GET /organizations/objects/deal/definitions', undefined, 200, hasPaths('o', 'x')],
  ['rename at one level', 'PATCH /accounts/objects/deal', { objectName: 'bargain' }, 200],
  [
    'the others keep the name: organization',
    'GET /organizations/objects/deal/definitions',
    undefined,
    200,
    hasPaths('o', 'x'),
  ],
  [
    'the others keep the name: instance',
    'GET /instances/{instance}/objects/deal/definitions',
    undefined,
    200,
    hasPaths('i'),
  ],
  ['that level has the new one', 'GET /accounts/objects/bargain/definitions', undefined, 200, hasPaths('b')],
  ['and not the old one', 'GET /accounts/objects/deal/definitions', undefined, 404],
  [
    'two common resources now',
    'GET /common-resources',
    undefined,
    200,
    ({ body }: Answer) => expect(body.map(({ name }: { name: string }) => name).sort()).toEqual(['bargain', 'deal']),
  ],
  ['it can be renamed back', 'PATCH /accounts/objects/bargain', { objectName: 'deal' }, 200],
  [
    'and is one again',
    'GET /common-resources',
    undefined,
    200,
    ({ body }: Answer) => expect(body.map(({ name }: { name: string }) => name)).toEqual(['deal']),
  ],
  ['DELETE takes one level', 'DELETE /organizations/objects/deal/definitions', undefined, 200],
  ['and no other', 'GET /instances/{instance}/objects/deal/definitions', undefined, 200, hasPaths('i')],
])

const MAPPED = {
  vendorName: 'contacts',
  fields: [
    { path: 'code', type: 'string', vendorPath: 'first_name', vendorType: 'string' },
    { path: 'terms.days', vendorPath: 'custom_fields.days' },
  ],
  configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
}

const PLACES: [level: string, definitions: string, transformations: string][] = [
  ['organization', '/organizations', '/organizations/elements/base/transformations'],
  ['organization', '/organizations', '/organizations/elements/201/transformations'],
  ['account', '/accounts', '/accounts/{account}/elements/base/transformations'],
  ['account', '/accounts', '/accounts/{account}/elements/201/transformations'],
  ['instance', '/instances/{instance}', '/instances/{instance}/transformations'],
  ['instance', '/instances', '/instances/transformations'],
]

for (const [level, L, T] of PLACES) {
  const one = `${T}/my-partner`
  const definition = `${L}/objects/my-partner/definitions`
  const shape = { objectName: 'my-partner', vendorName: 'contacts', isLegacy: false, elementId: 201 }
  const fields = [
    { path: 'code', type: 'string', level, vendorPath: 'first_name', vendorType: 'string' },
    { path: 'terms.days', type: 'number', level, vendorPath: 'custom_fields.days' },
  ]
  story(`transformations of ${T}`, [
    ['at first there is nothing', `GET ${T}`, undefined, 404, NOTHING],
    ['nor one of a name', `GET ${one}`, undefined, 404, NOT_FOUND],
    ['without a definition there is none to make', `POST ${one}`, MAPPED, 404, NOT_FOUND],
    ['a definition', `POST ${definition}`, PARTNER, 200],
    ['PUT makes none', `PUT ${one}`, MAPPED, 404, NOT_FOUND],
    ['DELETE finds none', `DELETE ${one}`, undefined, 404, NOT_FOUND],
    ['POST makes one; missing types are the definition’s', `POST ${one}`, MAPPED, 200, { ...shape, fields }],
    ['POST again is a conflict', `POST ${one}`, MAPPED, 409],
    ['GET shows it', `GET ${one}`, undefined, 200, { ...shape, fields, configuration: MAPPED.configuration }],
    [
      'with a creation stamp without trailing zeros',
      `GET ${one}`,
      undefined,
      200,
      ({ body }: Answer) => expect(body.startDate).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,5}[1-9])?$/),
    ],
    ['the dictionary shows it', `GET ${T}`, undefined, 200, { 'my-partner': { ...shape, fields } }],
    ['by the id of the element as well', `GET ${one.replace('/base/', '/201/')}`, undefined, 200, shape],
    ['by the key of the element as well', `GET ${one.replace('/201/', '/base/')}`, undefined, 200, shape],
    ['a definition that is mapped stays', `DELETE ${definition}`, undefined, 409],
    [
      'PUT replaces',
      `PUT ${one}`,
      {
        vendorName: 'leads',
        fields: [{ path: 'code', vendorPath: 'last_name' }],
        script: { body: 'done(transformedObject);' },
      },
      200,
      { vendorName: 'leads', fields: [{ path: 'code', type: 'string', level }] },
    ],
    [
      'defaults of a script are filled in',
      `GET ${one}`,
      undefined,
      200,
      { script: { body: 'done(transformedObject);', mimeType: 'application/javascript', filterEmptyResponse: false } },
    ],
    ['one field is left', `GET ${one}`, undefined, 200, hasPaths('code')],
    [
      'the script engine does not go back: unspecified',
      `PUT ${one}`,
      { vendorName: 'leads', isLegacy: true, script: { body: 'return 1' } },
      400,
    ],
    [
      'no fields, only a script',
      `PUT ${one}`,
      { vendorName: 'leads', fields: [], script: { body: 'done({})' } },
      200,
      { fields: [] },
    ],
    ['rename takes the mapping along', `PATCH ${L}/objects/my-partner`, { objectName: 'our-partner' }, 200],
    ['the old name maps nothing', `GET ${one}`, undefined, 404, NOT_FOUND],
    ['the new one does', `GET ${T}/our-partner`, undefined, 200, { objectName: 'our-partner', vendorName: 'leads' }],
    ['DELETE removes', `DELETE ${T}/our-partner`, undefined, 200],
    ['it is gone', `GET ${T}/our-partner`, undefined, 404, NOT_FOUND],
    ['DELETE twice finds none', `DELETE ${T}/our-partner`, undefined, 404, NOT_FOUND],
    ['another', `POST ${T}/our-partner`, MAPPED, 200],
    ['DELETE of all', `DELETE ${T}`, undefined, 200],
    ['nothing is left', `GET ${T}`, undefined, 404, NOTHING],
    ['and the definition may go', `DELETE ${L}/objects/our-partner/definitions`, undefined, 200],
  ])
}

story('elements and levels that are not there', [
  ['a definition', 'POST /organizations/objects/x/definitions', PARTNER, 200],
  ['an element key', 'GET /organizations/elements/nothere/transformations', undefined, 404],
  ['an element id', 'POST /organizations/elements/999999/transformations/x', MAPPED, 404],
  ['an absurd element id', 'GET /organizations/elements/-1/transformations/x', undefined, 404],
  ['an instance', 'GET /instances/-1/transformations', undefined, 404],
  ['an instance, writing', 'POST /instances/-1/transformations/x', MAPPED, 404],
  ['an account', 'GET /accounts/-1/objects/definitions', undefined, 404],
  [
    'default transformations of an element without any',
    'GET /elements/base/transformations',
    undefined,
    200,
    ({ body }: Answer) => expect(body).toEqual({}),
  ],
  ['the same by id', 'GET /elements/201/transformations', undefined, 200],
  ['of an unknown element', 'GET /elements/nothere/transformations', undefined, 404],
])

story('a script engine', [
  ['a definition', 'POST /organizations/objects/x/definitions', PARTNER, 200],
  [
    'v1 at first',
    'POST /organizations/elements/base/transformations/x',
    { vendorName: 'contacts', isLegacy: true, script: { body: 'return transformedObject' } },
    200,
    { isLegacy: true },
  ],
  [
    'v1 stays v1',
    'PUT /organizations/elements/base/transformations/x',
    { vendorName: 'contacts', isLegacy: true, script: { body: 'return originalObject' } },
    200,
    { isLegacy: true },
  ],
  [
    'v1 becomes v2',
    'PUT /organizations/elements/base/transformations/x',
    { vendorName: 'contacts', isLegacy: false, script: { body: 'done()' } },
    200,
    { isLegacy: false },
  ],
  [
    'v2 stays v2',
    'PUT /organizations/elements/base/transformations/x',
    { vendorName: 'contacts', isLegacy: false, script: { body: 'done({})' } },
    200,
    { isLegacy: false },
  ],
  [
    'v2 does not become v1',
    'PUT /organizations/elements/base/transformations/x',
    { vendorName: 'contacts', isLegacy: true, script: { body: 'return 1' } },
    400,
  ],
  [
    'and nothing of a refused body is kept',
    'GET /organizations/elements/base/transformations/x',
    undefined,
    200,
    { isLegacy: false, script: { body: 'done({})' } },
  ],
])

describe('transformations take what clients send', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  let counter = 0
  const post = async (body: unknown) => {
    const name = `thing-${++counter}`
    await stage.send('POST', `/organizations/objects/${name}/definitions`, PARTNER)
    return stage.send('POST', `/instances/{instance}/transformations/${name}`, body)
  }
  const foreign = {
    ...{ id: 901, companyId: 7, accountId: 8, userId: 9, mappedElementIds: [23], elementId: 23, elementKey: 'sfdc' },
    ...{ createdDate: '2020-10-15 21:21:36.810074', level: 'organization', associatedId: 7, vendorName: 'Contact' },
    fields: [
      {
        id: 55,
        vdrFieldId: 56,
        associatedId: 7,
        level: 'organization',
        path: 'code',
        vendorPath: 'Code',
        type: 'string',
      },
    ],
    configuration: [
      { type: 'inherit', level: 'organization', associatedId: 7 },
      { type: 'inherit', level: 'account', associatedId: 8 },
    ],
    script: { body: 'done()', mimeType: 'application/javascript', level: 'organization', associatedId: 7 },
    scripts: [{ body: 'done()', mimeType: 'application/javascript', level: 'organization', associatedId: 7 }],
  }

  for (const [fact, body, shows] of [
    ['a vendor name alone', { vendorName: 'Lead' }, { vendorName: 'Lead', fields: [], isLegacy: false }],
    ['a dictionary by mistake', { x: { vendorName: 'Lead', fields: [] } }, { fields: [] }],
    ['a configuration of null', { vendorName: 'Lead', configuration: null }, { vendorName: 'Lead' }],
    ['fields of null', { vendorName: 'Lead', fields: null }, { fields: [] }],
    ['a script of null', { vendorName: 'Lead', script: null }, { vendorName: 'Lead' }],
    [
      'a script without body',
      { vendorName: 'Lead', script: { mimeType: 'application/javascript' } },
      { vendorName: 'Lead' },
    ],
    [
      'prose as a script',
      { vendorName: 'Lead', script: { body: 'to be written {' } },
      { script: { body: 'to be written {' } },
    ],
    [
      'paths that are not defined',
      { vendorName: 'Lead', fields: [{ path: 'unknown', vendorPath: 'u' }] },
      { fields: [{ path: 'unknown', type: 'string', level: 'instance' }] },
    ],
    [
      'fields without a vendor path',
      { vendorName: 'Lead', fields: [{ path: 'code' }] },
      { fields: [{ path: 'code' }] },
    ],
    [
      'unknown configuration',
      { vendorName: 'Lead', configuration: [{ type: 'magic', properties: { a: 1 } }] },
      { configuration: [{ type: 'magic', properties: { a: 1 } }] },
    ],
    [
      'unknown configuration of a field',
      {
        vendorName: 'Lead',
        fields: [
          {
            path: 'code',
            vendorPath: 'c',
            configuration: [{ type: 'magic' }, { type: 'defaultValue', properties: { toVendor: '7' } }],
          },
        ],
      },
      { fields: [{ configuration: [{ type: 'magic' }, { type: 'defaultValue', properties: { toVendor: '7' } }] }] },
    ],
    ['unknown keys', { vendorName: 'Lead', colour: 'red', fields: [] }, { vendorName: 'Lead' }],
    [
      'the export of another organization',
      foreign,
      { vendorName: 'Contact', elementId: 201, fields: [{ path: 'code', level: 'instance' }] },
    ],
  ] as [string, unknown, object][]) {
    test(fact, async () => {
      const answer = await post(body)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toMatchObject({
        objectName: `thing-${counter}`,
        isLegacy: false,
        fields: expect.any(Array),
        ...shows,
      })
      expect(answer.body).toHaveProperty('vendorName')
      const read = await stage.send('GET', `/instances/{instance}/transformations/thing-${counter}`, undefined)
      expect(read.body).toMatchObject(shows)
      expect((await stage.send('GET', '/instances/{instance}/transformations', undefined)).body).toHaveProperty(
        `thing-${counter}`,
      )
    })
  }

  test('the empty one that a dictionary made keeps the definition', async () => {
    await stage.send('POST', '/organizations/objects/kept/definitions', PARTNER)
    await stage.send('POST', '/organizations/elements/base/transformations/kept', { kept: { vendorName: 'Lead' } })
    expect((await stage.send('DELETE', '/organizations/objects/kept/definitions', undefined)).status).toBe(409)
    expect((await stage.send('DELETE', '/organizations/objects/definitions', undefined)).status).toBe(409)
    expect((await stage.send('GET', '/organizations/objects/kept/definitions', undefined)).status).toBe(200)
  })

  for (const [fact, body] of [
    ['a list', []],
    ['a text', 'vendorName'],
    ['fields that are no list', { vendorName: 'x', fields: 'code' }],
    ['a field without path', { vendorName: 'x', fields: [{ vendorPath: 'code' }] }],
    ['a vendor name that is no text', { vendorName: 5 }],
    ['a script that is no object', { vendorName: 'x', script: 'done()' }],
  ] as [string, unknown][]) {
    test(`refused: ${fact}`, async () => expect((await post(body)).status).toBe(400))
  }
})

story('DELETE with propagate takes every level of the same element and object', [
  ['a definition', 'POST /organizations/objects/x/definitions', PARTNER, 200],
  ['organization', 'POST /organizations/elements/base/transformations/x', MAPPED, 200],
  ['account', 'POST /accounts/{account}/elements/base/transformations/x', MAPPED, 200],
  ['instance', 'POST /instances/{instance}/transformations/x', MAPPED, 200],
  ['DELETE', 'DELETE /instances/{instance}/transformations/x?propagate=true', undefined, 200],
  ['organization has none', 'GET /organizations/elements/base/transformations/x', undefined, 404],
  ['account has none', 'GET /accounts/{account}/elements/base/transformations/x', undefined, 404],
  ['instance has none', 'GET /instances/{instance}/transformations/x', undefined, 404],
  ['the definition may go', 'DELETE /common-resources/x', undefined, 200],
])

story('where an object is mapped', [
  ['a definition', 'POST /organizations/objects/x/definitions', PARTNER, 200],
  ['organization', 'POST /organizations/elements/base/transformations/x', MAPPED, 200],
  ['account', 'POST /accounts/{account}/elements/base/transformations/x', MAPPED, 200],
  [
    'asked of the organization',
    'GET /organizations/objects/x/transformations',
    undefined,
    200,
    ({ body, text }: Answer) => {
      expect(Array.isArray(body), text).toBe(true)
      const element = expect.objectContaining({ id: 201, key: 'base', hub: 'crm', name: 'Base CRM' })
      expect(body).toContainEqual(expect.objectContaining({ level: 'organization', element }))
    },
  ],
  [
    'asked of the account',
    'GET /accounts/{account}/objects/x/transformations',
    undefined,
    200,
    ({ body, text }: Answer) => {
      expect(Array.isArray(body), text).toBe(true)
      expect(body).toContainEqual(
        expect.objectContaining({ level: 'account', account: expect.objectContaining({ id: expect.any(Number) }) }),
      )
    },
  ],
])

describe('PUT /transformations makes or replaces by its body', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
    await stage.send('POST', '/organizations/objects/my-partner/definitions', { fields: [CODE] })
  })
  const body = () => ({
    ...{ level: 'instance', objectName: 'my-partner', vendorName: 'contacts', elementInstanceId: stage.instance.id },
    fields: [
      { type: 'string', path: 'code', vendorPath: 'first_name', associatedLevel: 'organization' },
      { type: 'string', path: 'nick', vendorPath: 'last_name', associatedLevel: 'instance' },
    ],
    configuration: [{ type: 'inherit' }],
  })
  const read = () => stage.send('GET', '/instances/{instance}/transformations/my-partner', undefined)
  test('it is made', async () => {
    const answer = await stage.send('PUT', '/transformations', body())
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toMatchObject({ objectName: 'my-partner', vendorName: 'contacts' })
  })
  test('the instance shows fields of all levels, each with its own', async () => {
    const { body: found } = await read()
    expect(found.fields.find(({ path }: { path: string }) => path === 'code')).toMatchObject({ level: 'organization' })
    expect(found.fields.find(({ path }: { path: string }) => path === 'nick')).toMatchObject({ level: 'instance' })
  })
  test('again: it is replaced', async () => {
    const answer = await stage.send('PUT', '/transformations', { ...body(), vendorName: 'leads' })
    expect(answer.status, answer.text).toBe(200)
    expect((await read()).body.vendorName).toBe('leads')
  })
  test('the instance also says which element other levels are about', async () => {
    await stage.send('POST', '/organizations/objects/wide/definitions', { fields: [CODE] })
    const wide = {
      ...body(),
      level: 'organization',
      objectName: 'wide',
      fields: [{ path: 'code', vendorPath: 'name' }],
    }
    expect((await stage.send('PUT', '/transformations', wide)).status).toBe(200)
    expect(
      (await stage.send('GET', '/organizations/elements/base/transformations/wide', undefined)).body,
    ).toMatchObject({
      vendorName: 'contacts',
      fields: [{ path: 'code', level: 'organization' }],
    })
  })
  test('the level of an instance needs one', async () => {
    const { elementInstanceId: _, ...rest } = body()
    expect((await stage.send('PUT', '/transformations', rest)).status).toBe(400)
  })
})

describe('trying a transformation out', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
    await stage.send('POST', '/organizations/objects/x/definitions', PARTNER)
    await stage.send('POST', '/organizations/elements/base/transformations/x', {
      ...MAPPED,
      fields: [
        {
          path: 'code',
          vendorPath: 'first_name',
          configuration: [{ type: 'defaultValue', properties: { toVendor: 'NEW' } }],
        },
        { path: 'terms.days', vendorPath: 'custom_fields.days', vendorType: 'number' },
      ],
      script: {
        body: 'if (fromVendor) transformedObject.tagged = originalObject.first_name + "!"; done(transformedObject)',
      },
    })
    await stage.send('POST', '/instances/{instance}/transformations/x', {
      vendorName: 'contacts',
      fields: [{ path: 'city', vendorPath: 'address.city' }],
      configuration: [{ type: 'inherit' }, { type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
    })
  })
  const VENDOR = { first_name: 'Ada', custom_fields: { days: '30' }, address: { city: 'London' }, other: 1 }
  for (const [fact, body, expected] of [
    ['of an element', { elementId: 201, payload: VENDOR }, { code: 'Ada', terms: { days: 30 }, tagged: 'Ada!' }],
    [
      'GET is the way from the vendor',
      { elementId: 201, method: 'GET', payload: VENDOR },
      { code: 'Ada', terms: { days: 30 }, tagged: 'Ada!' },
    ],
    [
      'to the vendor',
      { elementId: 201, method: 'POST', payload: { code: 'Ada', terms: { days: 30 }, other: 1 } },
      { first_name: 'Ada', custom_fields: { days: 30 } },
    ],
    ['PUT', { elementId: 201, method: 'PUT', payload: { code: 'B' } }, { first_name: 'B' }],
    ['PATCH', { elementId: 201, method: 'PATCH', payload: { code: 'B' } }, { first_name: 'B' }],
    ['defaults fill what is missing', { elementId: 201, method: 'POST', payload: {} }, { first_name: 'NEW' }],
    [
      'of an instance: all levels',
      { instanceId: '{instance}', payload: VENDOR },
      { code: 'Ada', terms: { days: 30 }, city: 'London', tagged: 'Ada!' },
    ],
  ] as [string, Record<string, unknown>, object][]) {
    test(fact, async () => {
      const asked = body['instanceId'] === undefined ? body : { ...body, instanceId: stage.instance.id }
      const answer = await stage.send('POST', '/transformations/x/execute', asked)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toEqual(expected)
    })
  }
  for (const [fact, path, body, status] of [
    ['an object without a mapping', '/transformations/nothing/execute', { elementId: 201, payload: {} }, 404],
    ['an element that is not there', '/transformations/x/execute', { elementId: 999999, payload: {} }, 404],
    ['an instance that is not there', '/transformations/x/execute', { instanceId: 999999, payload: {} }, 404],
    ['neither element nor instance', '/transformations/x/execute', { payload: {} }, 400],
  ] as [string, string, unknown, number][]) {
    test(fact, async () => expect((await stage.send('POST', path, body)).status).toBe(status))
  }
})

const names = ({ body }: Answer) => body.map(({ name }: { name: string }) => name)
story('/common-resources', [
  [
    'at first there are none, which is no error',
    'GET /common-resources',
    undefined,
    200,
    ({ body }: Answer) => expect(body).toEqual([]),
  ],
  ['one that is not there', 'GET /common-resources/my-partner', undefined, 404, NOT_FOUND],
  [
    'PUT makes one',
    'PUT /common-resources',
    {
      name: 'my-partner',
      elementInstanceIds: [],
      mappedElementIds: [],
      fields: [
        { ...CODE, associatedLevel: 'organization' },
        { path: 'nick', type: 'string', associatedLevel: 'account' },
      ],
    },
    200,
    { name: 'my-partner', elementInstanceIds: [], mappedElementIds: [] },
  ],
  [
    'GET shows levels and whose they are',
    'GET /common-resources/my-partner',
    undefined,
    200,
    ({ body }: Answer) => {
      expect(body.fields).toHaveLength(2)
      expect(body.fields).toContainEqual(
        expect.objectContaining({ ...CODE, associatedLevel: 'organization', associatedId: expect.any(Number) }),
      )
      expect(body.fields).toContainEqual(
        expect.objectContaining({ path: 'nick', associatedLevel: 'account', associatedId: expect.any(Number) }),
      )
    },
  ],
  [
    'the list shows it',
    'GET /common-resources',
    undefined,
    200,
    (answer: Answer) => expect(names(answer)).toEqual(['my-partner']),
  ],
  [
    'the classic endpoint of one level shows that level',
    'GET /organizations/objects/my-partner/definitions',
    undefined,
    200,
    hasPaths('code'),
  ],
  ['of the other level as well', 'GET /accounts/objects/my-partner/definitions', undefined, 200, hasPaths('nick')],
  [
    'a mapping',
    'POST /organizations/elements/base/transformations/my-partner',
    { vendorName: 'contacts', fields: [{ path: 'code', vendorPath: 'first_name' }] },
    200,
  ],
  [
    'a mapping of the instance',
    'POST /instances/{instance}/transformations/my-partner',
    { vendorName: 'contacts', fields: [{ path: 'code', vendorPath: 'last_name' }] },
    200,
  ],
  ['elements count once', 'GET /common-resources/my-partner', undefined, 200, { mappedElementIds: [201] }],
  [
    'PUT renames a field everywhere',
    'PUT /common-resources',
    {
      name: 'my-partner',
      fields: [{ path: 'number', type: 'string', associatedLevel: 'organization' }],
      changedFields: [{ path: 'number', oldPath: 'code', type: 'string', associatedLevel: 'organization' }],
    },
    200,
  ],
  [
    'also in the mapping of the organization',
    'GET /organizations/elements/base/transformations/my-partner',
    undefined,
    200,
    hasPaths('number'),
  ],
  [
    'and of the instance',
    'GET /instances/{instance}/transformations/my-partner',
    undefined,
    200,
    { fields: [{ path: 'number', vendorPath: 'last_name' }] },
  ],
  ['fields that the list lacks are gone', 'GET /common-resources/my-partner', undefined, 200, hasPaths('number')],
  ['while it is mapped it stays', 'DELETE /common-resources/my-partner', undefined, 409],
  [
    'PATCH renames',
    'PATCH /common-resources/my-partner',
    { name: 'our-partner' },
    200,
    { name: 'our-partner', fields: [{ path: 'number' }] },
  ],
  ['the old name is gone', 'GET /common-resources/my-partner', undefined, 404, NOT_FOUND],
  ['mappings come along', 'GET /organizations/elements/base/transformations/our-partner', undefined, 200],
  [
    'no formula uses it',
    'GET /common-resources/our-partner/usages',
    undefined,
    200,
    ({ body }: Answer) => expect(body).toEqual({ formulaUsages: [] }),
  ],
  ['none at all of an unknown one', 'GET /common-resources/nothing/usages', undefined, 404],
  ['no fields is legal', 'PUT /common-resources', { name: 'empty', fields: [] }, 200, { name: 'empty', fields: [] }],
  ['and is there', 'GET /common-resources/empty', undefined, 200, { name: 'empty', fields: [] }],
  ['unmapped it goes', 'DELETE /common-resources/empty', undefined, 200],
  ['force takes the mappings too', 'DELETE /common-resources/our-partner?force=true', undefined, 200],
  ['it is gone', 'GET /common-resources/our-partner', undefined, 404, NOT_FOUND],
  ['and so are its mappings', 'GET /organizations/elements/base/transformations', undefined, 404, NOTHING],
  ['DELETE twice finds none', 'DELETE /common-resources/our-partner', undefined, 404, NOT_FOUND],
  ['a name is needed', 'PUT /common-resources', { fields: [] }, 400],
])

describe('who may', () => {
  let organization: Organization
  let other: Organization
  let account: Account
  let accountAdmin: Person
  let user: Person
  let instance: { id: number; token: string }
  let otherInstance: { id: number; token: string }
  beforeAll(async () => {
    organization = await people.signUp('Rights')
    other = await people.signUp('Other')
    account = await people.addAccount(organization.admin, 'branch')
    accountAdmin = await people.addUser(organization.admin, account.id, { roles: [{ key: 'admin' }] })
    user = await people.addUser(organization.admin, account.id)
    instance = await people.provision(user)
    otherInstance = await people.provision(other.admin)
    await people.as(organization.admin)('POST', '/organizations/objects/shared/definitions', { fields: [CODE] })
  })
  const fill = (path: string) =>
    path
      .replace('{account}', String(account.id))
      .replace('{main}', String(organization.defaultAccount.id))
      .replace('{foreignAccount}', String(other.defaultAccount.id))
      .replace('{instance}', String(instance.id))
      .replace('{foreignInstance}', String(otherInstance.id))
  const persons = {
    'an organization admin': () => organization.admin,
    'an account admin': () => accountAdmin,
    'a plain user': () => user,
  }
  const DEFINITION = { fields: [CODE] }
  let counter = 0

  for (const [who, call, body, statuses] of [
    ['an organization admin', 'POST /organizations/objects/{new}/definitions', DEFINITION, [200]],
    ['an organization admin', 'POST /accounts/{account}/objects/{new}/definitions', DEFINITION, [200]],
    ['an account admin', 'POST /organizations/objects/{new}/definitions', DEFINITION, [403]],
    ['an account admin', 'POST /organizations/objects/definitions', { bulk: DEFINITION }, [403]],
    ['an account admin', 'PUT /organizations/objects/shared/definitions', DEFINITION, [403]],
    ['an account admin', 'DELETE /organizations/objects/shared/definitions', undefined, [403]],
    ['an account admin', 'PATCH /organizations/objects/shared', { objectName: 'mine' }, [403]],
    ['an account admin', 'POST /organizations/elements/base/transformations/shared', MAPPED, [403]],
    ['an account admin', 'GET /organizations/objects/shared/definitions', undefined, [200]],
    ['an account admin', 'POST /accounts/objects/{new}/definitions', DEFINITION, [200]],
    ['an account admin', 'POST /accounts/{account}/objects/{new}/definitions', DEFINITION, [200]],
    ['an account admin', 'POST /accounts/{account}/elements/base/transformations/shared', MAPPED, [200]],
    ['an account admin', 'POST /accounts/{main}/objects/{new}/definitions', DEFINITION, [403]],
    ['an account admin', 'POST /instances/{instance}/objects/{new}/definitions', DEFINITION, [200]],
    ['a plain user', 'POST /organizations/objects/{new}/definitions', DEFINITION, [403]],
    ['a plain user', 'POST /accounts/objects/{new}/definitions', DEFINITION, [403]],
    ['a plain user', 'POST /accounts/{account}/objects/{new}/definitions', DEFINITION, [403]],
    ['a plain user', 'POST /accounts/{account}/elements/base/transformations/shared', MAPPED, [403]],
    ['a plain user', 'POST /instances/{instance}/objects/{new}/definitions', DEFINITION, [200]],
    ['a plain user', 'POST /instances/{instance}/transformations/shared', MAPPED, [200]],
    ['a plain user', 'GET /organizations/objects/shared/definitions', undefined, [200]],
    ['a plain user', 'GET /accounts/{foreignAccount}/objects/definitions', undefined, [403, 404]],
    ['a plain user', 'GET /instances/{foreignInstance}/objects/definitions', undefined, [403, 404]],
    ['an organization admin', 'GET /accounts/{foreignAccount}/objects/definitions', undefined, [403, 404]],
    ['an organization admin', 'POST /accounts/{foreignAccount}/objects/{new}/definitions', DEFINITION, [403, 404]],
    ['an organization admin', 'POST /instances/{foreignInstance}/objects/{new}/definitions', DEFINITION, [403, 404]],
    ['an organization admin', 'POST /instances/{foreignInstance}/transformations/shared', MAPPED, [403, 404]],
  ] as [keyof typeof persons, string, unknown, number[]][]) {
    test(`${who}: ${call} → ${statuses.join(' or ')}`, async () => {
      const [method = '', path = ''] = call.split(' ')
      const answer = await people.as(persons[who]())(method, fill(path).replace('{new}', `new-${++counter}`), body)
      expect(statuses, answer.text).toContain(answer.status)
    })
  }

  test('another organization sees nothing of it', async () => {
    const ask = people.as(other.admin)
    expect((await ask('GET', '/common-resources')).body).toEqual([])
    expect((await ask('GET', '/organizations/objects/shared/definitions')).status).toBe(404)
    expect((await ask('GET', '/common-resources/shared')).status).toBe(404)
  })
})

describe('without the privilege nothing is looked up', () => {
  let organization: Organization
  let user: Person
  beforeAll(async () => {
    organization = await people.signUp('Unprivileged')
    user = await people.addUser(organization.admin, organization.defaultAccount.id)
    const roles = (await people.as(organization.admin)('GET', '/organizations/roles')).body
    const { id } = roles.find(({ key }: { key: string }) => key === 'org')
    await people.as(organization.admin)('PUT', `/organizations/roles/${id}`, { privileges: [{ key: 'viewElements' }] })
  })
  for (const call of [
    'GET /organizations/objects/definitions',
    'GET /organizations/objects/x/definitions',
    'POST /organizations/objects/x/definitions',
    'PUT /organizations/objects/x/definitions',
    'DELETE /organizations/objects/x/definitions',
    'PATCH /organizations/objects/x',
    'GET /accounts/objects/definitions',
    'GET /organizations/elements/base/transformations',
    'POST /organizations/elements/base/transformations/x',
    'DELETE /organizations/elements/base/transformations/x',
    'GET /common-resources',
    'PUT /common-resources',
    'DELETE /common-resources/x',
  ]) {
    test(`${call} → 403`, async () => {
      const [method = '', path = ''] = call.split(' ')
      const body = /^(POST|PUT|PATCH)/.test(method) ? { name: 'x', objectName: 'y', fields: [] } : undefined
      expect((await people.as(user)(method, path, body)).status).toBe(403)
    })
  }
})

test('whoever is nobody gets 401', async () => {
  for (const path of ['/organizations/objects/definitions', '/common-resources', '/accounts/objects/definitions']) {
    expect((await hub.call('GET', path, { authorization: null })).status).toBe(401)
  }
})
