/**
 * From sign-in to a list of contacts, with nothing but `fetch`. Start the hub with `npm run demo` first, then
 * `npm exec -- node examples/first-call.ts`.
 *
 * HUB_URL, HUB_EMAIL, HUB_PASSWORD: where the hub is and who signs in; the demo's by default
 */
const hub = process.env['HUB_URL'] ?? 'http://127.0.0.1:8080'
const username = process.env['HUB_EMAIL'] ?? 'demo@example.com'
const password = process.env['HUB_PASSWORD'] ?? 'demo-password-1'
const api = `${hub}/elements/api-v2`

/** The OAuth application registered at the vendor. The simulated vendor takes any. */
const application = { apiKey: 'my-client-id', apiSecret: 'my-client-secret', callbackUrl: 'https://app.example.com/cb' }

interface Contact {
  id: number
  name: string
  email?: string
}

/** @throws Error with the hub's own message, for every answer that is not 2xx */
async function ask<T>(path: string, authorization?: string, body?: unknown): Promise<{ body: T; headers: Headers }> {
  const response = await fetch(api + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return { body: (await response.json()) as T, headers: response.headers }
}

// 1. sign in once, to learn the two secrets that every call carries
const login = await ask<{ token: string }>('/authentication', undefined, { username, password })
const { body: secrets } = await ask<{ userSecret: string; organizationSecret: string }>(
  '/authentication/secrets',
  `Bearer ${login.body.token}`,
)
const authorization = `User ${secrets.userSecret}, Organization ${secrets.organizationSecret}`

// 2. the address at which a customer allows access to a Base CRM account
const { body: start } = await ask<{ oauthUrl: string }>(`/elements/base/oauth/url?${new URLSearchParams(application)}`)

// 3. the customer presses Allow; the vendor sends the browser back with a code
const consent = await fetch(start.oauthUrl, {
  method: 'POST',
  body: new URLSearchParams({ decision: 'allow' }),
  redirect: 'manual',
})
const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code')

// 4. the code becomes an instance; its token stands for that customer's account
const { body: instance } = await ask<{ id: number; token: string }>('/instances', authorization, {
  name: 'First call',
  element: { key: 'base' },
  providerData: { code },
  configuration: {
    'oauth.api.key': application.apiKey,
    'oauth.api.secret': application.apiSecret,
    'oauth.callback.url': application.callbackUrl,
  },
})

// 5. the vendor's data through one API, page by page
let nextPage: string | undefined
for (let page = 1; page <= 2; page++) {
  const query = new URLSearchParams({
    pageSize: '3',
    where: "is_organization='true'",
    ...(nextPage ? { nextPage } : {}),
  })
  const contacts = await ask<Contact[]>(`/hubs/crm/contacts?${query}`, `${authorization}, Element ${instance.token}`)
  console.log(`page ${page}`)
  for (const { id, name, email } of contacts.body) console.log(`${String(id).padStart(4)}  ${name}  ${email ?? ''}`)
  nextPage = contacts.headers.get('elements-next-page-token') ?? undefined
  if (nextPage === undefined) break
}
