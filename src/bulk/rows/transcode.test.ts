import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inChunks, joined } from '../../../test/support/chunks.ts'
import { toUtf8 } from './transcode.ts'

const TEXT = 'id,näme\n1,"€ 😀"\n'

function utf16(text: string, isBigEndian: boolean, mark = ''): Buffer {
  const bytes = Buffer.from(mark + text, 'utf16le')
  return isBigEndian ? bytes.swap16() : bytes
}

async function utf8Of(bytes: Buffer, charset?: string, sizes: readonly number[] = []): Promise<Buffer> {
  return joined(toUtf8(inChunks(bytes, sizes), { charset }))
}

describe('a file as UTF-8', () => {
  for (const [name, bytes, charset] of [
    ['UTF-8', Buffer.from(TEXT), undefined],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${TEXT}`), undefined],
    ['UTF-8 with a mark, whatever else was said', Buffer.from(`\ufeff${TEXT}`), 'windows-1252'],
    ['UTF-16LE with a mark', utf16(TEXT, false, '\ufeff'), undefined],
    ['UTF-16BE with a mark', utf16(TEXT, true, '\ufeff'), undefined],
    ['UTF-16LE with a mark, named only UTF-16', utf16(TEXT, false, '\ufeff'), 'utf-16'],
    ['UTF-16BE with a mark, named only UTF-16', utf16(TEXT, true, '\ufeff'), 'UTF-16'],
    ['UTF-16LE by its name', utf16(TEXT, false), 'utf-16le'],
    ['UTF-16BE by its name', utf16(TEXT, true), 'utf-16be'],
    ['UTF-16LE that nobody named', utf16(TEXT, false), undefined],
    ['UTF-16BE that nobody named', utf16(TEXT, true), undefined],
  ] as const) {
    test(`comes from ${name}`, async () => {
      for (const sizes of [[], [1], [2, 3], [7]]) expect(await utf8Of(bytes, charset, sizes)).toEqual(Buffer.from(TEXT))
    })
  }

  test('comes from windows-1252, also by its other names', async () => {
    const bytes = Buffer.from([0x80, 0x93, 0xe4, 0x94, 0x41])
    for (const charset of ['windows-1252', 'cp1252', 'iso-8859-1', ' Latin1 '])
      expect((await utf8Of(bytes, charset, [2])).toString()).toBe('€“ä”A')
  })

  test('comes from charsets whose characters have many bytes', async () => {
    expect((await utf8Of(Buffer.from([0x83, 0x65, 0x83, 0x58]), 'shift_jis', [1])).toString()).toBe('テス')
  })

  test('keeps a mark that stands elsewhere', async () => {
    expect((await utf8Of(Buffer.from('a\ufeff\n\ufeffb'))).toString()).toBe('a\ufeff\n\ufeffb')
    expect((await utf8Of(utf16('a\ufeffb', false), 'utf-16le', [1])).toString()).toBe('a\ufeffb')
  })

  test('of nothing, of a mark, of a byte', async () => {
    expect((await utf8Of(Buffer.alloc(0))).length).toBe(0)
    expect((await utf8Of(Buffer.from('\ufeff'))).length).toBe(0)
    expect((await utf8Of(Buffer.from([0xff, 0xfe]))).length).toBe(0)
    expect((await utf8Of(Buffer.from('a'))).toString()).toBe('a')
  })

  test('is any text in any chunks', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), sizes, async (text, cuts) => {
        const plain = text.replace(/^[\ufeff\0]+/, '').replace(/^(.)\0/, '$1')
        expect((await utf8Of(Buffer.from(plain), undefined, cuts)).toString()).toBe(plain)
        expect((await utf8Of(utf16(plain, true, '\ufeff'), undefined, cuts)).toString()).toBe(plain)
      }),
    )
  })

  test('tells exactly which bytes are none', async () => {
    const bytes = fc.uint8Array({ maxLength: 12 }).filter((some) => !isUtf8(some))
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5 }), async (some, size) => {
        const file = Buffer.concat([Buffer.from('\ufeffabc€'), some])
        const message = await utf8Of(file, undefined, [size]).then(
          () => 'none',
          (error: Error) => error.message,
        )
        const byte = Number(/^Byte (\d+) of the file is no UTF-8/.exec(message)?.[1])
        expect(isUtf8(file.subarray(0, byte))).toBe(true)
        const following = [1, 2, 3, 4].map((length) => file.subarray(byte, byte + length))
        expect(following.some((one) => isUtf8(one))).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('is refused where the bytes are no text in the charset', async () => {
    await expect(utf8Of(utf16('ab\ud800c', false, '\ufeff'))).rejects.toThrow(
      /^Between byte 0 and 10 of the file .* no utf-16le/,
    )
    await expect(utf8Of(Buffer.from([0x61, 0x00, 0x62]), 'utf-16le')).rejects.toThrow('no utf-16le')
  })

  test('is refused for a charset that nobody knows', async () => {
    await expect(utf8Of(Buffer.from('a'), 'klingon')).rejects.toThrow(
      'The charset "klingon" of the file is not known; use utf-8',
    )
  })
})
