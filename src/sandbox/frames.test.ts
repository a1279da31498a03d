import { expect, test } from 'vitest'
import { createFrameReader, encodeFrame } from './frames.ts'

const frames = [
  { head: { type: 'a' }, text: '' },
  { head: { type: 'b', names: ['ü'] }, text: '{"a":"€ 😀"}' },
  { head: {}, text: 'x'.repeat(5000) },
]
const bytes = Buffer.concat(frames.map(({ head, text }) => encodeFrame(head, text)))

test.each([1, 3, 7, 100, 4096, bytes.length])('frames come out whole when %i bytes arrive at a time', (size) => {
  const read = createFrameReader({ headBytes: 100, textBytes: 5_000 })
  const found = []
  for (let at = 0; at < bytes.length; at += size) found.push(...read(bytes.subarray(at, at + size)))
  expect(found).toEqual(frames)
})

test.each([
  ['a text beyond the limit', encodeFrame({}, 'x'.repeat(200))],
  ['a head beyond the limit', encodeFrame({ a: 'x'.repeat(200) })],
  ['other bytes', Buffer.from('Error: something else is written here\n')],
  ['a head that is no JSON', Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('abc')])],
])('%s is refused', (_name, chunk) => {
  expect(() => createFrameReader({ headBytes: 100, textBytes: 100 })(chunk)).toThrow()
})
