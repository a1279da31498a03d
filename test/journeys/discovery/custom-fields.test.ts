import { afterAll, beforeAll, expect, test } from 'vitest'
import { provisionElement } from '../../support/catalog-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Shipped elements whose manifests say where the vendor lists custom fields (spec 23 §B2). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

for (const [key, configuration, expected] of [
  [
    'zendesk',
    { subdomain: 'acme' },
    {
      vendorPath: 'custom_fields[id=8].value',
      displayName: 'Colour',
      type: 'string',
      vendorNativeType: 'tagger',
      picklistValues: ['red', 'blue'],
      createable: true,
    },
  ],
  [
    'freshdesk',
    { subdomain: 'acme', username: 'key-1' },
    { vendorPath: 'custom_fields.cf_floor', displayName: 'Floor', type: 'number', vendorRequired: true },
  ],
  [
    'jira',
    { site: 'acme', username: 'ada@example.com', password: 'token-1' },
    { vendorPath: 'fields.customfield_10001', displayName: 'Story points', type: 'number', custom: true },
  ],
] as const)
  test(`incidents of ${key}`, async () => {
    const instance = await provisionElement(hub, key, configuration)
    const { fields } = await instance.ok('GET', '/objects/incidents/metadata?customFieldsOnly=true')
    expect(fields).toEqual([expect.objectContaining(expected)])
    const all = await instance.ok('GET', '/objects/incidents/metadata')
    expect(all.fields.length).toBeGreaterThan(10)
  })
