import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, runScript, startTestSandbox } from '../../test/support/sandbox.ts'
import type { Sandbox, ScriptHttpReply, ScriptHttpRequest } from './sandbox.ts'

/** Calls that scripts make go through the hub's own door, whatever library they use. */
let sandbox: Sandbox
let requests: ScriptHttpRequest[] = []
let signals: AbortSignal[] = []
let answerWith: (request: ScriptHttpRequest) => Promise<ScriptHttpReply>

beforeAll(() => {
  sandbox = startTestSandbox({
    http(request, signal) {
      requests.push(request)
      signals.push(signal)
      return answerWith(request)
    },
  })
})
afterAll(() => sandbox.close())
beforeEach(() => {
  requests = []
  signals = []
  answerWith = async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":1,"n":"ë"}' })
})

const resultOf = async (body: string, owner = 'account 1') => (await runScript(sandbox, { body, owner })).value

describe('http and https', () => {
  test('post with write, chunks and end', async () => {
    const value = await resultOf(`
      const req = require('https').request(
        { hostname: 'api.example.com', port: 8443, path: '/a?b=c', method: 'POST', headers: { 'Content-Type': 'text/plain', n: 1 } },
        (res) => {
          const chunks = []
          res.on('data', (chunk) => chunks.push(chunk))
          res.on('end', () => done({ status: res.statusCode, type: res.headers['content-type'], body: Buffer.concat(chunks).toString() }))
        })
      req.on('error', (e) => done({ e: e.message }))
      req.write('one ')
      req.end('twö')`)
    expect(value).toEqual({ status: 200, type: 'application/json', body: '{"id":1,"n":"ë"}' })
    expect(requests).toEqual([
      {
        method: 'POST',
        url: 'https://api.example.com:8443/a?b=c',
        headers: { 'content-type': 'text/plain', n: '1' },
        body: 'one twö',
      },
    ])
  })

  test.each<[string, string, string]>([
    ['an address', `http.get('http://h/a', end)`, 'http://h/a'],
    ['a URL', `http.get(new URL('http://h:81/a?b'), end)`, 'http://h:81/a?b'],
    ['an address and options', `http.request('http://h/a', { headers: { x: 1 } }, end).end()`, 'http://h/a'],
    ['host with port', `http.get({ host: 'h:81', path: 'a' }, end)`, 'http://h:81/a'],
    ['port null', `http.get({ hostname: 'h', port: null, path: '/a' }, end)`, 'http://h/a'],
    ['response as an event', `http.get('http://h/e').on('response', end)`, 'http://h/e'],
    ['parsed by url.parse', `http.get(require('url').parse('http://h/p?q=1'), end)`, 'http://h/p?q=1'],
  ])('takes %s', async (_name, call, url) => {
    const body = `const http = require('http'); const end = (res) => { let s = ''; res.setEncoding('utf8'); res.on('data', (c) => { s += c }); res.on('end', () => done({ s })) }; ${call}`
    expect(await resultOf(body)).toEqual({ s: '{"id":1,"n":"ë"}' })
    expect(requests[0]).toMatchObject({ method: 'GET', url, body: undefined })
  })

  test('a refused call is an error event', async () => {
    answerWith = () => Promise.reject(new Error('private addresses are not reachable'))
    const body = `require('http').get('http://10.0.0.1/', () => done({})).on('error', (e) => done({ message: e.message }))`
    expect(await resultOf(body)).toEqual({ message: 'private addresses are not reachable' })
  })

  test('without a listener it is the failure of the script', async () => {
    answerWith = () => Promise.reject(new Error('private addresses are not reachable'))
    const { message } = await failureOf(runScript(sandbox, { body: `require('http').get('http://10.0.0.1/')` }))
    expect(message).toBe('hook: Error: private addresses are not reachable')
  })

  test('an exception in a callback fails the script', async () => {
    const body = `require('http').get('http://h/', (res) => { res.on('data', () => { throw new Error('in data') }) })`
    expect((await failureOf(runScript(sandbox, { body }))).message).toBe('hook: Error: in data')
  })
})

describe('axios', () => {
  const sent: [string, string, Partial<ScriptHttpRequest>][] = [
    [
      'get with params',
      `axios.get('https://h/a', { params: { b: 'x y', c: [1, 2] } })`,
      { method: 'GET', url: 'https://h/a?b=x+y&c%5B%5D=1&c%5B%5D=2' },
    ],
    [
      'post of an object',
      `axios.post('https://h/a', { b: 1 })`,
      {
        method: 'POST',
        body: '{"b":1}',
        headers: { accept: 'application/json, text/plain, */*', 'content-type': 'application/json' },
      },
    ],
    [
      'put of a text',
      `axios.put('https://h/a', 'x=1', { headers: { 'Content-Type': 'text/plain' } })`,
      {
        method: 'PUT',
        body: 'x=1',
        headers: { accept: 'application/json, text/plain, */*', 'content-type': 'text/plain' },
      },
    ],
    [
      'a form',
      `axios.post('https://h/a', new URLSearchParams({ b: 1 }))`,
      {
        body: 'b=1',
        headers: { accept: 'application/json, text/plain, */*', 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      'a call by configuration',
      `axios({ method: 'patch', url: '/a', baseURL: 'https://h/b/', data: { c: 1 } })`,
      { method: 'PATCH', url: 'https://h/b/a', body: '{"c":1}' },
    ],
    [
      'an instance',
      `axios.create({ baseURL: 'https://h', headers: { common: { 'X-Key': 'k' } } }).delete('/a')`,
      { method: 'DELETE', url: 'https://h/a', headers: { accept: 'application/json, text/plain, */*', 'x-key': 'k' } },
    ],
    [
      'basic authentication',
      `axios('https://h/', { auth: { username: 'u', password: 'p' } })`,
      { headers: { accept: 'application/json, text/plain, */*', authorization: 'Basic dTpw' } },
    ],
  ]
  test.each(sent)('%s', async (_name, call, request) => {
    const value = await resultOf(
      `const axios = require('axios'); ${call}.then(({ status, data, headers }) => done({ status, data, type: headers['content-type'] }))`,
    )
    expect(value).toEqual({ status: 200, data: { id: 1, n: 'ë' }, type: 'application/json' })
    expect(requests[0]).toMatchObject(request)
  })

  test('an error status rejects with the response', async () => {
    answerWith = async () => ({ status: 404, headers: {}, body: 'no such thing' })
    const body = `const axios = require('axios'); axios.get('https://h/').catch((e) => done({ is: axios.isAxiosError(e), message: e.message, status: e.response.status, data: e.response.data }))`
    expect(await resultOf(body)).toEqual({
      is: true,
      message: 'Request failed with status code 404',
      status: 404,
      data: 'no such thing',
    })
  })

  test('unhandled it is the failure of the script', async () => {
    answerWith = async () => ({ status: 500, headers: {}, body: '' })
    const { message } = await failureOf(runScript(sandbox, { body: `require('axios').get('https://h/')` }))
    expect(message).toBe('hook: AxiosError: Request failed with status code 500')
  })

  test('await in an async function', async () => {
    const body = `(async () => { const { data } = await require('axios').get('https://h/'); done({ id: data.id }) })()`
    expect(await resultOf(body)).toEqual({ id: 1 })
  })

  test('its own time limit', async () => {
    answerWith = () => new Promise(() => undefined)
    const body = `require('axios').get('https://h/', { timeout: 20 }).catch((e) => done({ code: e.code }))`
    expect(await resultOf(body)).toEqual({ code: 'ECONNABORTED' })
  })
})

describe('request', () => {
  test.each<[string, string, Partial<ScriptHttpRequest>]>([
    [
      'options',
      `request({ uri: 'https://h/a', qs: { b: 1 }, method: 'POST', json: { c: 2 } }, end)`,
      { method: 'POST', url: 'https://h/a?b=1', body: '{"c":2}' },
    ],
    [
      'a form',
      `request.post('https://h/a', { form: { b: 'x y' }, json: true }, end)`,
      { method: 'POST', body: 'b=x%20y' },
    ],
    [
      'a bearer token',
      `request.get({ url: 'https://h/a', auth: { bearer: 't' }, json: true }, end)`,
      { headers: { authorization: 'Bearer t', accept: 'application/json' } },
    ],
  ])('takes %s', async (_name, call, request) => {
    const body = `const request = require('request'); const end = (error, response, body) => done({ error, status: response.statusCode, body }); ${call}`
    expect(await resultOf(body)).toEqual({ error: null, status: 200, body: { id: 1, n: 'ë' } })
    expect(requests[0]).toMatchObject(request)
  })
})

describe('limits', () => {
  test('waiting for an answer counts as time of the script, and its end aborts the call', async () => {
    answerWith = () => new Promise(() => undefined)
    const run = runScript(sandbox, { body: `require('http').get('http://h/', () => done())`, timeoutMs: 100 })
    expect((await failureOf(run)).code).toBe('SCRIPT_TIMED_OUT')
    expect(signals[0]?.aborted).toBe(true)
  })

  test('a call that nobody waits for goes on after done', async () => {
    answerWith = () => new Promise(() => undefined)
    const send = `require('http').request('http://h/', { method: 'POST' }).end('log')`
    await runScript(sandbox, { body: `${send}; done(); ${send}` })
    await expect.poll(() => requests).toHaveLength(2)
    expect(signals[0]?.aborted).toBe(false)
  })

  test('a script may make 50 calls', async () => {
    const body = `
      const get = () => require('axios').get('http://h/').then(() => 'answered', (e) => e.message)
      Promise.all(Array.from({ length: 51 }, get)).then((all) => done({ answered: all.filter((a) => a === 'answered').length, last: all[50] }))`
    // calls of the tests above are still on their way, and count for their account
    expect(await resultOf(body, 'account 2')).toEqual({ answered: 50, last: 'a script may make 50 HTTP calls' })
    expect(requests.length).toBe(50)
  })

  test('an answer that comes too late does not reach the next script', async () => {
    const answers: ((reply: ScriptHttpReply) => void)[] = []
    // one runner only, so that the next script comes to the same
    const single = startTestSandbox({ runners: 0, http: () => new Promise((resolve) => answers.push(resolve)) })
    const reply = (body: string) => ({ status: 200, headers: {}, body })
    const get = `require('axios').get('http://h/')`
    await runScript(single, { body: `${get}; done()`, owner: 'first' })
    await expect.poll(() => answers).toHaveLength(1)
    const second = runScript(single, { body: `${get}.then(({ data }) => done({ data }))`, owner: 'second' })
    await expect.poll(() => answers).toHaveLength(2)
    answers[0]?.(reply('of the first'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    answers[1]?.(reply('of the second'))
    expect((await second).value).toEqual({ data: 'of the second' })
    await single.close()
  })

  test.each([
    [
      'the head of a request',
      `require('axios').get('http://h/', { headers: { a: 'x'.repeat(64000) } }).catch((e) => done({ e: e.message }))`,
      'address and headers of a request may have 64000 characters',
    ],
    [
      'an answer',
      `require('axios').get('http://h/').catch((e) => done({ e: e.message }))`,
      'the answer has 9000000 characters, at most 8000000 are read',
    ],
    [
      'a request',
      `require('axios').post('http://h/', 'x'.repeat(5000000)).catch((e) => done({ e: e.message }))`,
      'a request body may have 4000000 characters',
    ],
  ])('%s has a size', async (_name, body, e) => {
    answerWith = async () => ({ status: 200, headers: {}, body: 'x'.repeat(9_000_000) })
    expect(await resultOf(body)).toEqual({ e })
  })
})
