import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'

const BODY = {
  name: 'Acme',
  description: 'Acme',
  authentication: { type: 'custom' },
  configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test' }],
  transformations: {
    'my-people': {
      id: 901,
      level: 'organization',
      vendorName: 'Contact',
      fields: [{ path: 'email', vendorPath: 'Email', type: 'string', level: 'organization', associatedId: 5 }],
    },
  },
  defaultTransformations: [{ objectName: 'my-places', vendorName: 'Place' }],
}

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
  await hub.call('POST', '/elements', { body: BODY })
})
afterAll(() => hub.close())

const people = {
  objectName: 'my-people',
  vendorName: 'Contact',
  level: 'system',
  elementKey: 'acme',
  isLegacy: false,
  configuration: [],
  fields: [{ path: 'email', vendorPath: 'Email', type: 'string', level: 'system' }],
}

test('default transformations of an element are a dictionary (spec 20 §4)', async () => {
  const { status, body } = await hub.call('GET', '/elements/acme/transformations')
  expect(status).toBe(200)
  expect(Object.keys(body)).toEqual(['my-places', 'my-people'])
  expect(body['my-people']).toMatchObject(people)
  expect((await hub.call('GET', '/elements/acme/transformations/my-people')).body).toEqual(body['my-people'])
})

test('an element without any has an empty one, and no element none', async () => {
  expect(await hub.call('GET', '/elements/base/transformations')).toMatchObject({ status: 200, body: {} })
  const missing = await hub.call('GET', '/elements/acme/transformations/other')
  expect(missing).toMatchObject({ status: 404, body: { message: expect.stringContaining('"other"') } })
  expect((await hub.call('GET', '/elements/nothing/transformations')).status).toBe(404)
})

test('they go with the element: exported, imported, cloned', async () => {
  const exported = (await hub.call('GET', '/elements/acme/export')).body
  expect(exported).toMatchObject({ transformations: BODY.transformations })
  const imported = await hub.call('POST', '/elements', { body: { ...exported, key: 'acme-again' } })
  const cloned = await hub.call('POST', '/elements/acme/clone')
  for (const { body: element } of [imported, cloned]) {
    const { body } = await hub.call('GET', `/elements/${element.id}/transformations`)
    expect(body['my-people']).toMatchObject({ ...people, elementId: element.id, elementKey: element.key })
  }
})
