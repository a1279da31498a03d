import { expect, test } from 'vitest'
import { CALLBACK, type TestHub } from '../../support/hub.ts'

/** What every CRM element must show, on the simulator (spec 12 §1.1). */
export interface CrmResource {
  /** below `/hubs/crm` */
  path: string
  /** body of a creation; absent: nothing is written */
  create?: Record<string, unknown> | (() => Promise<Record<string, unknown>>)
  /** what an update sends, and where the record shows it afterwards (dotted) */
  change?: { body: Record<string, unknown>; shows: Record<string, unknown> }
  update?: 'PATCH' | 'PUT'
  /** where records have their id */
  id?: string
  /** a name that `where` may use, and where the created record shows its value */
  search?: { field: string; at?: string }
  /** false: the list does not page by number */
  pages?: boolean
  delete?: boolean
  /** false: the vendor takes a creation without any member */
  refusesEmpty?: boolean
  get?: boolean
}

export type Callers = { hub: () => TestHub; token: () => string }

/** Walks the consent of the simulated vendor and makes an instance. */
export async function provisionOAuth(hub: TestHub, key: string, configuration: Record<string, string> = {}) {
  const client = { apiKey: 'test-key', apiSecret: 'test-secret', callbackUrl: CALLBACK }
  const url = await hub.call(
    'GET',
    `/elements/${key}/oauth/url?${new URLSearchParams({ ...client, ...configuration })}`,
  )
  expect(url.status, url.text).toBe(200)
  const consent = await fetch(url.body.oauthUrl, { redirect: 'manual' })
  const code = new URL(consent.headers.get('location') ?? CALLBACK).searchParams.get('code')
  expect(code, url.body.oauthUrl).toBeTruthy()
  return provision(
    hub,
    key,
    {
      'oauth.api.key': 'test-key',
      'oauth.api.secret': 'test-secret',
      'oauth.callback.url': CALLBACK,
      ...configuration,
    },
    { code },
  )
}

export async function provision(
  hub: TestHub,
  key: string,
  configuration: Record<string, string>,
  providerData?: Record<string, unknown>,
): Promise<Record<string, unknown> & { id: number; token: string; configuration: Record<string, string> }> {
  const made = await hub.call('POST', '/instances', {
    body: { name: `${key} check`, element: { key }, configuration, ...(providerData ? { providerData } : {}) },
  })
  expect(made.status, made.text).toBe(200)
  return made.body
}

// biome-ignore lint/suspicious/noExplicitAny: records of every vendor
type Rows = any[]

export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], value)
}

/** Lists, pages, searches, creates, reads, changes and deletes, and asks for what is not there. */
export function checkResource({ hub, token }: Callers, resource: CrmResource): void {
  const { path, id = 'id', create, change, search, update = 'PATCH' } = resource
  const call = (method: string, below: string, body?: unknown) =>
    hub().call(method, `/hubs/crm${path}${below}`, { token: token(), ...(body === undefined ? {} : { body }) })
  const list = async (query: Record<string, string>) => {
    const answer = await call('GET', `?${new URLSearchParams(query)}`)
    expect(answer.status, answer.text).toBe(200)
    expect(Array.isArray(answer.body), answer.text).toBe(true)
    return { rows: answer.body as Rows, next: answer.headers.get('elements-next-page-token'), answer }
  }
  const idsOf = (rows: Rows) => rows.map((row) => at(row, id))

  test(`${path}: lists records that have an id`, async () => {
    const { rows, answer } = await list({ pageSize: '3' })
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThanOrEqual(3)
    expect(answer.headers.get('elements-returned-count')).toBe(String(rows.length))
    expect(idsOf(rows).every((value) => value !== undefined && value !== null)).toBe(true)
  })

  if (resource.pages !== false) {
    test(`${path}: two pages are the page of twice the size, by token and by number`, async () => {
      const first = await list({ page: '1', pageSize: '2' })
      expect(first.next).toBeTruthy()
      const second = await list({ nextPage: first.next ?? '' })
      const both = await list({ pageSize: '4' })
      expect([...idsOf(first.rows), ...idsOf(second.rows)]).toEqual(idsOf(both.rows))
      expect(new Set(idsOf(both.rows)).size).toBe(both.rows.length)
    })

    test(`${path}: tokens walk one by one and come to an end`, async () => {
      const whole = await list({ pageSize: '100' })
      let step = await list({ pageSize: '1', nextPage: '' })
      const seen = [...idsOf(step.rows)]
      for (let count = 0; count < 4 && step.next; count++) {
        step = await list({ pageSize: '1', page: '1', nextPage: step.next })
        expect(step.rows.length).toBeLessThanOrEqual(1)
        seen.push(...idsOf(step.rows))
      }
      expect(seen).toEqual(idsOf(whole.rows).slice(0, seen.length))
      let last = await list({ pageSize: '100' })
      for (let count = 0; count < 20 && last.next; count++) last = await list({ pageSize: '100', nextPage: last.next })
      expect(last.next).toBeNull()
    })
  }

  if (resource.get !== false) {
    test(`${path}: a record is read by its id, and what is not there is a 404`, async () => {
      const { rows } = await list({ pageSize: '1' })
      const read = await call('GET', `/${encodeURIComponent(String(idsOf(rows)[0]))}`)
      expect(read.status, read.text).toBe(200)
      expect(at(read.body, id)).toEqual(idsOf(rows)[0])
      expect((await call('GET', '/999999')).status).toBe(404)
    })
  }

  if (create === undefined) return
  test(`${path}: a record is made, found, changed and deleted`, async () => {
    const body = typeof create === 'function' ? await create() : create
    const made = await call('POST', '', body)
    expect(made.status, made.text).toBe(200)
    const madeId = at(made.body, 'id') ?? at(made.body, id)
    expect(madeId, made.text).toBeTruthy()
    const item = `/${encodeURIComponent(String(madeId))}`
    const read = resource.get === false ? made : await call('GET', item)
    expect(read.status, read.text).toBe(200)
    if (search) {
      const value = String(at(read.body, search.at ?? search.field))
      const { rows } = await list({ where: `${search.field}='${value.replaceAll("'", "''")}'`, pageSize: '50' })
      expect(idsOf(rows), `where ${search.field}='${value}'`).toContainEqual(madeId)
      for (const row of rows) expect(String(at(row, search.at ?? search.field))).toBe(value)
    }
    if (change) {
      const changed = await call(update, item, change.body)
      expect(changed.status, changed.text).toBe(200)
      const after = resource.get === false ? changed : await call('GET', item)
      for (const [name, value] of Object.entries(change.shows)) expect(at(after.body, name), name).toEqual(value)
      expect((await call(update, '/999999', change.body)).status).toBe(404)
    }
    if (resource.delete === false) return
    const gone = await call('DELETE', item)
    expect(gone.status, gone.text).toBe(200)
    if (resource.get !== false) expect((await call('GET', item)).status).toBe(404)
    expect((await call('DELETE', item)).status).toBe(404)
  })

  if (resource.refusesEmpty === false) return
  test(`${path}: a creation without anything is refused`, async () => {
    const refused = await call('POST', '', {})
    expect(refused.status, refused.text).toBe(400)
    expect(refused.body.providerMessage, refused.text).toBeTruthy()
  })
}
