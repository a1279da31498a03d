import { describe, expect, test } from 'vitest'
import { stepCall } from '../../../test/support/step-call.ts'
import { ValenceError } from '../../errors.ts'
import type { PlatformReply, PlatformRequest } from '../../model/platform-call.ts'
import type { FormulaContext } from '../context.ts'
import { ELEMENT_REQUEST } from './element-request.ts'
import { REQUEST } from './request.ts'
import { fillRetryRule } from './retry-rule.ts'

type Answer = Partial<PlatformReply> | Error

/** Runs a step against a platform that answers so, one after the other, the last one again and again. */
async function run(
  properties: Record<string, unknown>,
  answers: Answer[] = [{}],
  more: Parameters<typeof stepCall>[1] & { kind?: typeof REQUEST } = {},
) {
  const seen: { owner: unknown; instanceId: number | undefined; request: PlatformRequest }[] = []
  const context = {
    async callPlatform(owner: unknown, instanceId: number | undefined, request: PlatformRequest) {
      seen.push({ owner, instanceId, request })
      const answer = answers[Math.min(seen.length, answers.length) - 1] ?? {}
      if (answer instanceof Error) throw answer
      const reply = {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '[]',
        isCut: false,
        ...answer,
      }
      return { bytes: Buffer.from(reply.body), ...reply }
    },
  } as unknown as FormulaContext
  const { kind = ELEMENT_REQUEST, ...rest } = more
  const outcome = await kind.run(context, stepCall({ elementInstanceId: '9', method: 'GET', ...properties }, rest))
  // biome-ignore lint/suspicious/noExplicitAny: values of steps have any shape
  return { outcome, value: outcome.value as any, seen, request: seen[0]?.request as PlatformRequest }
}

const MASKED = 'Element ********, User ********, Organization ********'
const scope = {
  config: { crm: '48902', retry: 'true' },
  steps: {
    build: { query: { where: "name='Ada'", 'tags[]': ['a', 'b'], deep: { x: 1 }, on: true, n: 3, none: null } },
    who: { email: 'a+b&c@example.com', encoded: 'a%20b', id: 'x/y' },
    looper: { entry: 'ünï', index: 0 },
  },
  trigger: { event: { objectType: 'contacts', objectId: '003A', more: 1 } },
}

describe('what is asked', () => {
  test('in the name of the owner, with the token of the instance, and who asks', async () => {
    const { outcome, value, seen, request } = await run(
      { elementInstanceId: '${config.crm}', api: '/contacts', headers: { Accept: 'a/b', 'Elements-Formula-Id': 'x' } },
      [{ headers: { 'content-type': 'application/json', 'elements-next-page-token': 'abc' }, body: '[{"id":1}]' }],
      { scope, execution: { chain: 4, depth: 2 } },
    )
    expect(seen).toMatchObject([{ owner: { organizationId: 1, accountId: 2, userId: 3 }, instanceId: 48902 }])
    expect(request).toMatchObject({ method: 'GET', path: '/contacts', query: {}, depth: 2 })
    expect(request.body).toBeUndefined()
    const platform = {
      'Elements-Formula-Id': '5',
      'Elements-Formula-Execution-Id': '77',
      'Elements-Formula-Step': 'ask',
      'Elements-Formula-Step-Retry-Count': '0',
      'Elements-Formula-Request-Id': expect.stringMatching(/^[\da-f-]{36}$/),
    }
    expect(request.headers).toEqual({ Accept: 'a/b', ...platform, 'elements-formula-chain': '5' })
    expect(outcome).toMatchObject({ status: 'success', isFailure: false })
    expect(outcome.error).toBeUndefined()
    expect(value).toEqual({
      request: {
        method: 'GET',
        uri: '/elements/api-v2/contacts',
        headers: { Accept: 'a/b', ...platform, Authorization: MASKED },
        query: {},
        path: {},
        body: null,
      },
      response: {
        code: 200,
        headers: { 'content-type': 'application/json', 'elements-next-page-token': 'abc' },
        body: [{ id: 1 }],
      },
    })
    expect(value.request.headers['Elements-Formula-Request-Id']).toBe(request.headers?.['Elements-Formula-Request-Id'])
  })

  test('a request of the platform takes no instance, whatever it says', async () => {
    const { seen, value } = await run({ elementInstanceId: '$config.x', api: 'formulas' }, [{}], { kind: REQUEST })
    expect(seen[0]?.instanceId).toBeUndefined()
    expect(value.request).toMatchObject({
      uri: '/elements/api-v2/formulas',
      headers: { Authorization: 'User ********, Organization ********' },
    })
  })

  for (const [name, properties, path, query] of [
    [
      'placeholders from path',
      { api: '/hubs/crm/{objectType}/{objectId}', path: '${trigger.event}' },
      '/hubs/crm/contacts/003A',
      {},
    ],
    [
      'what path does not have stays',
      { api: '/x/{entry}/{none}', path: '${steps.looper}' },
      '/x/%C3%BCn%C3%AF/{none}',
      {},
    ],
    ['a slash in a placeholder is no slash', { api: '/x/{id}', path: '${steps.who}' }, '/x/x%2Fy', {}],
    ['a path that is JSON text', { api: '/x/{id}', path: '{"id": 7}' }, '/x/7', {}],
    ['a blank path', { api: '/x', path: ' ', query: '' }, '/x', {}],
    [
      'a query',
      { api: '/x', query: '${steps.build.query}' },
      '/x',
      { where: "name='Ada'", 'tags[]': ['a', 'b'], deep: '{"x":1}', on: 'true', n: '3' },
    ],
    [
      'a query in the address',
      { api: "/x?where=email='${steps.who.email}'&a=1", query: { b: 2 } },
      "/x?where=email='a%2Bb%26c%40example.com'&a=1",
      { b: '2' },
    ],
    ['a value that is encoded already', { api: '/x?q=${steps.who.encoded}' }, '/x?q=a%20b', {}],
    ['a value in the path is as it is', { api: '/x/${steps.who.id}' }, '/x/x/y', {}],
    ['a fragment is none', { api: '/x/a#b' }, '/x/a%23b', {}],
  ] as const)
    test(name, async () => {
      const { request } = await run(properties, [{}], { scope })
      expect({ path: request.path, query: request.query }).toEqual({ path, query })
    })

  test('a query in the address is shown with the other one', async () => {
    const { value } = await run({ api: '/x?a=1&b=2', query: { b: 3 } })
    expect(value.request).toMatchObject({ uri: '/elements/api-v2/x', query: { a: '1', b: ['2', '3'] } })
  })

  test('an object as JSON, a text as it is, nothing as nothing', async () => {
    const sent = async (body: unknown, headers = {}) =>
      (await run({ method: 'post', api: '/x', body, headers })).request
    expect(await sent({ a: 1 })).toMatchObject({ method: 'POST', headers: { 'Content-Type': 'application/json' } })
    expect(String((await sent({ a: 1 })).body)).toBe('{"a":1}')
    expect(String((await sent('a,b', { 'content-type': 'text/csv' })).body)).toBe('a,b')
    expect((await sent('a,b', { 'content-type': 'text/csv' })).headers).toMatchObject({ 'content-type': 'text/csv' })
    for (const body of [undefined, null, ' ']) expect((await sent(body)).body).toBeUndefined()
  })

  test('what later steps change of a body does not change what was asked', async () => {
    const body = { list: [1] }
    const { value } = await run({ method: 'POST', api: '/x', body })
    body.list.push(2)
    expect(value.request.body).toEqual({ list: [1] })
  })

  test('credentials among its headers are sent, and not shown', async () => {
    const headers = { 'X-Api-Key': 'k', Cookie: 'c=1', 'x-auth-token': 't', 'x-plain': 'p' }
    const { request, value } = await run({ api: '/x', headers })
    expect(request.headers).toMatchObject(headers)
    expect(value.request.headers).toMatchObject({
      'X-Api-Key': '********',
      Cookie: '********',
      'x-auth-token': '********',
      'x-plain': 'p',
    })
  })
})

describe('a form', () => {
  const read = async (request: PlatformRequest) => {
    const type = request.headers?.['Content-Type'] ?? ''
    const form = await new Response(Buffer.from(request.body as Buffer), {
      headers: { 'content-type': type },
    }).formData()
    return Promise.all(
      [...form].map(async ([name, value]) =>
        typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()],
      ),
    )
  }
  const content = Buffer.from('GIF89').toString('base64')

  for (const [name, properties, expected] of [
    [
      'of fields and files',
      {
        form: {
          a: 1,
          b: { value: 'x,y', options: { filename: 'b.csv', contentType: 'text/csv' } },
          c: { d: true },
          e: ['1', '2'],
        },
      },
      [
        ['a', '1'],
        ['b', 'b.csv', 'text/csv', 'x,y'],
        ['c', '{"d":true}'],
        ['e', '1'],
        ['e', '2'],
      ],
    ],
    [
      'of a file that a download left',
      { body: { type: 'workflow-file-attachment', filename: 'a.gif', content } },
      [['file', 'a.gif', 'application/octet-stream', 'GIF89']],
    ],
    [
      'of several parts',
      {
        headers: { 'Content-Type': 'application/json' },
        body: {
          type: 'workflow-multipart',
          parts: [
            { name: 'metaData', content: { a: 1 }, 'Content-Type': 'text/plain' },
            { name: 'file', filename: 'a.jpg', content, 'Content-Type': 'image/jpeg' },
          ],
        },
      },
      [
        ['metaData', '{"a":1}'],
        ['file', 'a.jpg', 'image/jpeg', 'GIF89'],
      ],
    ],
  ] as const)
    test(name, async () => {
      const { request, value } = await run({ method: 'POST', api: '/files', ...properties })
      expect(await read(request)).toEqual(expected)
      if ('form' in properties) expect(value.request.form).toEqual(properties.form)
      else expect(value.request.body).toEqual(properties.body)
    })

  test('a file without content fails the step', async () => {
    const body = { type: 'workflow-file-attachment', filename: 'a.gif' }
    const { outcome, seen } = await run({ method: 'POST', api: '/files', body })
    expect([outcome.error, seen]).toEqual(['body: expected base64 in "content", got undefined', []])
  })
})

describe('what is answered', () => {
  for (const [name, reply, body] of [
    ['JSON', { body: '{"a":[1]}' }, { a: [1] }],
    ['a number as JSON', { body: '7' }, 7],
    ['text', { headers: { 'content-type': 'text/plain' }, body: 'hello' }, 'hello'],
    ['text that looks like a number', { headers: { 'content-type': 'text/plain' }, body: '12E5' }, '12E5'],
    ['JSON under another name', { headers: { 'content-type': 'text/plain' }, body: ' {"a":1}' }, { a: 1 }],
    ['broken JSON', { body: '{"a":' }, '{"a":'],
    ['nothing', { status: 204, headers: {}, body: '' }, ''],
    ['text without a type', { headers: {}, body: 'ü' }, 'ü'],
    [
      'a file',
      {
        headers: { 'content-type': 'application/pdf', 'content-disposition': 'attachment; filename="a b.pdf"' },
        bytes: Buffer.from([0x25, 0x50, 0xff]),
      },
      { filename: 'a b.pdf', type: 'workflow-file-attachment', content: 'JVD/' },
    ],
    [
      'a file without a name',
      { headers: {}, bytes: Buffer.from([0xff, 0xfe, 0xff]) },
      { filename: 'files', type: 'workflow-file-attachment', content: '//7/' },
    ],
  ] as const)
    test(name, async () => expect((await run({ api: '/files' }, [reply])).value.response.body).toEqual(body))

  test('a bad status fails the step, and leaves what was said', async () => {
    const { outcome, value } = await run({ api: '/x' }, [{ status: 404, body: '{"message":"gone"}' }])
    expect(outcome).toMatchObject({ status: 'failed', isFailure: true })
    expect(outcome.error).toBeUndefined()
    expect(value.response).toMatchObject({ code: 404, body: { message: 'gone' } })
    expect(value.request.method).toBe('GET')
  })

  for (const [codes, status, isSuccess] of [
    ['400,404', 404, true],
    ['400,404', 200, true],
    ['401-405', 403, true],
    ['401', 402, false],
    ['', 299, true],
    ['', 301, false],
  ] as const)
    test(`acceptableStatusCodes "${codes}" and ${status}`, async () => {
      const { outcome } = await run({ api: '/x', acceptableStatusCodes: codes }, [{ status }])
      expect(outcome.status).toBe(isSuccess ? 'success' : 'failed')
    })

  test('one that is too long fails the step and says what takes it', async () => {
    const { outcome, value } = await run({ api: '/x', retry: 'true' }, [{ body: 'xxx', isCut: true }])
    expect(outcome.error).toBe(
      'the answer is longer than the 3 bytes that a step reads: elementRequestStream takes files of any size',
    )
    expect(value.response).toEqual({ code: 200, headers: { 'content-type': 'application/json' } })
  })

  test('none at all is an error, beside the request', async () => {
    const { outcome, value } = await run({ api: '/x' }, [
      new ValenceError('INSTANCE_NOT_FOUND', 'There is no element instance with id 9'),
    ])
    expect(outcome).toMatchObject({ status: 'failed', error: 'There is no element instance with id 9' })
    expect(value).toMatchObject({
      request: { uri: '/elements/api-v2/x' },
      error: 'There is no element instance with id 9',
    })
    expect(value.response).toBeUndefined()
  })
})

describe('properties that say nothing usable fail the step by name', () => {
  for (const [properties, error] of [
    [
      { elementInstanceId: '$config.crm', api: '/x' },
      'elementInstanceId: "$config.crm" is no id of an element instance; a reference has braces: ${config.crm}',
    ],
    [
      { elementInstanceId: '${config.none}', api: '/x' },
      'elementInstanceId: "${config.none}" has no value: bind its variable to an element instance',
    ],
    [{ elementInstanceId: 'x', api: '/x' }, 'elementInstanceId: "x" is no id of an element instance'],
    [
      { elementInstanceId: '${steps.build}', api: '/x' },
      /^elementInstanceId: \{"query":.* is no id of an element instance$/,
    ],
    [{ elementInstanceId: '0', api: '/x' }, 'elementInstanceId: "0" is no id of an element instance'],
    [{ api: '${steps.none.api}' }, 'api: "${steps.none.api}" has no value in this execution'],
    [{}, 'api is required'],
    [{ api: '/x', method: 'TRACE' }, 'method "TRACE": expected GET, POST, PUT, PATCH, DELETE'],
    [{ api: '/x', headers: 'a' }, 'headers: expected an object, got "a"'],
    [{ api: '/x', query: '[1]' }, 'query: expected an object, got "[1]"'],
    [
      { api: '/x/{deep}', path: '${steps.build.query}' },
      'api: {deep} is filled from "path", where it is {"x":1} and no text',
    ],
    [{ api: '/x', retry: 'true', retryDelay: 'soon' }, 'retryDelay: expected a whole number, got "soon"'],
    [{ api: '/x', acceptableStatusCodes: '20x' }, /^acceptableStatusCodes: expected status codes/],
  ] as const)
    test(String(error), async () => {
      const { outcome, seen } = await run(properties, [{}], { scope })
      expect(outcome).toMatchObject({
        status: 'failed',
        isFailure: true,
        error: expect.stringMatching(error instanceof RegExp ? error : ''),
      })
      if (typeof error === 'string') expect(outcome.error).toBe(error)
      expect(outcome.value).toEqual({ error: outcome.error })
      expect(seen).toEqual([])
    })
})

describe('retries', () => {
  const retrying = { api: '/x', retry: 'true', retryDelay: '1' }

  for (const [name, properties, answers, calls, status, retries] of [
    ['as often as it says', { ...retrying, retryAttempts: '2' }, [{ status: 500 }], 3, 'failed', 2],
    ['three times when it does not say', retrying, [{ status: 500 }], 4, 'failed', 3],
    ['no more than five times', { ...retrying, retryAttempts: 9 }, [{ status: 500 }], 6, 'failed', 5],
    ['until it is well', retrying, [{ status: 500 }, { status: 401 }, {}], 3, 'success', 2],
    [
      'not what is acceptable',
      { ...retrying, acceptableStatusCodes: '500' },
      [{ status: 500 }],
      1,
      'success',
      undefined,
    ],
    ['what is listed only', { ...retrying, retryStatusCodes: '500-502' }, [{ status: 503 }], 1, 'failed', undefined],
    [
      'what is listed, also when it is well',
      { ...retrying, retryStatusCodes: '202' },
      [{ status: 202 }, {}],
      2,
      'success',
      1,
    ],
    [
      'without an answer',
      { ...retrying, retryStatusCodes: '500' },
      [new ValenceError('VENDOR_TIMEOUT', 'late'), {}],
      2,
      'success',
      1,
    ],
    ['not what cannot change', retrying, [new ValenceError('INSTANCE_NOT_FOUND', 'none'), {}], 1, 'failed', undefined],
    ['by a boolean', { ...retrying, retry: true }, [{ status: 500 }, {}], 2, 'success', 1],
    ['by a reference', { ...retrying, retry: '${config.retry}' }, [{ status: 500 }, {}], 2, 'success', 1],
    [
      'never without the word',
      { api: '/x', retryAttempts: '3', retryStatusCodes: '500' },
      [{ status: 500 }],
      1,
      'failed',
      undefined,
    ],
    ['never when it says no', { ...retrying, retry: 'false' }, [{ status: 500 }], 1, 'failed', undefined],
  ] as const)
    test(name, async () => {
      const { outcome, value, seen } = await run(properties, [...answers], { scope })
      expect([seen.length, outcome.status]).toEqual([calls, status])
      expect(value.request['retry-attempt']).toBe(retries)
      const counts = seen.map(({ request }) => request.headers?.['Elements-Formula-Step-Retry-Count'])
      expect(counts).toEqual(seen.map((_, place) => String(place)))
    })

  test('waits no longer than a minute', async () => {
    const long = stepCall({ ...retrying, retryDelay: '100000000' })
    expect(await fillRetryRule(long)).toMatchObject({ delayMs: 60_000, retries: 3 })
    expect(await fillRetryRule(stepCall({ retry: 'true' }))).toMatchObject({ delayMs: 500 })
  })

  test('the wait ends with the execution', async () => {
    const end = new AbortController()
    const why = new Error('cancelled')
    const running = run({ ...retrying, retryDelay: '100000000' }, [{ status: 500 }], { signal: end.signal })
    setTimeout(() => end.abort(why), 20)
    await expect(running).rejects.toBe(why)
  })

  test('an execution that ends ends the request', async () => {
    const end = new AbortController()
    const why = new Error('cancelled')
    end.abort(why)
    await expect(run(retrying, [new Error('aborted')], { signal: end.signal })).rejects.toBe(why)
  })

  test('a hub that cannot do it now does it later', async () => {
    const busy = new ValenceError('UNAVAILABLE', 'This server is shutting down')
    await expect(run(retrying, [busy])).rejects.toBe(busy)
  })
})

test('what may be made again after a crash', () => {
  const judged = (properties: Record<string, unknown>) => [
    ELEMENT_REQUEST.hasEffect({ properties }),
    ELEMENT_REQUEST.mayRepeat({ properties }),
  ]
  expect(judged({ method: 'get' })).toEqual([false, true])
  expect(judged({ method: 'PUT' })).toEqual([true, true])
  expect(judged({ method: 'POST' })).toEqual([true, false])
  expect(judged({ method: 'PATCH', retry: 'TRUE ' })).toEqual([true, true])
  expect(judged({ method: 'DELETE', retry: true })).toEqual([true, true])
  expect(judged({ method: '${config.method}' })).toEqual([true, false])
  expect(judged({ method: 'POST', retry: '${config.retry}' })).toEqual([true, false])
})

describe('what is refused when it is saved', () => {
  for (const [properties, complaint] of [
    [{ retryAttempts: '6' }, /^Step "ask": retryAttempts: expected a number up to 5, got "6"$/],
    [{ retryAttempts: 6 }, /retryAttempts/],
    [{ retryStatusCodes: '401-,400' }, /^Step "ask": retryStatusCodes: expected status codes/],
    [{ method: 'GET', api: '/hubs/crm/bulk/${steps.job.id}/contacts' }, /use elementRequestStream$/],
    [{ method: 'get', api: 'bulk/7/${config.object}?x=1' }, /use elementRequestStream$/],
    [{ retryAttempts: '5', retryStatusCodes: '401-405,500' }, undefined],
    [{ retryAttempts: '${config.n}', retryStatusCodes: '${config.codes}' }, undefined],
    [{ retryAttempts: '', retryStatusCodes: ' ' }, undefined],
    [{ method: 'GET', api: '/hubs/crm/bulk/7/status' }, undefined],
    [{ method: 'GET', api: '/bulk/7/errors' }, undefined],
    [{ method: 'GET', api: '/bulk/7/contacts/data' }, undefined],
    [{ method: 'GET', api: '/bulk/jobs' }, undefined],
    [{ method: 'POST', api: '/bulk/contacts' }, undefined],
    [{}, undefined],
  ] as const)
    test(JSON.stringify(properties), () => {
      const check = () => ELEMENT_REQUEST.check?.({ name: 'ask', properties })
      if (complaint === undefined) expect(check).not.toThrow()
      else
        expect(check).toThrow(
          expect.objectContaining({ code: 'FORMULA_INVALID', message: expect.stringMatching(complaint) }),
        )
    })

  test('a request of the platform may be to anywhere', () => {
    expect(() => REQUEST.check?.({ name: 'ask', properties: { method: 'GET', api: '/bulk/7/x' } })).not.toThrow()
    expect(() => REQUEST.check?.({ name: 'ask', properties: { retryAttempts: 7 } })).toThrow('retryAttempts')
  })
})

test('an answer that is the JSON null is null', async () => {
  const { value } = await run({ api: '/contacts/1' }, [{ body: 'null' }])
  expect(value.response.body).toBeNull()
})
