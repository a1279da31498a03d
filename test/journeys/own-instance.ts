import { expectOk } from '../support/expect-answer.ts'
import type { Answer, TestHub } from '../support/hub.ts'

let count = 0

/** An instance that takes no vendor to make, of an element of its own. */
export async function provisionOwn(hub: TestHub, authorization: string): Promise<{ id: number; token: string }> {
  const element = {
    name: `Owned ${++count}`,
    hub: 'general',
    authentication: { type: 'custom' },
    configuration: [{ key: 'base.url', name: 'Base URL', defaultValue: 'https://api.owned.example/v1' }],
    resources: [{ method: 'GET', path: '/days', vendorMethod: 'GET', vendorPath: '/days', type: 'api' }],
  }
  const { id } = expectOk(await hub.call('POST', '/elements', { authorization, body: element })).body
  const body = { name: 'One', element: { id }, configuration: {} }
  return expectOk(await hub.call('POST', '/instances', { authorization, body })).body
}

/** A call of an instance that the hub answers by itself. */
export function callOwn(hub: TestHub, authorization: string, token: string): Promise<Answer> {
  return hub.call('GET', '/objects', { authorization: `${authorization}, Element ${token}` })
}

/** What became of the vendor's tokens after the deletion. */
export async function revocationOf(hub: TestHub, id: number): Promise<string> {
  const row = await hub.hub.store.db
    .withTables<{ instances: { id: number; revocation: { state: string } } }>()
    .selectFrom('instances')
    .select('revocation')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return row.revocation.state
}
