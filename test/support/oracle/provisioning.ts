import type { Element } from '../../../src/model/element.ts'
import { type Answer, CALLBACK, type TestHub } from '../hub.ts'
import { UNKNOWN, type Values } from './values.ts'

export interface Provisioned {
  id: number
  token: string
  /** how it got its credentials, for the report */
  by: string
  configuration: Values
}

/**
 * An instance of an imported element on the simulator: with the code that its consent page gives, a signed OAuth 1
 * verifier, or just the configuration.
 * @param withTokens no code: tokens that the application brings
 * @returns the refusal when there is none
 */
export async function provision(
  hub: TestHub,
  element: Element,
  configuration: Record<string, string>,
  { withTokens = false } = {},
): Promise<Provisioned | Answer> {
  const type = element.authentication.type.toLowerCase()
  const keys: Record<string, string> = type.startsWith('oauth')
    ? { 'oauth.api.key': 'test-key', 'oauth.api.secret': 'test-secret', 'oauth.callback.url': CALLBACK }
    : {}
  const given: Record<string, string> = { ...configuration, ...keys }
  const providerData =
    type === 'oauth2'
      ? withTokens
        ? TOKENS
        : await codeOf(hub, element, given)
      : type === 'oauth1'
        ? await verifierOf(hub, element, given)
        : undefined
  const answer = await hub.call('POST', '/instances', {
    body: {
      name: element.key,
      element: { key: element.key },
      configuration: given,
      ...(providerData ? { providerData } : {}),
    },
  })
  if (answer.status !== 200) return answer
  const { id, token } = answer.body
  const shown = await hub.call('GET', `/instances/${id}`)
  return {
    id,
    token,
    by: providerData ? Object.keys(providerData).join('+') : 'configuration',
    configuration: known(element, shown.body.configuration, given),
  }
}

/** As an application that ran the flow by itself would hold them. */
const TOKENS = { access_token: 'simulated', refresh_token: 'simulated', expires_in: 3600 }

async function codeOf(hub: TestHub, { key }: Element, given: Record<string, string>) {
  const query = new URLSearchParams({ ...given, apiKey: 'test-key', apiSecret: 'test-secret', callbackUrl: CALLBACK })
  const { body } = await hub.call('GET', `/elements/${key}/oauth/url?${query}`)
  const code = body?.oauthUrl ? await redirected(body.oauthUrl, 'code') : undefined
  return code === undefined ? TOKENS : { code }
}

async function verifierOf(hub: TestHub, { key }: Element, given: Record<string, string>) {
  const query = { ...given, apiKey: 'test-key', apiSecret: 'test-secret', callbackUrl: CALLBACK }
  const { body: asked } = await hub.call('GET', `/elements/${key}/oauth/token?${new URLSearchParams(query)}`)
  const url = new URLSearchParams({ ...query, requestToken: asked?.token ?? '' })
  const { body } = await hub.call('GET', `/elements/${key}/oauth/url?${url}`)
  const verifier = body?.oauthUrl ? await redirected(body.oauthUrl, 'oauth_verifier') : undefined
  return { oauth_token: asked?.token, oauth_verifier: verifier, secret: asked?.secret }
}

async function redirected(url: string, parameter: string): Promise<string | undefined> {
  try {
    const consent = await fetch(url, { redirect: 'manual' })
    return new URL(consent.headers.get('location') ?? '').searchParams.get(parameter) ?? undefined
  } catch {
    return undefined // no such page on the simulator: the instance gets tokens instead
  }
}

/** What the instance says of itself; a masked value is the one given, unless a lifecycle resource may have replaced it. */
function known(element: Element, shown: Record<string, string | null>, given: Record<string, string>): Values {
  const written = new Set(
    element.resources
      .flatMap(({ parameters = [] }) => parameters)
      .filter(({ source, type }) => source === 'response' && type === 'configuration')
      .map(({ name }) => name),
  )
  return Object.fromEntries(
    Object.entries(shown).map(([key, value]) => {
      if (value !== '********') return [key, value]
      return [key, written.has(key) ? UNKNOWN : (given[key] ?? UNKNOWN)]
    }),
  )
}
