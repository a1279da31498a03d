import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectOk } from '../../support/expect-answer.ts'
import {
  elementRequest,
  type Formulas,
  filter,
  formulasOf,
  httpRequest,
  platformRequest,
  type StepText,
  script,
  step,
  storyOf,
} from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Delivery, type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** Steps that call: element instances, the platform, anybody (spec 31 §3.2–3.5, 32 scenarios 6 to 9). */
let hub: TestHub
let vendor: BulkVendor
let receiver: Receiver
let formulas: Formulas
let crm: { id: number; token: string }
let inbox: Inbox
let anywhere: { id: number }
beforeAll(async () => {
  ;[vendor, receiver, hub] = await Promise.all([
    startBulkVendor(),
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  formulas = formulasOf(hub)
  await formulas.warm()
  inbox = receiver.inbox()
  await postBulkElement(hub, { key: 'requested', baseUrl: vendor.baseUrl })
  const part = (name: string) => ({ name, vendorName: name, type: 'multipart', vendorType: 'form' })
  const uploads = {
    method: 'POST',
    path: '/hubs/crm/uploads',
    vendorMethod: 'POST',
    vendorPath: '/uploads',
    type: 'api',
  }
  const parameters = ['file', 'plain', 'metaData'].map(part)
  await postBulkElement(hub, { key: 'rawvendor', baseUrl: inbox.url, resources: [{ ...uploads, parameters }] })
  crm = await provision('requested')
  anywhere = await provision('rawvendor')
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
  await receiver.close()
})
beforeEach(() => {
  vendor.reset()
  vendor.rows('contacts', [
    { id: 'c1', name: 'Ann' },
    { id: 'c2', name: 'Bob' },
  ])
})

async function provision(key: string): Promise<{ id: number; token: string }> {
  const body = { name: `Instance of ${key}`, element: { key }, configuration: {} }
  return expectOk(await hub.call('POST', '/instances', { body })).body
}

async function formOf(delivery: Delivery | undefined): Promise<FormData> {
  const headers = { 'content-type': delivery?.headers['content-type'] ?? '' }
  return new Response(new Uint8Array(delivery?.body ?? []), { headers }).formData()
}

const run = (steps: Record<string, StepText>, args: unknown = {}, engine: 'v1' | 'v3' = 'v3') =>
  formulas.run(
    { engine, config: { crm: 'elementInstance', raw: 'elementInstance' }, steps },
    { configuration: { crm: crm.id, raw: anywhere.id }, args },
  )

describe('31 §3.3: what a request leaves behind', () => {
  test('request and response, as text in values and with types in the context', async () => {
    const { value, json, visits, status } = await run(
      {
        get: elementRequest('GET /contacts', { query: '${trigger.args.query}' }, 'tell'),
        tell: script(
          'const { response, request } = steps.get\ndone({ code: response.code === 200, first: response.body[0].name, uri: request.uri, method: request.method })',
        ),
      },
      { query: { pageSize: 1 } },
    )
    expect(status).toBe('success')
    expect(value('get.request.method')).toBe('GET')
    expect(value('get.request.uri')).toContain('/contacts')
    expect(String(json('get.request.query').pageSize)).toBe('1')
    expect(visits[1]?.values['get.request.body']).toBeUndefined()
    expect(value('get.response.code')).toBe('200')
    expect(json('get.response.body')).toEqual([{ id: 'c1', name: 'Ann' }])
    expect(json('get.response.headers')).toMatchObject({ 'elements-returned-count': '1' })
    expect([value('tell.code'), value('tell.first'), value('tell.method')]).toEqual(['true', 'Ann', 'GET'])
  })

  test('headers of the answer are found in any spelling', async () => {
    const { value } = await run({
      get: elementRequest('GET /contacts?pageSize=1', {}, 'tell'),
      tell: script(`const { headers } = steps.get.response
        done({ same: headers['elements-next-page-token'] === headers['Elements-Next-Page-Token'], has: !!headers['ELEMENTS-next-page-TOKEN'] })`),
    })
    expect([value('tell.same'), value('tell.has')]).toEqual(['true', 'true'])
  })

  test('a failed one leaves them as well, and goes to onFailure', async () => {
    vendor.script('GET /contacts', () => ({ status: 409, body: { message: 'not like that' } }))
    const { value, visits, status } = await run({
      get: elementRequest('GET /contacts', {}, 'never', 'tell'),
      never: script('done()'),
      tell: script('done({ code: steps.get.response.code, body: steps.get.response.body })'),
    })
    expect(storyOf(visits)).toEqual(['trigger:success', 'get:failed', 'tell:success'])
    expect([status, value('get.response.code'), value('tell.code')]).toEqual(['failed', '409', '409'])
    expect(value('tell.body')).toContain('not like that')
  })

  test('secrets are masked in what is kept', async () => {
    const { visits } = await run({ get: elementRequest('GET /contacts', {}, 'ask'), ask: platformRequest('GET /ping') })
    const all = JSON.stringify(visits)
    const secrets = [crm.token, ...hub.authorization.split(/[ ,]+/).filter((one) => one.length > 20)]
    expect(secrets.length).toBeGreaterThan(2)
    for (const secret of secrets) expect(all).not.toContain(secret)
  })

  test('headers that the platform adds', async () => {
    const { json, execution, formula } = await run({ get: elementRequest('GET /contacts') }, {}, 'v1')
    expect(json('get.request.headers')).toMatchObject({
      'Elements-Formula-Id': expect.anything(),
      'Elements-Formula-Execution-Id': expect.anything(),
      'Elements-Formula-Step': 'get',
    })
    const { 'Elements-Formula-Id': id, 'Elements-Formula-Execution-Id': executionId } = json('get.request.headers')
    expect([String(id), String(executionId)]).toEqual([String(formula.id), String(execution.id)])
  })

  test('headers, query with lists and numbers, and a body are sent', async () => {
    const args = { headers: { 'X-Trace': 'yes' }, body: { name: 'Zoë', tags: ['a'], deep: { n: 1 } } }
    const { status } = await run(
      { post: elementRequest('POST /contacts', { headers: '${trigger.args.headers}', body: '${trigger.args.body}' }) },
      args,
    )
    expect(status).toBe('success')
    expect(vendor.calls.find(({ method }) => method === 'POST')?.body).toEqual(args.body)
    inbox.clear()
    const http = await run(
      {
        post: httpRequest(`POST ${inbox.url}/x?fixed=1`, {
          headers: '${trigger.args.headers}',
          query: '${trigger.args.query}',
          body: '${trigger.args.body}',
        }),
      },
      { ...args, query: { 'tags[]': ['a', 'b'], on: true, n: 5 } },
    )
    expect(http.status).toBe('success')
    const [delivery] = await inbox.arrived(1)
    expect(delivery?.headers['x-trace']).toBe('yes')
    expect(delivery?.json).toEqual(args.body)
    const sent = new URL(delivery?.url ?? '', 'http://x').searchParams
    expect([sent.get('fixed'), sent.get('on'), sent.get('n'), sent.getAll('tags[]')]).toEqual([
      '1',
      'true',
      '5',
      ['a', 'b'],
    ])
  })
})

describe('32 §11: scenarios', () => {
  test('6: 3 retries of a request that is answered 400, then failed', async () => {
    const { value, status, visits } = await run({
      get: elementRequest('GET /nothing-like-that', {
        ...{ retry: 'true', retryAttempts: '3', retryDelay: '20', retryStatusCodes: '399-401' },
      }),
    })
    expect(value('get.response.code')).toBe('400')
    expect(value('get.request.retry-attempt')).toBe('3')
    expect([storyOf(visits), status]).toEqual([['trigger:success', 'get:failed'], 'failed'])
  })

  test('7: an unknown platform path with acceptableStatusCodes 401 is success', async () => {
    const { value, status } = await run({
      ask: platformRequest('GET /nothing-like-that', { acceptableStatusCodes: '401' }),
    })
    expect([value('ask.response.code'), status]).toEqual(['401', 'success'])
  })

  test('8: create, query, delete by variables, {id} and a name of the resource in the path', async () => {
    const formula = await formulas.make({
      config: { 'crm.instance': 'elementInstance', 'resource.name': 'value' },
      steps: {
        create: elementRequest(
          'POST /hubs/crm/${config.resource.name}',
          { elementInstanceId: '${config.crm.instance}', body: '${trigger.args.body}' },
          'where',
        ),
        where: script(
          "done({ query: { where: `name='${steps.create.response.body.name}'` }, path: { id: steps.create.response.body.id } })",
          'find',
        ),
        find: elementRequest(
          'GET /${config.resource.name}',
          { elementInstanceId: '${config.crm.instance}', query: '${steps.where.query}' },
          'remove',
        ),
        remove: elementRequest('DELETE /${config.resource.name}/{id}', {
          elementInstanceId: '${config.crm.instance}',
          path: '${steps.where.path}',
        }),
      },
    })
    const instance = await formulas.bind(formula, { 'crm.instance': crm.id, 'resource.name': 'contacts' })
    const { status, visits, json } = await formulas.runAgain({ formula, instance }, { body: { name: 'Chain' } })
    expect(status, JSON.stringify(visits)).toBe('success')
    expect(json('find.response.body')).toMatchObject([{ name: 'Chain' }])
    expect(vendor.rows('contacts').map(({ id }) => id)).toEqual(['c1', 'c2'])
  })

  test('9: an HTTP request, and a filter for its code', async () => {
    const { value, visits, status } = await run({
      ask: httpRequest(`GET ${vendor.baseUrl}/contacts/c1`, {}, 'isOk'),
      isOk: filter('done(steps.ask.response.code === 200 && steps.ask.response.body.name === "Ann")'),
    })
    expect([storyOf(visits), status]).toEqual([['trigger:success', 'ask:success', 'isOk:success'], 'success'])
    expect(value('ask.request.url')).toBe(`${vendor.baseUrl}/contacts/c1`)
    expect(visits[1]?.values).not.toHaveProperty('ask.request.uri')
  })
})

describe('31 §3.2: acceptableStatusCodes and retries', () => {
  test('they add to 2xx: 400,404 take the success branch on 404 and on 200', async () => {
    const lines = { here: 'GET /contacts/c1', away: 'GET /contacts/c9' }
    for (const [name, code] of [
      ['here', '200'],
      ['away', '404'],
    ] as const) {
      const { value, status } = await run({
        get: elementRequest(lines[name], { acceptableStatusCodes: '400,404' }, 'good', 'poor'),
        good: script('done({ good: 1 })'),
        poor: script('done({ poor: 1 })'),
      })
      expect([value('get.response.code'), value('good.good'), status]).toEqual([code, '1', 'success'])
    }
  })

  test('a range', async () => {
    vendor.script('GET /contacts', () => ({ status: 409, body: {} }))
    for (const [acceptableStatusCodes, expected] of [
      ['400-408', 'failed'],
      ['400-410,500', 'success'],
      ['', 'failed'],
    ] as const)
      expect((await run({ get: elementRequest('GET /contacts', { acceptableStatusCodes }) })).status).toBe(expected)
  })

  test('a retry that works is success, and says how many there were', async () => {
    let asked = 0
    vendor.script('GET /contacts', () => (++asked < 3 ? { status: 409, body: {} } : undefined))
    const { value, status } = await run({
      get: elementRequest('GET /contacts', { retry: 'true', retryAttempts: '5', retryDelay: '10' }),
    })
    expect([status, value('get.request.retry-attempt'), value('get.response.code')]).toEqual(['success', '2', '200'])
    expect(asked).toBe(3)
  })

  test('a status that is not in retryStatusCodes is not tried again; nothing is without retry', async () => {
    let asked = 0
    vendor.script('POST /contacts', () => {
      asked++
      return { status: 409, body: {} }
    })
    const post = (more: object) =>
      run({
        post: elementRequest('POST /contacts', { body: '{"name":"x"}', retryAttempts: '3', retryDelay: '10', ...more }),
      })
    await post({ retry: 'true', retryStatusCodes: '500-599' })
    expect(asked).toBe(1)
    await post({ retryStatusCodes: '409' })
    expect(asked).toBe(2)
    await post({ retry: 'false' })
    expect(asked).toBe(3)
    const { value } = await post({ retry: 'true', retryStatusCodes: '409' })
    expect(asked).toBe(7)
    expect(value('post.request.retry-attempt')).toBe('3')
  })

  test('a host that cannot be reached is an error of the step', async () => {
    const { value, visits, status } = await run({
      ask: httpRequest('GET http://127.0.0.1:1/x', {}, undefined, 'after'),
      after: script('done({ error: steps.ask.error })'),
    })
    expect([storyOf(visits), status]).toEqual([['trigger:success', 'ask:failed', 'after:success'], 'failed'])
    expect(value('ask.error')).toMatch(/\S/)
    expect(value('after.error')).toBe(value('ask.error'))
  })

  test('private addresses are no business of formulas unless they are allowed', async () => {
    for (const url of ['http://10.0.0.1/x', 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd']) {
      const { value, status } = await run({ ask: httpRequest(`GET ${url}`) })
      expect(status, url).toBe('failed')
      expect(value('ask.error')).toMatch(/\S/)
    }
  })
})

describe('31 §3.3: elementRequest and request are calls of the public API', () => {
  test('an instance that is disabled, or not there, fails the step', async () => {
    const other = await provision('requested')
    const formula = await formulas.make({
      config: { crm: 'elementInstance' },
      steps: { get: elementRequest('GET /contacts') },
    })
    const instance = await formulas.bind(formula, { crm: other.id })
    expect((await formulas.runAgain({ formula, instance })).status).toBe('success')
    expectOk(await hub.call('DELETE', `/instances/${other.id}/enabled`))
    const disabled = await formulas.runAgain({ formula, instance })
    expect([disabled.status, disabled.value('get.response.code')]).toEqual(['failed', '403'])
    expectOk(await hub.call('DELETE', `/instances/${other.id}`))
    const started = await formulas.call('POST', `/formulas/instances/${instance.id}/executions`, {})
    if (started.status === 200) expect((await formulas.read(started.body[0].id)).status).toBe('failed')
  })

  test('request runs as the owner of the instance', async () => {
    const { json } = await run({ ask: platformRequest('GET /formulas/instances/${info.formulaInstanceId}') })
    expect(json('ask.response.body')).toMatchObject({ name: expect.any(String), active: true })
  })

  test('31 §5: own configuration as a memory between runs', async () => {
    const formula = await formulas.make({
      config: { seen: 'value?' },
      steps: {
        count: script('done({ body: { configuration: { seen: String(Number(config.seen || 0) + 1) } } })', 'keep'),
        keep: platformRequest('PUT /formulas/${info.formulaId}/instances/${info.formulaInstanceId}', {
          body: '${steps.count.body}',
        }),
      },
    })
    const instance = await formulas.bind(formula)
    for (const seen of ['1', '2']) {
      expect((await formulas.runAgain({ formula, instance })).status).toBe('success')
      expect((await formulas.call('GET', `/formulas/instances/${instance.id}`)).body.configuration.seen).toBe(seen)
    }
  })

  test('31 §5: an instance that switches itself off', async () => {
    const formula = await formulas.make({
      steps: {
        off: platformRequest(
          'DELETE /formulas/${info.formulaId}/instances/${info.formulaInstanceId}/active',
          {},
          'end',
        ),
        end: script('done()'),
      },
    })
    const instance = await formulas.bind(formula)
    const { status, visits } = await formulas.runAgain({ formula, instance })
    expect([status, storyOf(visits).at(-1)]).toEqual(['success', 'end:success'])
    expect((await formulas.call('GET', `/formulas/instances/${instance.id}`)).body.active).toBe(false)
  })

  test('31 §5: a look at own executions: the one that looks is pending', async () => {
    const { json, execution } = await run({
      look: platformRequest('GET /formulas/instances/${info.formulaInstanceId}/executions'),
    })
    expect(json('look.response.body')).toMatchObject([{ id: execution.id, status: 'pending' }])
  })

  test('31 §5: a job of its own', async () => {
    const { json, status } = await run({
      make: script(
        'done({ body: { name: "own", description: "made by a formula", method: "POST", uri: `/elements/api-v2/formulas/instances/${info.formulaInstanceId}/executions`, body: {}, trigger: { cron: "0 0 2 1/1 * ? *" } } })',
        'job',
      ),
      job: platformRequest('POST /jobs', { body: '${steps.make.body}' }),
    })
    expect(status).toBe('success')
    const { id } = json('job.response.body')
    expect((await hub.call('GET', `/jobs/${id}`)).body.description).toBe('made by a formula')
  })
})

describe('31 §5: patterns', () => {
  test('a bulk job that starts the next formula when it ends', async () => {
    const next = await formulas.make({ steps: { tell: script('done(trigger.args)') } })
    const instance = await formulas.bind(next)
    const { status, value } = await run(
      {
        make: script(
          'done({ headers: { "Elements-Async-Callback-Url": `/formulas/instances/${trigger.args.next}/executions` }, body: { query: "select * from contacts" } })',
          'start',
        ),
        start: elementRequest('POST /bulk/query', { headers: '${steps.make.headers}', body: '${steps.make.body}' }),
      },
      { next: instance.id },
    )
    expect([status, value('start.response.code')]).toEqual(['success', '200'])
    const [{ id }] = await formulas.executions(instance.id, 1)
    const { json, value: told } = await formulas.read(id)
    expect(json('trigger.args')).toMatchObject({ status: 'COMPLETED', recordsCount: 2, recordsFailedCount: 0 })
    expect(told('tell.fileFormat')).toMatch(/^(csv|json)$/)
  })

  test('a call of the own API with an Authorization of its own', async () => {
    const headers = { Authorization: `${hub.authorization}, Element ${crm.token}` }
    const { status, json, visits } = await run(
      { ask: httpRequest(`GET ${hub.api}/contacts`, { headers: '${trigger.args.headers}' }) },
      { headers },
    )
    expect(status, JSON.stringify(visits).slice(0, 2000)).toBe('success')
    expect(json('ask.response.body')).toHaveLength(2)
    expect(JSON.stringify(visits[1])).not.toContain(crm.token)
  })

  test('page after page, by a script, a request and a filter', async () => {
    vendor.rows(
      'contacts',
      Array.from({ length: 5 }, (_, index) => ({ id: `p${index}` })),
    )
    const { status, names, json } = await run({
      query: script(
        `const all = (steps.query ? steps.query.all : []).concat(steps.get ? steps.get.response.body.map(({ id }) => id) : [])
        const next = steps.get && steps.get.response.headers['Elements-Next-Page-Token']
        done({ all, query: next ? { pageSize: 2, nextPage: next } : { pageSize: 2 } })`,
        'get',
      ),
      get: elementRequest('GET /contacts', { query: '${steps.query.query}' }, 'isLast'),
      isLast: filter("done(!steps.get.response.headers['elements-next-page-token'])", 'end', 'query'),
      end: script('done({ all: steps.query.all.concat(steps.get.response.body.map(({ id }) => id)) })'),
    })
    expect(status).toBe('success')
    expect(names.filter((name) => name === 'get')).toHaveLength(3)
    expect(json('end.all')).toEqual(['p0', 'p1', 'p2', 'p3', 'p4'])
  })
})

describe('31 §3.2, §3.4: forms and files', () => {
  test('form: fields and files with name and type', async () => {
    inbox.clear()
    const form = {
      plain: 'text',
      file: { value: 'a,b\n1,2\n', options: { filename: 'rows.csv', contentType: 'text/csv' } },
    }
    const { status, value } = await run(
      { post: elementRequest('POST /uploads', { elementInstanceId: '${config.raw}', form: '${trigger.args.form}' }) },
      { form },
    )
    const [delivery] = await inbox.arrived(1)
    const sent = await formOf(delivery)
    expect(sent.get('plain')).toBe('text')
    const file = sent.get('file') as File
    expect([file.name, file.type, await file.text()]).toEqual(['rows.csv', 'text/csv', 'a,b\n1,2\n'])
    expect(value('post.request.form')).toContain('plain')
    expect(status).toBe('success')
  })
})

describe('31 §3.4: small files in ordinary requests', () => {
  const content = Buffer.from('%PDF-1.4 bytes \u00ff').toString('base64')
  const upload = (body: unknown) =>
    run(
      { post: elementRequest('POST /uploads', { elementInstanceId: '${config.raw}', body: '${trigger.args.body}' }) },
      { body },
      'v1',
    )

  test('an attachment becomes a form with a file', async () => {
    inbox.clear()
    const { status } = await upload({ filename: 'a.pdf', type: 'workflow-file-attachment', content })
    expect(status).toBe('success')
    const form = await formOf((await inbox.arrived(1))[0])
    const [file] = [...form.values()].filter((one): one is File => typeof one !== 'string')
    expect(file?.name).toBe('a.pdf')
    expect(Buffer.from(await (file ?? new Blob([])).arrayBuffer()).toString('base64')).toBe(content)
  })

  test('several parts', async () => {
    inbox.clear()
    const { status } = await upload({
      type: 'workflow-multipart',
      parts: [
        { name: 'metaData', content: { a: 1 }, 'Content-Type': 'text/plain' },
        { name: 'file', filename: 'a.jpg', content, 'Content-Type': 'application/octet-stream' },
      ],
    })
    expect(status).toBe('success')
    const form = await formOf((await inbox.arrived(1))[0])
    expect(JSON.parse(String(form.get('metaData')))).toEqual({ a: 1 })
    const file = form.get('file') as File
    expect([file.name, file.type]).toEqual(['a.jpg', 'application/octet-stream'])
    expect(Buffer.from(await file.arrayBuffer()).toString('base64')).toBe(content)
  })
})

describe('31 §3.5: elementRequestStream', () => {
  const stream = (more: object = {}, next?: string, otherwise?: string) =>
    step(
      'elementRequestStream',
      {
        ...{ downloadElementInstanceId: '${config.crm}', downloadMethod: 'GET', downloadApi: '/contacts' },
        ...{ uploadElementInstanceId: '${config.raw}', uploadMethod: 'POST', uploadApi: '/uploads' },
        ...more,
      },
      next,
      otherwise,
    )

  test('the body of the first is the file of the second; an extra part; nothing of it in the context', async () => {
    inbox.clear()
    const rows = Array.from({ length: 500 }, (_, index) => ({ id: `s${index}`, name: `Zoë ${index}` }))
    vendor.script('GET /contacts', () => ({ body: rows }))
    const { status, value, json, visits } = await run({
      meta: script('done({ meta: { identifierFieldName: "Id" } })', 'move'),
      move: stream({ uploadFormData: '${steps.meta.meta}', uploadFormDataName: 'metaData' }),
    })
    expect(status, JSON.stringify(visits).slice(0, 3000)).toBe('success')
    const delivery = (await inbox.arrived(1)).at(-1)
    const form = await formOf(delivery)
    expect(JSON.parse(String(form.get('metaData')))).toEqual({ identifierFieldName: 'Id' })
    const file = [...form.values()].find((one): one is File => typeof one !== 'string')
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    expect(hash(JSON.stringify(JSON.parse((await file?.text()) ?? '')))).toBe(hash(JSON.stringify(rows)))
    expect(value('move.download.response.code')).toBe('200')
    expect(value('move.upload.response.code')).toBe('200')
    expect(value('move.download.request.method')).toBe('GET')
    expect(value('move.upload.request.uri')).toContain('/uploads')
    expect(json('move.upload.request.form')).toEqual({ metaData: '{"identifierFieldName":"Id"}' })
    expect(visits.at(-1)?.values).not.toHaveProperty('move.download.response.body')
    expect(JSON.stringify(visits)).not.toContain('Zoë 499')
  })

  test('a download that fails fails the step, and nothing is uploaded', async () => {
    inbox.clear()
    vendor.script('GET /contacts', () => ({ status: 403, body: { message: 'no' } }))
    const { status, value, visits } = await run({
      move: stream({}, undefined, 'after'),
      after: script('done({ code: steps.move.download.response.code })'),
    })
    expect([storyOf(visits), status]).toEqual([['trigger:success', 'move:failed', 'after:success'], 'failed'])
    expect([value('move.download.response.code'), value('after.code')]).toEqual(['403', '403'])
    expect(inbox.received).toHaveLength(0)
  })

  test('an upload that fails fails the step', async () => {
    inbox.answer({ status: 500, body: '{"message":"full"}', headers: { 'content-type': 'application/json' } })
    const { status, value } = await run({ move: stream() })
    inbox.answer(200)
    expect(status).toBe('failed')
    expect(value('move.download.response.code')).toBe('200')
    expect(Number(value('move.upload.response.code'))).toBeGreaterThanOrEqual(500)
  })
})

test('31 §3.10: amqpRequest to nowhere fails, without the password', async () => {
  const { status, value, visits } = await run({
    push: step('amqpRequest', { url: 'amqp://ann:s3cret-pass@127.0.0.1:1/vhost', queue: 'q', body: '{"a":1}' }),
  })
  expect([storyOf(visits), status]).toEqual([['trigger:success', 'push:failed'], 'failed'])
  expect(value('push.error')).toMatch(/\S/)
  expect(JSON.stringify(visits)).not.toContain('s3cret-pass')
})
