/**
 * What the programs of the tutorials have in common: signing in, connecting a customer, calling the hub.
 *
 * HUB_URL, HUB_EMAIL, HUB_PASSWORD: where the hub is and who signs in; the demo's by default
 */
const hub = process.env['HUB_URL'] ?? 'http://127.0.0.1:8080'
const username = process.env['HUB_EMAIL'] ?? 'demo@example.com'
const password = process.env['HUB_PASSWORD'] ?? 'demo-password-1'
const api = `${hub}/elements/api-v2`

/** The OAuth application registered at each vendor. The simulated vendors take any. */
const application = { apiKey: 'my-client-id', apiSecret: 'my-client-secret', callbackUrl: 'https://app.example.com/cb' }

let authorization = ''

/** From now on every call carries the two secrets of the user. */
export async function signIn(): Promise<void> {
  const { token } = await ask<{ token: string }>('POST', '/authentication', {}, { username, password })
  const bearer = { authorization: `Bearer ${token}` }
  const secrets = await ask<{ userSecret: string; organizationSecret: string }>(
    'GET',
    '/authentication/secrets',
    bearer,
  )
  authorization = `User ${secrets.userSecret}, Organization ${secrets.organizationSecret}`
}

/** An instance: one customer's account at one vendor. By the vendor's consent page, unless `configuration` has what it takes. */
export async function connect(element: string, configuration?: Record<string, string>) {
  const client = {
    'oauth.api.key': application.apiKey,
    'oauth.api.secret': application.apiSecret,
    'oauth.callback.url': application.callbackUrl,
  }
  const { id, token } = await call<{ id: number; token: string }>('POST', '/instances', {
    name: `${element} of a customer`,
    element: { key: element },
    configuration: configuration ?? client,
    ...(configuration ? {} : { providerData: { code: await consent(element) } }),
  })
  return { element, id, token }
}

/** The customer's browser: it goes to the vendor, the customer presses Allow, and it comes back with a code. */
async function consent(element: string): Promise<string | null> {
  const start = await call<{ oauthUrl: string }>(
    'GET',
    `/elements/${element}/oauth/url?${new URLSearchParams(application)}`,
  )
  const allow = { method: 'POST', body: new URLSearchParams({ decision: 'allow' }), redirect: 'manual' } as const
  const answer = await fetch(start.oauthUrl, allow)
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code')
}

/** @param token of an instance, for calls of its vendor */
export function call<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
  const element = token === undefined ? '' : `, Element ${token}`
  return ask<T>(method, path, { authorization: `${authorization}${element}` }, body)
}

/** @throws Error with the hub's own message, for every answer that is not 2xx */
async function ask<T>(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<T> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(api + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...json,
  })
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
