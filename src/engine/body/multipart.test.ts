import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { createUpstream } from '../../upstream/send.ts'
import { encodeMultipart, multipartBoundary, type OutgoingPart } from './multipart.ts'

const file = (name: string, content: string, more: Partial<OutgoingPart> = {}): OutgoingPart => ({
  name,
  sizeBytes: Buffer.byteLength(content),
  open: () => Readable.from([Buffer.from(content)]),
  ...more,
})

/** As another reader sees it. */
async function read(parts: readonly OutgoingPart[]) {
  const { contentType, open } = encodeMultipart(parts, 'b0undary')
  const form = await new Response(await buffer(open()), { headers: { 'content-type': contentType } }).formData()
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()],
    ),
  )
}

test('the bytes are those of RFC 7578', async () => {
  const { contentType, lengthBytes, open } = encodeMultipart(
    [{ name: 'id', value: '7' }, file('photo', 'GIF89', { fileName: 'a.gif', contentType: 'image/gif' })],
    'b0undary',
  )
  const expected = [
    '--b0undary',
    'Content-Disposition: form-data; name="id"',
    '',
    '7',
    '--b0undary',
    'Content-Disposition: form-data; name="photo"; filename="a.gif"',
    'Content-Type: image/gif',
    '',
    'GIF89',
    '--b0undary--',
    '',
  ].join('\r\n')
  expect(await text(open())).toBe(expected)
  expect(contentType).toBe('multipart/form-data; boundary=b0undary')
  expect(lengthBytes).toBe(expected.length)
})

describe('another reader sees what was meant', () => {
  for (const [name, parts, expected] of [
    ['nothing', [], []],
    [
      'fields in order, also repeated',
      [
        { name: 'a', value: '1' },
        { name: 'b', value: '' },
        { name: 'a', value: '2' },
      ],
      [
        ['a', '1'],
        ['b', ''],
        ['a', '2'],
      ],
    ],
    ['text beyond ASCII', [{ name: 'größe', value: 'Zoë 🚀' }], [['größe', 'Zoë 🚀']]],
    ['text that looks like a boundary', [{ name: 'a', value: '--b0undar' }], [['a', '--b0undar']]],
    ['a file without a type', [file('f', 'x', { fileName: 'x' })], [['f', 'x', 'application/octet-stream', 'x']]],
    [
      'a file name beyond ASCII',
      [file('f', 'x', { fileName: 'Größe 🚀.txt', contentType: 'text/plain' })],
      [['f', 'Größe 🚀.txt', 'text/plain', 'x']],
    ],
    [
      'a renamed file',
      [{ ...file('file', 'x', { fileName: 'a', contentType: 'a/b' }), name: 'photo' }],
      [['photo', 'a', 'a/b', 'x']],
    ],
    ['an uploaded part that was no file', [file('a', 'x')], [['a', 'x']]],
  ] as const)
    test(name, async () => expect(await read(parts)).toEqual(expected))
})

describe('nothing ends its line', () => {
  const evil = 'a"; x="\r\nX-Evil: 1\r\n\r\n'
  for (const [name, part] of [
    ['a field name', { name: evil, value: 'v' }],
    ['a file name', file('f', 'v', { fileName: evil })],
    ['a type', file('f', 'v', { fileName: 'x', contentType: `text/plain\r\nX-Evil: 1` })],
    ['a type with parameters', file('f', 'v', { fileName: 'x', contentType: `text/plain; a=b\nX-Evil: 1` })],
    ['a control character of C1', file('f', 'v', { fileName: 'x\u0085X-Evil: 1' })],
  ] as const)
    test(name, async () => {
      const body = await text(encodeMultipart([part], 'b').open())
      const [head = '', content] = body.split('\r\n\r\n')
      expect(head).not.toMatch(/[\r\n\u0085]X-Evil/)
      expect(content).toBe('v\r\n--b--\r\n')
    })

  test('quotes and line ends are percent-encoded', async () => {
    expect(await text(encodeMultipart([{ name: evil, value: '' }], 'b').open())).toContain(
      'name="a%22; x=%22%0D%0AX-Evil: 1%0D%0A%0D%0A"\r\n',
    )
  })
})

describe('the length', () => {
  for (const [name, parts] of [
    ['of nothing', []],
    ['counts bytes, not characters', [{ name: 'ö', value: '🚀' }, file('f', 'ß', { fileName: 'ü' })]],
  ] as const)
    test(name, async () => {
      const { lengthBytes, open } = encodeMultipart(parts, 'b')
      expect(lengthBytes).toBe((await buffer(open())).length)
    })

  test('is unknown when a part does not know its own', () => {
    expect(encodeMultipart([file('f', 'x', { sizeBytes: undefined })], 'b').lengthBytes).toBeUndefined()
  })
})

test('it can be sent again', async () => {
  const { open } = encodeMultipart([file('f', 'abc', { fileName: 'x' }), { name: 'a', value: '1' }], 'b')
  const first = open()
  first.read(1)
  first.destroy()
  expect(await text(open())).toBe(await text(open()))
})

test('a part that is not read to its end is closed with the body', async () => {
  const content = new Readable({ read: () => undefined })
  content.push('x')
  const body = encodeMultipart([{ name: 'f', open: () => content }], 'b').open()
  for await (const chunk of body) if (String(chunk) === 'x') break
  expect(content.destroyed).toBe(true)
})

test('a part that fails fails the body', async () => {
  const broken = new Readable({
    read() {
      this.destroy(new Error('the file is gone'))
    },
  })
  await expect(text(encodeMultipart([{ name: 'f', open: () => broken }], 'b').open())).rejects.toThrow(
    'the file is gone',
  )
})

test('boundaries are random letters and digits', () => {
  expect(multipartBoundary(() => 0.999)).toBe(`valence${'z'.repeat(32)}`)
  expect(multipartBoundary(Math.random)).toMatch(/^valence[0-9a-z]{32}$/)
  expect(multipartBoundary(Math.random)).not.toBe(multipartBoundary(Math.random))
})

test('256 MB are read no faster than they are taken', async () => {
  const SIZE = 256 * 1024 * 1024
  const block = Buffer.alloc(64 * 1024, 1)
  let produced = 0
  let received = 0
  let ahead = 0
  function* blocks() {
    for (; produced < SIZE; produced += block.length) {
      ahead = Math.max(ahead, produced - received)
      yield block
    }
  }
  const vendor = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    request.on('end', () => response.end(request.headers['content-length']))
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/`
  const upstream = createUpstream({ allow: ['127.0.0.1'], originMap: new Map() })
  try {
    const part = { name: 'f', fileName: 'big', sizeBytes: SIZE, open: () => Readable.from(blocks()) }
    const { contentType, lengthBytes, open } = encodeMultipart([part], 'b')
    const headers = { 'content-type': contentType, 'content-length': String(lengthBytes) }
    const reply = await upstream.send({ method: 'POST', url, headers, body: open(), timeoutMs: 20_000 })
    expect(await reply.text(100)).toBe(String(lengthBytes))
    expect(received).toBe(lengthBytes)
    // buffers of two sockets and three streams
    expect(ahead).toBeLessThan(16 * 1024 * 1024)
  } finally {
    await upstream.close()
    vendor.close()
  }
})
