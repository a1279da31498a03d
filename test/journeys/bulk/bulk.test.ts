import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bulkDb } from '../../../src/bulk/bulk-table.ts'
import type { InstanceTables } from '../../../src/instances/instance-table.ts'
import { bulkClient } from '../../support/bulk-client.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { addColleague, addOrganization, organizationSecretOf } from '../people.ts'

let hub: TestHub
let instance: { id: number; token: string }
beforeAll(async () => {
  hub = await startTestHub()
  instance = await hub.provisionBase()
}, 60_000)
afterAll(() => hub.close())

const own = (method: string, path: string, more: object = {}): Promise<Answer> =>
  hub.call(method, path, { token: instance.token, ...more })

const ended = (id: string | number): Promise<Answer['body']> => bulkClient(hub, instance).ended(String(id))

/** A file, which may be JSON lines. */
async function fileAt(path: string, accept?: string) {
  const authorization = `${hub.authorization}, Element ${instance.token}`
  const response = await fetch(hub.api + path, { headers: { authorization, ...(accept ? { accept } : {}) } })
  return { headers: response.headers, text: await response.text() }
}

/** As a browser or a client library sends it. */
async function sendForm(path: string, form: FormData, headers: Record<string, string> = {}) {
  const authorization = `${hub.authorization}, Element ${instance.token}`
  const response = await fetch(hub.api + path, { method: 'POST', body: form, headers: { authorization, ...headers } })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

function formOf(file: string, { name = 'rows.csv', metaData }: { name?: string; metaData?: object } = {}): FormData {
  const form = new FormData()
  form.append('file', new Blob([file], { type: 'text/csv' }), name)
  if (metaData) form.append('metaData', JSON.stringify(metaData))
  return form
}

async function allContacts(): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for (let token: string | null = ''; token !== null; ) {
    const page: Answer = await own('GET', `/hubs/crm/contacts?pageSize=100&nextPage=${token}`)
    found.push(...page.body)
    token = page.headers.get('elements-next-page-token')
  }
  return found
}

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('a download', () => {
  test('by a statement is the list of the element, as CSV, JSON and JSON lines', async () => {
    const contacts = await allContacts()
    const started = await own('POST', '/hubs/crm/bulk/query?q=select%20*%20from%20contacts')
    expect(started.status, started.text).toBe(200)
    expect(started.body).toEqual({
      ...{ id: expect.stringMatching(/^\d+$/), status: 'CREATED' },
      ...{ instanceId: instance.id, instance_id: instance.id },
    })
    const { id } = started.body
    expect(await ended(id)).toMatchObject({
      ...{ id: Number(id), status: 'COMPLETED', instanceId: instance.id, object_name: 'contacts' },
      ...{ job_direction: 'DOWNLOAD', recordsCount: contacts.length, recordsFailedCount: 0 },
    })

    const json = await fileAt(`/bulk/${id}/contacts`, 'application/jsonl')
    expect(json.headers.get('content-type')).toBe('application/jsonl')
    expect(linesOf(json.text)).toEqual(contacts)
    const lines = await fileAt(`/hubs/any/bulk/${id}/Contact`, 'application/json')
    expect(lines.headers.get('content-type')).toContain('application/json')
    expect(linesOf(lines.text)).toEqual(contacts)
    const csv = await own('GET', `/bulk/${id}/contacts`)
    expect(csv.headers.get('content-type')).toBe('text/csv')
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="contacts_${id}.csv"`)
    expect(csv.text.split('\n')[0]?.split(',')).toEqual(expect.arrayContaining(['id', 'name', 'address.city']))
  })

  test('has the columns that were asked for, and no more rows', async () => {
    const { body } = await own('POST', '/bulk/query', {
      body: { query: 'select id, name from contacts limit 3', headerData: { order: 'asc' } },
    })
    expect(await ended(body.id)).toMatchObject({ recordsCount: 3 })
    const [header, ...rows] = (await own('GET', `/bulk/${body.id}/contacts`)).text.trimEnd().split('\n')
    expect([header, rows.length]).toEqual(['id,name', 3])
    const asText = encodeURIComponent('{"convertToNativeType":"false"}')
    const texts = await fileAt(`/bulk/${body.id}/contacts?json=${asText}`, 'application/jsonl')
    for (const record of linesOf(texts.text)) expect(record.id).toEqual(expect.any(String))
  })

  test('is read page by page', async () => {
    const { body } = await own('POST', '/bulk/query?q=select id from contacts limit 5')
    await ended(body.id)
    const first = await own('GET', `/bulk/${body.id}/contacts/data?pageSize=3`)
    expect(first.body).toHaveLength(3)
    expect(first.headers.get('elements-returned-count')).toBe('3')
    expect(first.headers.get('elements-total-count')).toBe('5')
    const token = first.headers.get('elements-next-page-token')
    const second = await own('GET', `/bulk/${body.id}/contacts/data?nextPage=${token}`)
    expect(second.body).toHaveLength(2)
    expect(second.headers.get('elements-next-page-token')).toBeNull()
    expect(new Set([...first.body, ...second.body].map(({ id }) => id)).size).toBe(5)
  })

  test('brings back what its caller said of it, sent in a form of either kind', async () => {
    const metaData = { 'callback-payload': { order: 7 }, fileName: '{yyyy}_Name' }
    const form = new FormData()
    form.append('metaData', JSON.stringify(metaData))
    const byForm = await sendForm('/bulk/query?q=select * from users', form)
    expect(byForm.status, JSON.stringify(byForm.body)).toBe(200)
    const encoded = await fetch(`${hub.api}/bulk/query?q=select * from users`, {
      method: 'POST',
      headers: { authorization: `${hub.authorization}, Element ${instance.token}` },
      body: new URLSearchParams({ metaData: JSON.stringify(metaData) }),
    })
    const { id } = (await encoded.json()) as { id: string }
    for (const job of [byForm.body.id, id]) {
      expect(await ended(job)).toMatchObject({ ...metaData, metadata: metaData })
      const file = await own('GET', `/bulk/${job}/users`)
      expect(file.headers.get('content-disposition')).toMatch(/filename="\d{4}_Name.csv"/)
    }
  })

  test('of the newer generation', async () => {
    const asked = { objectName: 'contacts', format: 'application/jsonl', selectFields: 'id,last_name', limit: 2 }
    const { status, body, text } = await own('POST', '/bulk/download', { body: asked })
    expect(status, text).toBe(200)
    expect(await ended(body.id)).toMatchObject({ status: 'COMPLETED', fileFormat: 'jsonl', recordsCount: 2 })
    const file = await fileAt(`/bulk/${body.id}/contacts`)
    expect(file.headers.get('content-type')).toBe('application/jsonl')
    expect(linesOf(file.text)).toHaveLength(2)
  })

  for (const [name, path, options, status, message] of [
    ['without a statement', '/bulk/query', {}, 400, /statement/],
    ['with an empty body', '/bulk/query', { headers: { 'content-type': 'application/json' } }, 400, /statement/],
    ['with a statement that cannot be read', '/bulk/query?q=select from where', {}, 400, /^Error parsing query/],
    ['of an object that there is not', '/bulk/query?q=select * from unicorns', {}, 404, /unicorns/],
    ['without a format', '/bulk/download', { body: { objectName: 'contacts' } }, 400, /format/],
  ] as const) {
    test(`is refused ${name}`, async () => {
      const answer = await own('POST', path, options)
      expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)])
    })
  }

  test('has no file before its end, nor for another wish', async () => {
    const { body } = await own('POST', '/bulk/query?q=select id from contacts limit 1')
    await ended(body.id)
    await bulkDb(hub.hub.store)
      .updateTable('bulk_jobs')
      .set({ status: 'RUNNING' })
      .where('id', '=', Number(body.id))
      .execute()
    for (const path of ['contacts', 'contacts/data']) {
      const { status, body: refused } = await own('GET', `/bulk/${body.id}/${path}`)
      expect([status, refused.message]).toEqual([404, 'No file found'])
    }
    await bulkDb(hub.hub.store)
      .updateTable('bulk_jobs')
      .set({ status: 'COMPLETED' })
      .where('id', '=', Number(body.id))
      .execute()
    const odd = await own('GET', `/bulk/${body.id}/contacts`, { headers: { accept: 'image/png' } })
    expect(odd.status).toBe(406)
  })
})

describe('an upload', () => {
  const CSV = 'last_name,address.city,email\nOne,Paris,one@example.com\n,Rome,two@example.com\n"Three, B",Oslo,\n'

  test('writes rows, and says of each other one why not', async () => {
    const { status, body } = await sendForm(
      '/hubs/crm/bulk/contacts',
      formOf(CSV, { metaData: { 'callback-payload': 'p' } }),
    )
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toEqual({
      ...{ id: expect.any(Number), status: 'CREATED', instanceId: instance.id, instance_id: instance.id },
    })
    expect(await ended(body.id)).toMatchObject({
      ...{ status: 'COMPLETED', job_direction: 'UPLOAD', recordsCount: 3, recordsFailedCount: 1 },
      ...{ fileFormat: 'csv', fileSize: CSV.length, 'callback-payload': 'p' },
    })
    const errors = await own('GET', `/bulk/${body.id}/errors`)
    expect(errors.body).toEqual([
      { 'address.city': 'Rome', email: 'two@example.com', status: expect.stringMatching(/^4\d\d: /) },
    ])
    const some = await own('GET', `/bulk/${body.id}/errors?fields=email`)
    expect(some.body).toEqual([{ email: 'two@example.com' }])
    const written = (await allContacts()).filter(({ last_name }) => ['One', 'Three, B'].includes(String(last_name)))
    expect(written.map(({ address }) => (address as { city: string }).city).toSorted()).toEqual(['Oslo', 'Paris'])
    expect((await own('GET', `/bulk/${body.id}/contacts`)).status).toBe(404)
  })

  for (const [name, type, file] of [
    ['an array of objects', 'application/json', JSON.stringify([{ last_name: 'Array' }, { last_name: 'Array' }])],
    ['an object per line', 'application/json', '{"last_name":"Line"}\n{"last_name":"Line"}\n'],
    ['CSV', 'text/csv', 'last_name\nPlain\nPlain\n'],
    ['a file of no type', 'application/octet-stream', 'last_name;title\nNone;x\nNone;y\n'],
  ] as const) {
    test(`takes the whole body as a file: ${name}`, async () => {
      const response = await fetch(`${hub.api}/bulk/contacts`, {
        method: 'POST',
        headers: { authorization: `${hub.authorization}, Element ${instance.token}`, 'content-type': type },
        body: file,
      })
      const { id } = (await response.json()) as { id: number }
      expect(response.status).toBe(200)
      expect(await ended(id)).toMatchObject({ status: 'COMPLETED', recordsCount: 2, recordsFailedCount: 0 })
    })
  }

  test('may be longer than other bodies', async () => {
    const { body, status } = await sendForm(
      '/bulk/contacts',
      formOf(`last_name,description
${`Long,${'x'.repeat(110_000)}
`.repeat(100)}`),
    )
    expect(status, JSON.stringify(body)).toBe(200)
    expect(await ended(body.id)).toMatchObject({ recordsCount: 100, recordsFailedCount: 0 })
  }, 60_000)

  test('takes a part without a name', async () => {
    const form = new FormData()
    form.append('', new Blob(['last_name\nNameless\n'], { type: 'text/csv' }), 'stream')
    const { status, body } = await sendForm('/bulk/contacts', form)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(await ended(body.id)).toMatchObject({ recordsCount: 1, recordsFailedCount: 0 })
  })

  test('is refused without a file', async () => {
    const none = await own('POST', '/bulk/contacts')
    expect([none.status, none.body.message]).toEqual([400, expect.stringMatching(/file/)])
    const nothing = await own('POST', '/bulk/contacts', { body: null })
    expect([nothing.status, nothing.body.message]).toEqual([400, expect.stringMatching(/file/)])
    const empty = await sendForm('/bulk/contacts', new FormData())
    expect(empty.status).toBe(400)
  })
})

describe('a job', () => {
  test('is cancelled', async () => {
    const rows = Array.from({ length: 5_000 }, (_, at) => `Row ${at}\n`).join('')
    const { body } = await sendForm('/bulk/contacts', formOf(`last_name\n${rows}`))
    const cancelled = await own('PUT', `/bulk/${body.id}/cancel`)
    expect(cancelled.status, cancelled.text).toBe(200)
    expect(['CANCELLATION_PENDING', 'CANCELLED']).toContain(cancelled.body.status)
    const status = await ended(body.id)
    expect(status.status).toBe('CANCELLED')
    expect(status.recordsCount).toBeLessThan(5_000)
    expect(status).not.toHaveProperty('error')
    const again = await own('PUT', `/hubs/crm/bulk/${body.id}/cancel`)
    expect(again.status).toBe(400)
  })

  test('is in the list of its instance, the newest first', async () => {
    const { body: job } = await own('POST', '/bulk/query?q=select id from leads limit 1')
    await ended(job.id)
    const newest = await own('GET', '/bulk/jobs?pageSize=1')
    expect(newest.body).toMatchObject([
      { id: Number(job.id), object_name: 'leads', job_query: 'select id from leads limit 1', job_status: 'COMPLETED' },
    ])
    const token = newest.headers.get('elements-next-page-token')
    const next = await own('GET', `/hubs/crm/bulk/jobs?nextPage=${token}&fields=id,job_direction`)
    expect(next.body).toEqual([{ id: expect.any(Number), job_direction: expect.any(String) }])
    const where = encodeURIComponent("job_direction='UPLOAD' and job_status='CANCELLED'")
    const found = await own('GET', `/bulk/jobs?where=${where}`)
    expect(found.headers.get('elements-total-count')).toBe('1')
    expect(found.body).toHaveLength(1)
    expect(found.body[0]).toMatchObject({ object_name: 'contacts', bulk_status: 'CANCELLED' })
  })

  test('is not there for anybody else, nor for another instance of the account', async () => {
    const { body: job } = await own('POST', '/bulk/query?q=select id from leads limit 1')
    await ended(job.id)
    const second = await hub.provisionBase({ name: 'Second' })
    const paths = [`${job.id}/status`, `${job.id}/errors`, `${job.id}/leads`, `${job.id}/leads/data`]
    for (const path of paths) {
      expect((await hub.call('GET', `/bulk/${path}`, { token: second.token })).status, path).toBe(404)
      expect((await hub.call('GET', `/bulk/${path}`)).status, path).toBe(401)
    }
    expect((await hub.call('PUT', `/bulk/${job.id}/cancel`, { token: second.token })).status).toBe(404)
    expect((await hub.call('GET', '/bulk/jobs', { token: second.token })).body).toEqual([])
    for (const id of ['0', '999999', 'status', '99999999999999'])
      expect((await own('GET', `/bulk/${id}/status`)).status, id).toBe(404)
    const stranger = await addOrganization(hub.hub.store, 'Stranger')
    const authorization = `${stranger.authorization}, Element ${instance.token}`
    expect((await hub.call('GET', `/bulk/${job.id}/status`, { authorization })).status).toBe(401)
  })

  test('has no other methods', async () => {
    for (const [method, path, allow] of [
      ['DELETE', '/bulk/jobs', 'GET, POST'],
      ['DELETE', '/hubs/crm/bulk/1/status', 'GET'],
      ['PATCH', '/bulk/query', 'POST'],
    ] as const) {
      const { status, headers } = await own(method, path)
      expect([path, status, headers.get('allow')]).toEqual([path, 405, allow])
    }
  })

  test('needs no Organization secret, and no enabled instance can be done without', async () => {
    const { body: job } = await own('POST', '/bulk/query?q=select id from leads limit 1')
    await ended(job.id)
    const [user = ''] = hub.authorization.split(',')
    const authorization = `${user}, Element ${instance.token}`
    expect((await hub.call('GET', `/bulk/${job.id}/status`, { authorization })).status).toBe(200)
    await own('DELETE', '/instances/enabled')
    try {
      for (const [method, path] of [
        ['GET', `/bulk/${job.id}/status`],
        ['GET', '/hubs/crm/bulk/jobs'],
        ['POST', '/bulk/query?q=select id from leads'],
        ['PUT', `/bulk/${job.id}/cancel`],
      ] as const)
        expect((await own(method, path)).status, path).toBe(403)
    } finally {
      await own('PUT', '/instances/enabled')
    }
  })

  test('goes with its user', async () => {
    const { store } = hub.hub
    const { organization_id, account_id } = await store.db
      .withTables<InstanceTables>()
      .selectFrom('instances')
      .select(['organization_id', 'account_id'])
      .where('id', '=', instance.id)
      .executeTakeFirstOrThrow()
    const leaver = await addColleague(store, {
      ...{ organizationId: organization_id, accountId: account_id, name: 'Leaver' },
      organizationSecret: organizationSecretOf(hub.authorization),
    })
    const authorization = `${leaver.authorization}, Element ${instance.token}`
    const { body: job } = await hub.call('POST', '/bulk/query?q=select id from leads limit 1', { authorization })
    await ended(job.id)
    const gone = await hub.call('DELETE', `/organizations/users/${leaver.userId}`)
    expect(gone.status, gone.text).toBe(200)
    expect((await own('GET', `/bulk/${job.id}/status`)).status).toBe(404)
  })
})
