/**
 * One program, four CRMs, one model in our own words. Start the hub with `npm run demo` first, then
 * `npm exec -- node examples/one-model.ts`. docs/tutorial-one-model.md goes through it step by step.
 *
 * HUB_URL, HUB_EMAIL, HUB_PASSWORD: where the hub is and who signs in; the demo's by default
 */
const hub = process.env['HUB_URL'] ?? 'http://127.0.0.1:8080'
const username = process.env['HUB_EMAIL'] ?? 'demo@example.com'
const password = process.env['HUB_PASSWORD'] ?? 'demo-password-1'
const api = `${hub}/elements/api-v2`

/** The OAuth application registered at each vendor. The simulated vendors take any. */
const application = { apiKey: 'my-client-id', apiSecret: 'my-client-secret', callbackUrl: 'https://app.example.com/cb' }

// what a person is to us, whatever the CRM calls it
interface Person {
  id: string
  name: { first: string; last: string }
  email: string
  phone?: string
}
const definition = {
  fields: [
    { path: 'id', type: 'string' },
    { path: 'name.first', type: 'string' },
    { path: 'name.last', type: 'string' },
    { path: 'email', type: 'string' },
    { path: 'phone', type: 'string' },
  ],
}

// where each CRM keeps it
const mappings: Record<string, Record<string, string>> = {
  base: { id: 'id', 'name.first': 'first_name', 'name.last': 'last_name', email: 'email', phone: 'phone' },
  sfdc: { id: 'Id', 'name.first': 'FirstName', 'name.last': 'LastName', email: 'Email', phone: 'Phone' },
  hubspotcrm: {
    id: 'id',
    'name.first': 'properties.firstname',
    'name.last': 'properties.lastname',
    email: 'properties.email',
    phone: 'properties.phone',
  },
  pipedrive: {
    id: 'id',
    'name.first': 'first_name',
    'name.last': 'last_name',
    email: 'email[0].value',
    phone: 'phone[0].value',
  },
}

// what a mapping cannot say, a script does: Pipedrive wants the whole name of a new person as well
const scripts: Record<string, string> = {
  pipedrive: `
    if (!fromVendor && originalObject.name) {
      transformedObject.name = originalObject.name.first + ' ' + originalObject.name.last
    }
    done(transformedObject)`,
}

const authorization = await signIn()

await call('POST', '/organizations/objects/people/definitions', definition)
for (const [element, fields] of Object.entries(mappings)) {
  await call('POST', `/organizations/elements/${element}/transformations/people`, {
    vendorName: 'contacts',
    fields: Object.entries(fields).map(([path, vendorPath]) => ({ path, vendorPath })),
    configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
    ...(scripts[element] ? { script: { body: scripts[element] } } : {}),
  })
}

const customers = [
  await connect('base'),
  await connect('sfdc'),
  await connect('hubspotcrm'),
  await connect('pipedrive', { username: 'ada@example.com', password: 'secret' }),
]

const ada = { name: { first: 'Ada', last: 'Lovelace' }, email: 'ada@engine.example' }
for (const { element, token } of customers) {
  const people = await call<Person[]>('GET', '/people?pageSize=2', undefined, token)
  console.log(`${element}: ${people.map(({ name }) => `${name.first} ${name.last}`).join(', ')}`)

  const made = await call<Person>('POST', '/people', ada, token)
  const where = encodeURIComponent(`email='${ada.email}'`)
  const [found] = await call<Person[]>('GET', `/people?where=${where}`, undefined, token)
  console.log(`  found by e-mail: ${found?.email}, the one just made: ${found?.id === made.id}`)

  await call('PATCH', `/people/${made.id}`, { phone: '+44 20 7946 0000' }, token)
  const { phone } = await call<Person>('GET', `/people/${made.id}`, undefined, token)
  console.log(`  written back: ${phone}`)
}

/** @returns the two secrets that every call carries */
async function signIn(): Promise<string> {
  const { token } = await ask<{ token: string }>('POST', '/authentication', {}, { username, password })
  const bearer = { authorization: `Bearer ${token}` }
  const secrets = await ask<{ userSecret: string; organizationSecret: string }>(
    'GET',
    '/authentication/secrets',
    bearer,
  )
  return `User ${secrets.userSecret}, Organization ${secrets.organizationSecret}`
}

/** An instance: one customer's account at one vendor. By the vendor's consent page, unless `configuration` has what it takes. */
async function connect(element: string, configuration?: Record<string, string>) {
  const client = {
    'oauth.api.key': application.apiKey,
    'oauth.api.secret': application.apiSecret,
    'oauth.callback.url': application.callbackUrl,
  }
  const { token } = await call<{ token: string }>('POST', '/instances', {
    name: `${element} of a customer`,
    element: { key: element },
    configuration: configuration ?? client,
    ...(configuration ? {} : { providerData: { code: await consent(element) } }),
  })
  return { element, token }
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

function call<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
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
