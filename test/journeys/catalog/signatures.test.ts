import { beforeAll, describe, expect, test } from 'vitest'
import { type Catalog, loadCatalog } from '../../../src/elements/catalog.ts'
import { readSignatureDeclaration } from '../../../src/events/verify/read-declaration.ts'
import { verifyForInstance } from '../../../src/events/verify/verify-for-instance.ts'
import { CATALOG_FOLDER } from '../../../src/main.ts'
import type { Configuration } from '../../../src/model/instance.ts'
import { hmac, request, type Sent } from '../../support/signed-webhook.ts'

/** What shipped elements declare of their vendors' signatures, against requests signed by the vendors' own recipes. */
const PREFIX = 'event.vendor.signature.'
const KEY = 'the secret that vendor and instance share'
const BODY = '{"id":42}'
const NOW = new Date('2026-11-26T12:00:00Z')
const SECONDS = String(NOW.getTime() / 1000)
const ADDRESS = 'https://hub.example.com/elements/api-v2/events/hubspotcrm/MjA5MzE='
const signature = (content: string, form: 'hex' | 'base64') => hmac(KEY, content).toString(form)

/** Where the recipe stands: README.md beside the element. */
const RECIPES: Record<string, Sent['headers']> = {
  box: {
    'box-delivery-timestamp': '2026-11-26T04:00:00-08:00',
    'box-signature-primary': signature(`${BODY}2026-11-26T04:00:00-08:00`, 'base64'),
  },
  dropbox: { 'x-dropbox-signature': signature(BODY, 'hex') },
  hubspotcrm: {
    'x-hubspot-request-timestamp': `${SECONDS}000`,
    'x-hubspot-signature-v3': signature(`POST${ADDRESS}${BODY}${SECONDS}000`, 'base64'),
  },
  jira: { 'x-hub-signature': `sha256=${signature(BODY, 'hex')}` },
  stripe: { 'stripe-signature': `t=${SECONDS},v1=${signature(`${SECONDS}.${BODY}`, 'hex')}` },
  zendesk: {
    'x-zendesk-webhook-signature-timestamp': '2026-11-26T12:00:00Z',
    'x-zendesk-webhook-signature': signature(`2026-11-26T12:00:00Z${BODY}`, 'base64'),
  },
}

let catalog: Catalog
beforeAll(async () => {
  catalog = await loadCatalog([CATALOG_FOLDER])
})

/** Effective values of an instance that sets the key and nothing else. */
function configurationOf(element: string, key: string | null): Configuration {
  const rows = catalog.find(element)?.configuration ?? []
  const defaults = rows.map((row) => [row.key, row.defaultValue ?? null] as const)
  return { ...Object.fromEntries(defaults), [`${PREFIX}key`]: key }
}

test('elements with a declaration are those that are tried here', () => {
  const declaring = catalog.elements.filter(({ configuration }) =>
    configuration.some(({ key }) => key.startsWith(PREFIX)),
  )
  expect(declaring.map(({ key }) => key).toSorted()).toEqual(Object.keys(RECIPES))
})

describe.each(Object.entries(RECIPES))('%s', (element, headers = {}) => {
  const judge = (body: string) =>
    verifyForInstance(
      { now: () => NOW, publishedKeys: { keysAt: async () => undefined } },
      configurationOf(element, KEY),
      request({ headers, body, url: ADDRESS }),
    )

  test('without a key nothing is verified', () => {
    expect(readSignatureDeclaration(configurationOf(element, null))).toBeUndefined()
  })
  test('what the vendor signed is taken', async () => expect(await judge(BODY)).toEqual({ ok: true }))
  test('what somebody altered is not', async () =>
    expect(await judge('{"id":43}')).toMatchObject({ ok: false, reason: 'no signature matches' }))
})
