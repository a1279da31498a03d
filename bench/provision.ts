import type { Target } from './load.ts'

const CALLBACK = 'https://www.mycoolapp.com/auth'

/**
 * Signs in, takes Base CRM through OAuth and returns the call to measure, all over the public API.
 * @param hub address and administrator as `hub-process.ts` reports them
 */
export async function provisionBase(hub: Record<string, string>): Promise<Omit<Target, 'expectedBody'>> {
  const api = `${hub['url']}/elements/api-v2`
  const { token } = await ask(`${api}/authentication`, { body: { username: hub['email'], password: hub['password'] } })
  const secrets = await ask(`${api}/authentication/secrets`, { authorization: `Bearer ${token}` })
  const authorization = `User ${secrets['userSecret']}, Organization ${secrets['organizationSecret']}`
  const instance = await ask(`${api}/instances`, {
    authorization,
    body: {
      name: 'Bench',
      element: { key: 'base' },
      providerData: { code: 'bench-code' },
      configuration: { 'oauth.api.key': 'key', 'oauth.api.secret': 'secret', 'oauth.callback.url': CALLBACK },
    },
  })
  return {
    name: 'hub',
    url: `${api}/hubs/crm/contacts?pageSize=25`,
    headers: { authorization: `${authorization}, Element ${instance['token']}` },
  }
}

async function ask(
  url: string,
  { authorization, body }: { authorization?: string; body?: unknown },
): Promise<Record<string, string>> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`)
  return JSON.parse(text) as Record<string, string>
}
