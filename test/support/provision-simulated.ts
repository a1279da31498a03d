import { expect } from 'vitest'
import { CALLBACK, type TestHub } from './hub.ts'

interface Provisioned {
  id: number
  token: string
  configuration: Record<string, string>
}

interface Row {
  key: string
  type: string
  required?: boolean
  hideFromConsole?: boolean
  internal?: boolean
  defaultValue?: string | null
}

/**
 * An instance of any shipped element on the hub's simulator, as a customer would make one: through the vendor's consent page where
 * the element has one, with made-up values for what its form asks for.
 * @param configuration wins over what is made up
 */
export async function provisionSimulated(
  hub: TestHub,
  key: string,
  configuration: Record<string, string> = {},
): Promise<Provisioned> {
  const { body: element } = await hub.call('GET', `/elements/${key}`)
  const asked = (element.configuration as Row[]).filter(
    ({ key, required, defaultValue, internal }) =>
      (required === true || /^(?:username|password)$/.test(key)) && !defaultValue && internal !== true,
  )
  const given: Record<string, string> = Object.fromEntries(asked.map((row) => [row.key, valueFor(row)]))
  const { type } = element.authentication
  const client = { 'oauth.api.key': 'test-key', 'oauth.api.secret': 'test-secret', 'oauth.callback.url': CALLBACK }
  Object.assign(given, type.startsWith('oauth') ? client : {}, configuration)
  const providerData = await consent(hub, key, type, given)
  const made = await hub.call('POST', '/instances', {
    body: {
      name: `${key} simulated`,
      element: { key },
      configuration: given,
      ...(providerData ? { providerData } : {}),
    },
  })
  expect(made.status, made.text).toBe(200)
  return made.body
}

async function consent(
  hub: TestHub,
  key: string,
  type: string,
  given: Record<string, string>,
): Promise<Record<string, string> | undefined> {
  if (type !== 'oauth2' && type !== 'oauth1') return undefined
  const query = new URLSearchParams({
    ...given,
    apiKey: given['oauth.api.key'] ?? '',
    apiSecret: given['oauth.api.secret'] ?? '',
    callbackUrl: CALLBACK,
  })
  const url = await hub.call('GET', `/elements/${key}/oauth/url?${query}`)
  expect(url.status, url.text).toBe(200)
  const page = await fetch(url.body.oauthUrl, { redirect: 'manual' })
  const answer = new URL(page.headers.get('location') ?? CALLBACK).searchParams
  expect([...answer.keys()].length, url.body.oauthUrl).toBeGreaterThan(0)
  return Object.fromEntries(answer)
}

function valueFor({ key, type }: Row): string {
  if (/BOOLEAN/.test(type)) return 'true'
  if (/e-?mail|user/i.test(key)) return 'ada@example.com'
  return 'acme'
}
