import { type Client, createClient } from '../../test/support/client.ts'
import { EVENT_HOOK, eventElement } from '../../test/support/event-element.ts'
import { ADMIN } from '../../test/support/hub-process.ts'

export const ELEMENT = 'chaos'

/** A private element with an event hook, and instances of it whose events go to the receiver. @returns their ids */
export async function provision(api: string, instances: number, callbackUrl: string, admin = ADMIN): Promise<number[]> {
  const client = createClient({ api }, await authorizationAt(api, admin))
  const element = eventElement({ key: ELEMENT, baseUrl: 'https://vendor.test', hook: EVENT_HOOK })
  await ask(client, '/elements', element)
  const ids: number[] = []
  for (let at = 1; at <= instances; at++) {
    const { id } = await ask(client, '/instances', {
      name: `instance ${at}`,
      element: { key: ELEMENT },
      configuration: { 'event.notification.enabled': true, 'event.notification.callback.url': callbackUrl },
    })
    ids.push(Number(id))
  }
  return ids
}

async function authorizationAt(api: string, admin: typeof ADMIN): Promise<string> {
  const { token } = await ask(createClient({ api }, undefined), '/authentication', {
    username: admin.email,
    password: admin.password,
  })
  const { body } = await createClient({ api }, `Bearer ${token}`).call('GET', '/authentication/secrets')
  return `User ${body.userSecret}, Organization ${body.organizationSecret}`
}

async function ask(client: Client, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await client.call('POST', path, { body })
  if (answer.status !== 200) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`)
  return answer.body
}
