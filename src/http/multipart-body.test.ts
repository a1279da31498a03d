import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeMultipart, type OutgoingPart } from '../engine/body/multipart.ts'
import type { UploadedPart } from '../model/exchange.ts'
import type { App } from './app.ts'
import { handleError } from './error-handler.ts'
import { createReceiveUpload } from './receive-upload.ts'
import { acceptBodies } from './request-bodies.ts'

const MB = 1024 * 1024
const LIMITS = { totalBytes: 8 * MB, parts: 20, fieldBytes: 1000, fieldsBytes: 3000, nameChars: 50 }

let app: App
let url: string
let folder: string
/** parts of the last upload, and what the handler waits for before it answers */
let lastParts: readonly UploadedPart[] = []
let beforeAnswer: () => Promise<unknown> = async () => undefined

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'valence-uploads-')), 'uploads')
  app = fastify({ bodyLimit: 1000, forceCloseConnections: true })
  acceptBodies(app)
  app.setErrorHandler(handleError)
  const receive = createReceiveUpload({ folder, limits: LIMITS, maxSpooledBytes: 12 * MB })
  app.post('/vendor', { config: { isVendorBody: true } }, async (request, reply) => {
    if (request.upload === undefined) return { body: request.body ?? null }
    lastParts = await receive(request, reply)
    await beforeAnswer()
    return { upload: request.upload, parts: await Promise.all(lastParts.map(described)) }
  })
  app.post('/ours', async (request) => ({ body: request.body ?? null }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
})

afterAll(async () => {
  await app.close()
  await rm(join(folder, '..'), { recursive: true, force: true })
})

async function described({ name, fileName, contentType, sizeBytes, open }: UploadedPart) {
  const content = await buffer(open())
  const shown = content.length > 100 ? createHash('sha256').update(content).digest('hex') : content.toString('utf8')
  return { name, fileName, contentType, sizeBytes, content: shown }
}

async function post(path: string, type: string | undefined, body: string | Buffer) {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
  const reply = await fetch(url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? Buffer.from(body) : body,
  })
  return { status: reply.status, body: JSON.parse(await reply.text()) }
}

async function postForm(form: FormData) {
  const reply = await fetch(`${url}/vendor`, { method: 'POST', body: form })
  return { status: reply.status, body: JSON.parse(await reply.text()) }
}

function formOf(
  ...entries: readonly (readonly [string, string] | readonly [string, string, string, string?])[]
): FormData {
  const form = new FormData()
  for (const [name, value, fileName, type] of entries) {
    if (fileName === undefined) form.append(name, value)
    else form.append(name, new Blob([value], { type: type ?? '' }), fileName)
  }
  return form
}

async function filesLeft(): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

describe('a form of fields and files', () => {
  for (const [name, form, expected] of [
    [
      'fields and files in their order',
      formOf(['a', '1'], ['f', 'data', 'x.txt', 'text/csv'], ['a', '2']),
      [
        { name: 'a', sizeBytes: 1, content: '1' },
        { name: 'f', fileName: 'x.txt', contentType: 'text/csv', sizeBytes: 4, content: 'data' },
        { name: 'a', sizeBytes: 1, content: '2' },
      ],
    ],
    [
      'an empty field and an empty file',
      formOf(['a', ''], ['f', '', 'e']),
      [
        { name: 'a', sizeBytes: 0, content: '' },
        { name: 'f', fileName: 'e', contentType: 'application/octet-stream', sizeBytes: 0, content: '' },
      ],
    ],
    [
      'names beyond ASCII',
      formOf(['größe', 'Zoë'], ['datei', 'x', 'Größe 🚀.txt', 'text/plain']),
      [
        { name: 'größe', sizeBytes: 4, content: 'Zoë' },
        { name: 'datei', fileName: 'Größe 🚀.txt', contentType: 'text/plain', sizeBytes: 1, content: 'x' },
      ],
    ],
    [
      'a file name keeps no folders',
      formOf(['f', 'x', '../../etc/passwd']),
      [{ name: 'f', fileName: 'passwd', contentType: 'application/octet-stream', sizeBytes: 1, content: 'x' }],
    ],
  ] as const)
    test(name, async () => {
      expect(await postForm(form)).toEqual({ status: 200, body: { upload: 'multipart', parts: expected } })
    })

  test('a field may say its type', async () => {
    const body =
      '--b\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n'
    const { body: answered } = await post('/vendor', 'multipart/form-data; boundary=b', body)
    expect(answered.parts).toEqual([{ name: 'meta', contentType: 'application/json', sizeBytes: 2, content: '{}' }])
  })

  test('many files, small and large, come back as they were', async () => {
    const contents = [10, 100_000, 300_000, 5, 200_000, 1_000_000].map((size, i) => Buffer.alloc(size, `${i}-content`))
    const form = new FormData()
    for (const [i, content] of contents.entries()) form.append(`f${i}`, new Blob([content]), 'x')
    const { body } = await postForm(form)
    expect(body.parts.map((part: { sizeBytes: number }) => part.sizeBytes)).toEqual(
      contents.map(({ length }) => length),
    )
    expect(body.parts[2].content).toBe(
      createHash('sha256')
        .update(contents[2] ?? '')
        .digest('hex'),
    )
    expect(body.parts[5].content).toBe(
      createHash('sha256')
        .update(contents[5] ?? '')
        .digest('hex'),
    )
    expect(body.parts[3].content).toBe('3-con')
  })

  test('it can be sent on as another form', async () => {
    const received = Promise.withResolvers<string>()
    beforeAnswer = async () => {
      const parts: OutgoingPart[] = lastParts.map((part) => (part.fileName ? { ...part, name: 'photo' } : part))
      const { open } = encodeMultipart(parts, 'out')
      received.resolve((await text(open())) + (await text(open())))
    }
    await postForm(formOf(['a', '1'], ['file', 'gif', 'a.gif', 'image/gif']))
    beforeAnswer = async () => undefined
    const once =
      '--out\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--out\r\nContent-Disposition: form-data; name="photo"; filename="a.gif"\r\nContent-Type: image/gif\r\n\r\ngif\r\n--out--\r\n'
    expect(await received.promise).toBe(once + once)
  })
})

describe('limits are named', () => {
  const many = formOf(...Array.from({ length: 21 }, (_, i) => [`f${i}`, 'x'] as const))
  for (const [name, form, status, message] of [
    ['the whole', formOf(['f', 'x'.repeat(9 * MB), 'x']), 413, /longer than 8388608 bytes/],
    ['one field', formOf(['note', 'x'.repeat(1001)]), 413, /the field "note" is longer than 1000 bytes/],
    [
      'all fields',
      formOf(...['a', 'b', 'c', 'd'].map((name) => [name, 'x'.repeat(900)] as const)),
      413,
      /fields are longer than 3000 bytes/,
    ],
    ['the number of parts', many, 413, /more than 20 parts/],
    ['a name', formOf(['n'.repeat(51), 'x']), 400, /name of more than 50 characters/],
    ['a file name', formOf(['f', 'x', 'n'.repeat(51)]), 400, /name of more than 50 characters/],
    ['no name', formOf(['', 'x']), 400, /a part without a name/],
  ] as const)
    test(name, async () => {
      const answer = await postForm(form)
      expect(answer.status).toBe(status)
      expect(answer.body.message).toMatch(message)
    })

  test('the whole, when its length is not announced', async () => {
    const { contentType, open } = encodeMultipart(
      [{ name: 'f', fileName: 'x', open: () => Readable.from(blocks(9 * MB)) }],
      'b',
    )
    const reply = await fetch(`${url}/vendor`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: Readable.toWeb(open()),
      duplex: 'half',
    })
    expect(reply.status).toBe(413)
    expect(await filesLeft()).toEqual([])
  })

  test('all uploads together', async () => {
    const waiting = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    beforeAnswer = () => {
      started.resolve()
      return waiting.promise
    }
    const first = postForm(formOf(['f', 'x'.repeat(7 * MB), 'x']))
    await started.promise
    const second = await postForm(formOf(['f', 'x'.repeat(7 * MB), 'x']))
    waiting.resolve()
    beforeAnswer = async () => undefined
    expect(second.status).toBe(503)
    expect(second.body.message).toMatch(/no room for this upload: more than 12582912 bytes/)
    expect((await first).status).toBe(200)
    expect((await postForm(formOf(['f', 'x'.repeat(7 * MB), 'x']))).status).toBe(200)
  })
})

function* blocks(bytes: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024, 1)
  for (let sent = 0; sent < bytes; sent += block.length) yield block
}

describe('what is no form: 400', () => {
  for (const [name, type, body, message] of [
    ['no boundary', 'multipart/form-data', 'x', /Boundary not found/],
    ['no part', 'multipart/form-data; boundary=b', 'something', /Unexpected end of multipart data/],
    [
      'it ends in a file',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nabc',
      /Part terminated early|Unexpected end/,
    ],
    [
      'it ends in a field',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nabc',
      /Part terminated early|Unexpected end/,
    ],
    [
      'a part without a name',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--b--',
      /a part without a name/,
    ],
  ] as const)
    test(name, async () => {
      const answer = await post('/vendor', type, body)
      expect(answer.status).toBe(400)
      expect(answer.body.message).toMatch(message)
    })
})

describe('other bodies of a vendor', () => {
  for (const [name, type, body, expected] of [
    ['JSON', 'application/json', '{"a":1}', { body: { a: 1 } }],
    ['JSON without a type', undefined, '{"a":1}', { body: { a: 1 } }],
    ['JSON of a vendor', 'application/vnd.api+json', '{"a":1}', { body: { a: 1 } }],
    [
      'a form',
      'application/x-www-form-urlencoded',
      'a=1&b=x+y%26&a=2&__proto__=z',
      { body: { a: ['1', '2'], b: 'x y&', ['__proto__']: 'z' } },
    ],
    ['XML', 'text/xml; charset=utf-8', '<a>Zoë</a>', { body: '<a>Zoë</a>' }],
    [
      'XML in Latin 1',
      'application/xml',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ë</a>', 'latin1'),
      { body: '<?xml version="1.0" encoding="ISO-8859-1"?><a>ë</a>' },
    ],
    ['SOAP', 'application/soap+xml', '<a/>', { body: '<a/>' }],
    ['text', 'text/plain', 'x y', { body: 'x y' }],
    [
      'bytes',
      'application/octet-stream',
      'x',
      {
        upload: 'binary',
        parts: [
          { name: 'file', fileName: 'file', contentType: 'application/octet-stream', sizeBytes: 1, content: 'x' },
        ],
      },
    ],
    [
      'an image',
      'image/png',
      'x',
      {
        upload: 'binary',
        parts: [{ name: 'file', fileName: 'file', contentType: 'image/png', sizeBytes: 1, content: 'x' }],
      },
    ],
    ['nothing, as a form', 'application/x-www-form-urlencoded', '', { body: null }],
    ['nothing, as XML', 'text/xml', '', { body: null }],
    ['nothing, as bytes', 'application/octet-stream', '', { body: null }],
    ['nothing, as a multipart form', 'multipart/form-data', '', { body: null }],
  ] as const)
    test(name, async () => expect(await post('/vendor', type, body)).toEqual({ status: 200, body: expected }))

  test('too many bytes: 413', async () => {
    const answer = await post('/vendor', 'image/png', 'x'.repeat(9 * MB))
    expect([answer.status, answer.body.message]).toEqual([
      413,
      'The upload is too large: it is longer than 8388608 bytes',
    ])
  })
})

describe('our own routes take JSON only', () => {
  for (const type of [
    'multipart/form-data; boundary=b',
    'application/x-www-form-urlencoded',
    'text/xml',
    'text/plain',
    'image/png',
  ])
    test(`${type}: 415, and nothing when it is empty`, async () => {
      const answer = await post('/ours', type, 'a=1')
      expect([answer.status, answer.body.message]).toEqual([415, `Content-Type "${type}": expected application/json`])
      expect(await post('/ours', type, '')).toEqual({ status: 200, body: { body: null } })
    })

  test('too long without a type: 413', async () => {
    expect((await post('/ours', undefined, `"${'x'.repeat(1000)}"`)).status).toBe(413)
  })
})

describe('nothing is left behind', () => {
  test('the file has no name while it is used', async () => {
    let during: string[] | undefined
    beforeAnswer = async () => {
      during = await filesLeft()
    }
    await postForm(formOf(['f', 'x'.repeat(MB), 'x']))
    beforeAnswer = async () => undefined
    expect(during).toEqual([])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  test('after the answer the parts cannot be opened', async () => {
    await postForm(formOf(['f', 'x'.repeat(MB), 'x'], ['g', 'small', 'x']))
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const part of lastParts) await expect(buffer(part.open())).rejects.toThrow('its request has ended')
  })

  test('an upload that breaks off ends and gives everything back', async () => {
    lastParts = []
    const broken: ClientRequest = httpRequest(`${url}/vendor`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    })
    broken.on('error', () => undefined)
    broken.write('--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n')
    for (const block of blocks(4 * MB)) broken.write(block)
    await new Promise((resolve) => setTimeout(resolve, 200))
    broken.destroy()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(lastParts).toEqual([])
    expect(await filesLeft()).toEqual([])
    // the room is free again: two of these fit only when the broken one is gone
    expect((await postForm(formOf(['f', 'x'.repeat(7 * MB), 'x']))).status).toBe(200)
    const both = await Promise.all([1, 2].map(() => postForm(formOf(['f', 'x'.repeat(5 * MB), 'x']))))
    expect(both.map(({ status }) => status)).toEqual([200, 200])
  })

  test('a caller who leaves before the answer takes the parts along', async () => {
    const received = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    beforeAnswer = () => {
      received.resolve()
      return goOn.promise
    }
    const controller = new AbortController()
    const asked = fetch(`${url}/vendor`, {
      method: 'POST',
      body: formOf(['f', 'x'.repeat(MB), 'x']),
      signal: controller.signal,
    })
    await received.promise
    controller.abort()
    await expect(asked).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const [part] = lastParts
    await expect(buffer(part?.open() ?? Readable.from([]))).rejects.toThrow('its request has ended')
    beforeAnswer = async () => undefined
    goOn.resolve()
  })
})
