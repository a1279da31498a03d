import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { stepCall } from '../../../test/support/step-call.ts'
import { ValenceError } from '../../errors.ts'
import type { PlatformRequest, PlatformStream } from '../../model/platform-call.ts'
import type { FormulaContext } from '../context.ts'
import { ELEMENT_REQUEST_STREAM } from './element-request-stream.ts'

const PROPERTIES = {
  downloadElementInstanceId: '11',
  downloadMethod: 'GET',
  downloadApi: '/bulk/7/contacts',
  downloadHeaders: { Accept: 'text/csv' },
  uploadElementInstanceId: '12',
  uploadMethod: 'POST',
  uploadApi: '/bulk/contacts?a=1',
  uploadQuery: { b: 2 },
  uploadFormData: { identifierFieldName: 'Id' },
  uploadFormDataName: 'metaData',
}
const CSV = 'id,name\n1,Ada\n'
const CREATED = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":77}' }

interface World {
  /** what the first call answers */
  file?: Partial<Omit<PlatformStream, 'body'>> & { body?: string | Readable }
  download?: Error
  /** @param body what is sent */
  upload?(
    body: Readable,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: Record<string, string>; body: string }>
  limits?: Partial<FormulaContext['limits']>
}

async function run(
  properties: Record<string, unknown> = {},
  world: World = {},
  more: Parameters<typeof stepCall>[1] = {},
) {
  const seen: { instanceId: number | undefined; request: PlatformRequest; sent?: string }[] = []
  const { file = {}, upload = async (body) => ({ ...CREATED, sent: await text(body) }) } = world
  const headers = { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="contacts.csv"' }
  const body = file.body instanceof Readable ? file.body : Readable.from([Buffer.from(file.body ?? CSV)])
  const context = {
    limits: { streamBytes: 1000, streamMs: 60_000, ...world.limits },
    async streamPlatform(_owner: unknown, instanceId: number | undefined, request: PlatformRequest) {
      const call: (typeof seen)[number] = { instanceId, request }
      seen.push(call)
      if (seen.length === 1) {
        if (world.download) throw world.download
        return { status: 200, headers, ...file, body }
      }
      const answer = await upload(request.body as Readable, request.signal as AbortSignal)
      if ('sent' in answer) call.sent = String(answer.sent)
      return { status: answer.status, headers: answer.headers, body: Readable.from([Buffer.from(answer.body)]) }
    },
  } as unknown as FormulaContext
  const call = stepCall({ ...PROPERTIES, ...properties }, more)
  const outcome = await ELEMENT_REQUEST_STREAM.run(context, call)
  // biome-ignore lint/suspicious/noExplicitAny: values of steps have any shape
  return { outcome, value: outcome.value as any, seen, body }
}

const PLATFORM = {
  'Elements-Formula-Id': '5',
  'Elements-Formula-Execution-Id': '77',
  'Elements-Formula-Step': 'ask',
  'Elements-Formula-Step-Retry-Count': '0',
  'Elements-Formula-Request-Id': expect.any(String),
}
const MASKED = 'Element ********, User ********, Organization ********'

test('a file goes from one instance to the other as a form, and its bytes are in no value', async () => {
  const { outcome, value, seen, body } = await run({}, {}, { execution: { chain: 1, depth: 2 } })
  expect(outcome).toMatchObject({ status: 'success', isFailure: false })
  expect(seen).toMatchObject([
    {
      instanceId: 11,
      request: {
        method: 'GET',
        path: '/bulk/7/contacts',
        depth: 2,
        headers: { Accept: 'text/csv', 'elements-formula-chain': '2' },
      },
    },
    { instanceId: 12, request: { method: 'POST', path: '/bulk/contacts?a=1', query: { b: '2' }, depth: 2 } },
  ])
  const type = seen[1]?.request.headers?.['Content-Type'] ?? ''
  const form = await new Response(seen[1]?.sent ?? '', { headers: { 'content-type': type } }).formData()
  const file = form.get('file') as File
  expect([...form.keys()]).toEqual(['metaData', 'file'])
  expect(form.get('metaData')).toBe('{"identifierFieldName":"Id"}')
  expect([file.name, file.type, await file.text()]).toEqual(['contacts.csv', 'text/csv', CSV])
  expect(value).toEqual({
    download: {
      request: {
        ...{ uri: '/elements/api-v2/bulk/7/contacts', method: 'GET', query: {} },
        headers: { Accept: 'text/csv', ...PLATFORM, Authorization: MASKED },
      },
      response: { code: 200, headers: expect.objectContaining({ 'content-type': 'text/csv' }) },
    },
    upload: {
      request: {
        ...{ uri: '/elements/api-v2/bulk/contacts', method: 'POST', query: { a: '1', b: '2' } },
        headers: { ...PLATFORM, Authorization: MASKED },
        form: { metaData: '{"identifierFieldName":"Id"}' },
      },
      response: { code: 200, headers: CREATED.headers, body: { id: 77 } },
    },
  })
  expect(body.destroyed).toBe(true)
})

test('older formulas have the extra part under its name', async () => {
  const { value } = await run({}, {}, { execution: { engine: 'v1' } })
  expect(value.upload.request.metaData).toBe('{"identifierFieldName":"Id"}')
  expect(value.upload.request.form).toBeUndefined()
})

test('without an extra part there is the file alone', async () => {
  const { value, seen } = await run({ uploadFormData: '', uploadFormDataName: '' })
  expect(seen[1]?.sent?.match(/form-data; name="\w+"/g)).toEqual(['form-data; name="file"'])
  expect(value.upload.request.form).toBeUndefined()
})

describe('a download that fails sends nothing', () => {
  test('by its status, and what it says is kept', async () => {
    const file = { status: 404, headers: { 'content-type': 'application/json' }, body: '{"message":"no file"}' }
    const { outcome, value, seen } = await run({}, { file })
    expect([outcome.status, outcome.isFailure, seen.length]).toEqual(['failed', true, 1])
    expect(value.download.response).toMatchObject({ code: 404, body: { message: 'no file' } })
    expect(value.upload).toBeUndefined()
  })

  test('without an answer', async () => {
    const { outcome, value, seen } = await run({}, { download: new ValenceError('INSTANCE_NOT_FOUND', 'no instance') })
    expect([outcome.error, value.error, seen.length]).toEqual(['no instance', 'no instance', 1])
    expect(value.download.request.uri).toBe('/elements/api-v2/bulk/7/contacts')
  })

  test('by what its properties say', async () => {
    const { outcome, seen } = await run({ uploadElementInstanceId: '$config.b' })
    expect(outcome.error).toMatch(/^uploadElementInstanceId: "\$config.b" is no id/)
    expect(seen).toEqual([])
  })
})

describe('when one side fails, the other one ends', () => {
  test('the download in the middle', async () => {
    let told: unknown
    const body = new Readable({ read: () => undefined })
    body.push('abc')
    setImmediate(() => body.destroy(new Error('LIGHT_ECONNRESET')))
    const { outcome, value } = await run(
      {},
      {
        file: { body },
        upload: async (sent) => {
          await text(sent).catch((error: unknown) => {
            told = error
            throw error
          })
          return CREATED
        },
      },
    )
    expect(outcome.error).toBe('the download broke off before its end')
    expect(String(told)).toContain('the download broke off')
    expect(value.download.response.code).toBe(200)
    expect(value.upload.request.method).toBe('POST')
  })

  test('the upload before its end', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read++
        yield Buffer.alloc(1)
        await turn()
      }
    }
    const body = Readable.from(endless(), { objectMode: false })
    const { outcome, value } = await run(
      {},
      { file: { body }, upload: async () => ({ ...CREATED, status: 413, body: '{"message":"too large"}' }) },
    )
    expect([outcome.status, outcome.error]).toEqual(['failed', undefined])
    expect(value.upload.response).toMatchObject({ code: 413, body: { message: 'too large' } })
    expect(body.destroyed).toBe(true)
    const before = read
    await turn()
    await turn()
    expect(read - before).toBeLessThan(2)
  })

  test('both when there is more than a stream may have', async () => {
    const { outcome, body } = await run({}, { file: { body: 'x'.repeat(1001) } })
    expect(outcome.error).toBe('the file is longer than the 1000 bytes that a stream may have')
    expect(body.destroyed).toBe(true)
  })

  const never: World['upload'] = (_body, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

  test('both when the time is over', async () => {
    const { outcome, body } = await run({}, { limits: { streamMs: 30 }, upload: never })
    expect(outcome).toMatchObject({ status: 'failed', error: 'the stream was not over within 0.03 s' })
    expect(body.destroyed).toBe(true)
  })

  test('both with the execution', async () => {
    const end = new AbortController()
    const why = new Error('cancelled')
    setTimeout(() => end.abort(why), 30)
    await expect(run({}, { upload: never }, { signal: end.signal })).rejects.toBe(why)
  })
})

test('what may be made again after a crash', () => {
  const mayRepeat = (properties: Record<string, unknown>) => ELEMENT_REQUEST_STREAM.mayRepeat({ properties })
  expect(ELEMENT_REQUEST_STREAM.hasEffect({ properties: {} })).toBe(true)
  expect([mayRepeat({ uploadMethod: 'PUT' }), mayRepeat({ uploadMethod: 'POST' })]).toEqual([true, false])
})
