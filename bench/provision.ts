import type { Target } from './load.ts'

const CALLBACK = 'https://www.mycoolapp.com/auth'

/** A small hook, as most are: it looks at the request and sets a header. */
const HOOK = `request_vendor_headers['X-Page'] = String(request_parameters.pageSize);
done({ request_vendor_headers: request_vendor_headers });`

/**
 * Signs in, takes Base CRM through OAuth and returns the call to measure, all over the public API: first of the shipped
 * element, then of a clone of it whose contacts have a pre hook.
 * @param hub address and administrator as `hub-process.ts` reports them
 */
export async function provisionBase(hub: Record<string, string>): Promise<Omit<Target, 'expectedBody'>[]> {
  const api = `${hub['url']}/elements/api-v2`
  const { token } = await ask(`${api}/authentication`, { body: { username: hub['email'], password: hub['password'] } })
  const secrets = await ask(`${api}/authentication/secrets`, { authorization: `Bearer ${token}` })
  const authorization = `User ${secrets['userSecret']}, Organization ${secrets['organizationSecret']}`
  const clone = await ask(`${api}/elements/base/clone`, { authorization, body: {} })
  const contacts = (clone['resources'] as Row[]).find(
    ({ method, path }) => method === 'GET' && path === '/hubs/crm/contacts',
  )
  await ask(`${api}/elements/${clone['id']}/resources/${contacts?.id}/hooks`, {
    authorization,
    body: { type: 'preRequest', body: HOOK },
  })
  const targetOf = async (name: Target['name'], element: Record<string, unknown>) => {
    const { token } = await ask(`${api}/instances`, {
      authorization,
      body: {
        name,
        element,
        providerData: { code: 'bench-code' },
        configuration: { 'oauth.api.key': 'key', 'oauth.api.secret': 'secret', 'oauth.callback.url': CALLBACK },
      },
    })
    return {
      name,
      url: `${api}/hubs/crm/contacts?pageSize=25`,
      headers: { authorization: `${authorization}, Element ${token}` },
    }
  }
  return [await targetOf('hub', { key: 'base' }), await targetOf('hub, hook', { id: clone['id'] })]
}

interface Row {
  id: number
  method: string
  path: string
}

async function ask(
  url: string,
  { authorization, body }: { authorization?: string; body?: unknown },
): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}
