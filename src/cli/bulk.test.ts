import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { durationText, progressText, sizeText } from './bulk/progress.ts'
import type { Terminal } from './bulk/terminal.ts'
import { downloadObject, followBulkJob, uploadFile } from './bulk.ts'

const AUTHORIZATION = 'User u, Organization o'
const ROWS = 'id,name\n1,Ada\n2,"Grace, Hopper"\n'
const COMPLETED = { status: 'COMPLETED', recordsCount: 2, recordsFailedCount: 0, recordsUncertainCount: 0 }

let folder: string
let server: Server | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valence-cli-'))
})
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** @param answers by method and path; a list is answered one by one, its last entry for ever */
async function startHub(answers: Record<string, Reply | Reply[]>) {
  const seen: string[] = []
  const bodies: Record<string, string> = {}
  const asked = new Map<string, number>()
  const listener: RequestListener = async (request, response) => {
    const call = `${request.method} ${request.url?.replace('/elements/api-v2', '')}`
    seen.push(call)
    expect(request.headers.authorization).toBe(`${AUTHORIZATION}, Element t`)
    bodies[call] = await text(request)
    const list = [answers[call] ?? { status: 404, body: { message: `no ${call} here` } }].flat()
    const at = asked.get(call) ?? 0
    asked.set(call, at + 1)
    const reply = list[Math.min(at, list.length - 1)] as Reply
    if (typeof reply === 'function') return reply(request, response)
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
    response.end(JSON.stringify(reply.body))
  }
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, seen, bodies }
}

type Reply =
  | { status?: number; body: unknown; headers?: Record<string, string> }
  | ((request: IncomingMessage, response: ServerResponse) => unknown)

/** A clock that nobody waits for. */
function testTerminal() {
  const printed = { out: '', err: '' }
  const interrupt = new AbortController()
  const into = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        printed[name] += chunk
        done()
      },
    })
  const terminal: Terminal = {
    stdout: into('out'),
    stderr: into('err'),
    now: () => 0,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    interrupted: interrupt.signal,
  }
  return { terminal, printed, interrupt }
}

const caller = (url: string) => ({ url, authorization: AUTHORIZATION, token: 't' })
const breaksOff = (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/csv' })
  response.write(ROWS.slice(0, 15), () => response.destroy())
}
const wholeFile = (request: IncomingMessage, response: ServerResponse) => {
  expect(request.headers.accept).toBe('text/csv')
  response.writeHead(200, { 'content-type': 'text/csv' }).end(ROWS)
}

describe('valence bulk download', () => {
  const started = { 'POST /bulk/download': { body: { id: 7 } } }
  const options = { format: 'csv', wait: true }

  test('waits for the job and writes its file', async () => {
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': [
        { body: { status: 'CREATED', recordsCount: 0, recordsFailedCount: 0 } },
        {
          body: {
            ...{ status: 'RUNNING', recordsCount: 1, recordsFailedCount: 0, recordsPerSecond: 10 },
            ...{ bulk_start_time: 5_000, estimatedFinishTime: 5_200 },
          },
        },
        { body: COMPLETED },
      ],
      'GET /bulk/7/contacts': wholeFile,
    })
    const { terminal, printed } = testTerminal()
    const out = join(folder, 'contacts.csv')
    const asked = { fields: 'id,name', where: "name='Ada'", limit: '5', from: '2026-01-01T00:00:00Z' }
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options, ...asked, out }, terminal)).toBe(0)
    expect(await readFile(out, 'utf8')).toBe(ROWS)
    expect(await readdir(folder)).toEqual(['contacts.csv'])
    expect(JSON.parse(hub.bodies['POST /bulk/download'] ?? '')).toEqual({
      objectName: 'contacts',
      format: 'text/csv',
      selectFields: 'id,name',
      where: "name='Ada'",
      from: '2026-01-01T00:00:00Z',
      limit: 5,
    })
    expect(printed.err).toContain(`contacts: 2 rows in ${out}`)
  })

  test('prints the file when it is given no name', async () => {
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': { body: COMPLETED },
      'GET /bulk/7/contacts': wholeFile,
    })
    const { terminal, printed } = testTerminal()
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options }, terminal)).toBe(0)
    expect(printed.out).toBe(ROWS)
  })

  test('goes on where the connection broke, while asking and in the middle of the file', async () => {
    const reset = (request: IncomingMessage) => request.socket.destroy()
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': [reset, { status: 503, body: { message: 'starting' } }, { body: COMPLETED }],
      'GET /bulk/7/contacts': [breaksOff, breaksOff, { status: 502, body: {} }, wholeFile],
    })
    const { terminal } = testTerminal()
    const out = join(folder, 'contacts.csv')
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options, out }, terminal)).toBe(0)
    expect(await readFile(out, 'utf8')).toBe(ROWS)
  })

  test('leaves what was there under the name of the file when it does not come whole', async () => {
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': { body: COMPLETED },
      'GET /bulk/7/contacts': breaksOff,
    })
    const { terminal } = testTerminal()
    const out = join(folder, 'contacts.csv')
    await writeFile(out, 'of yesterday')
    await expect(downloadObject('contacts', { ...caller(hub.url), ...options, out }, terminal)).rejects.toThrow()
    expect(await readFile(out, 'utf8')).toBe('of yesterday')
    expect(await readdir(folder)).toEqual(['contacts.csv'])
  })

  test('does not ask again for a file that the hub says is gone', async () => {
    const hub = await startHub({ ...started, 'GET /bulk/7/status': { body: COMPLETED } })
    const { terminal } = testTerminal()
    await expect(downloadObject('contacts', { ...caller(hub.url), ...options }, terminal)).rejects.toThrow(
      /404: no GET/,
    )
    expect(hub.seen.filter((call) => call === 'GET /bulk/7/contacts')).toHaveLength(1)
  })

  test('says why a job came to nothing', async () => {
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': { body: { ...COMPLETED, status: 'ABORTED', error: 'the vendor answered 403' } },
    })
    const { terminal, printed } = testTerminal()
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options }, terminal)).toBe(1)
    expect(printed.err).toContain('Job 7 was aborted: the vendor answered 403')
  })

  test('with Ctrl-C the hub is asked to cancel, also when it does not hear of it at first', async () => {
    const { terminal, printed, interrupt } = testTerminal()
    const running = { ...COMPLETED, status: 'RUNNING' }
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': [
        (_request, response) => {
          interrupt.abort()
          response.end(JSON.stringify(running))
        },
        { body: running },
        { body: { ...running, status: 'CANCELLATION_PENDING' } },
        { body: { ...running, status: 'CANCELLED' } },
      ],
      'PUT /bulk/7/cancel': [(request) => request.socket.destroy(), { body: {} }],
    })
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options }, terminal)).toBe(1)
    expect(hub.seen.filter((call) => call === 'PUT /bulk/7/cancel')).toHaveLength(2)
    expect(printed.err).toContain('Job 7 was cancelled')
  })

  test('leaves at once when asked to, and comes back for the file', async () => {
    const hub = await startHub({
      ...started,
      'GET /bulk/7/status': { body: COMPLETED },
      'GET /bulk/7/contacts': wholeFile,
    })
    const { terminal, printed } = testTerminal()
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options, wait: false }, terminal)).toBe(0)
    expect(printed.out).toBe('7\n')
    expect(hub.seen).toEqual(['POST /bulk/download'])
    expect(await downloadObject('contacts', { ...caller(hub.url), ...options, job: '7' }, terminal)).toBe(0)
    expect(printed.out).toBe(`7\n${ROWS}`)
  })
})

describe('valence bulk upload', () => {
  const known = { 'GET /bulk/jobs?pageSize=1': { body: [] } }

  async function rowsFile(): Promise<string> {
    const file = join(folder, 'rows.csv')
    await writeFile(file, ROWS)
    return file
  }

  test('sends the file as a form, and writes down the rows that were not surely written', async () => {
    const [failed, uncertain] = [
      { id: '1', status: '400: no' },
      { id: '2', status: 'uncertain: it was cut off' },
    ]
    const hub = await startHub({
      ...known,
      'POST /bulk/contacts': { body: { id: '8' } },
      'GET /bulk/8/status': { body: { ...COMPLETED, recordsFailedCount: 2, recordsUncertainCount: 1 } },
      'GET /bulk/8/errors?pageSize=200': { body: [failed], headers: { 'elements-next-page-token': 'a=b' } },
      'GET /bulk/8/errors?pageSize=200&nextPage=a%3Db': { body: [uncertain] },
    })
    const { terminal, printed } = testTerminal()
    const errors = join(folder, 'errors.jsonl')
    const asked = { action: 'upsert', identifier: 'id', format: 'csv', errors, wait: true }
    const file = await rowsFile()
    expect(await uploadFile('contacts', file, { ...caller(hub.url), ...asked }, terminal)).toBe(2)
    const form = hub.bodies['POST /bulk/contacts'] ?? ''
    expect(form).toContain('{"format":"csv","action":"upsert","identifierFieldName":"id"}')
    expect(form).toContain(`filename="rows.csv"\r\nContent-Type: application/octet-stream\r\n\r\n${ROWS}\r\n`)
    expect(await readFile(errors, 'utf8')).toBe(`${JSON.stringify(failed)}\n${JSON.stringify(uncertain)}\n`)
    expect(printed.err).toContain('contacts: 2 rows, 1 failed, 1 uncertain')
  })

  test('ends with 0 when every row was written', async () => {
    const hub = await startHub({
      ...known,
      'POST /bulk/contacts': { body: { id: '8' } },
      'GET /bulk/8/status': { body: COMPLETED },
    })
    const { terminal } = testTerminal()
    expect(await uploadFile('contacts', await rowsFile(), { ...caller(hub.url), wait: true }, terminal)).toBe(0)
    expect(await followBulkJob('8', caller(hub.url), terminal)).toBe(0)
  })

  test('hears of a refusal before the file is sent', async () => {
    const hub = await startHub({ 'GET /bulk/jobs?pageSize=1': { status: 401, body: { message: 'who are you' } } })
    const { terminal } = testTerminal()
    const file = await rowsFile()
    await expect(uploadFile('contacts', file, { ...caller(hub.url), wait: true }, terminal)).rejects.toThrow(
      /401: who are you/,
    )
    expect(hub.seen).toHaveLength(1)
  })

  test('sends a file once: it may have arrived although no answer came', async () => {
    const hub = await startHub({ ...known, 'POST /bulk/contacts': (request) => request.socket.destroy() })
    const { terminal } = testTerminal()
    const file = await rowsFile()
    await expect(uploadFile('contacts', file, { ...caller(hub.url), wait: true }, terminal)).rejects.toThrow(/reached/)
    expect(hub.seen).toEqual(['GET /bulk/jobs?pageSize=1', 'POST /bulk/contacts'])
  })

  for (const [name, options, message] of [
    ['an unknown action', { action: 'merge' }, /--action: expected one of create, update, upsert, delete, got "merge"/],
    ['an unknown format', { format: 'xlsx' }, /--format: expected one of csv, json, jsonl, got "xlsx"/],
    ['no user', { authorization: undefined }, /VALENCE_AUTHORIZATION/],
    ['no instance', { token: undefined }, /VALENCE_ELEMENT_TOKEN/],
  ] as const) {
    test(`${name} is told before anything is sent`, async () => {
      const { terminal } = testTerminal()
      const command = { ...caller('http://127.0.0.1:1'), ...options, wait: true }
      await expect((async () => uploadFile('contacts', 'rows.csv', command, terminal))()).rejects.toThrow(message)
    })
  }
})

describe('the line of progress', () => {
  for (const [name, progress, bar, expected] of [
    [
      'of rows that are counted',
      { done: 450_000, total: 1_000_000, rate: 20_000 },
      10,
      'contacts: [####......] 45 %, 450,000 of 1,000,000 rows, 20,000 rows/s, 0:28 to go',
    ],
    [
      'of rows that the hub did not count beforehand',
      { done: 300, share: 0.25, rate: 100 },
      0,
      'contacts: 25 %, 300 rows, 100 rows/s, 0:09 to go',
    ],
    ['of rows without a known end', { done: 450_000, rate: 20_000 }, 10, 'contacts: 450,000 rows, 20,000 rows/s'],
    ['in a log', { done: 1, total: 4, failed: 1 }, 0, 'contacts: 25 %, 1 of 4 rows, 1 failed'],
    ['before the first row', { done: 0 }, 10, 'contacts: 0 rows'],
  ] as const) {
    test(name, () => expect(progressText({ what: 'contacts', unit: 'rows', ...progress }, bar)).toBe(expected))
  }

  test('shows sizes and times in units that fit', () => {
    expect([999, 1_500, 2_500_000_000].map(sizeText)).toEqual(['999 bytes', '1.5 kB', '2.5 GB'])
    expect([0.2, 61, 10_920].map(durationText)).toEqual(['0:01', '1:01', '3:02:00'])
  })
})
