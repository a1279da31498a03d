import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ValenceError } from '../errors.ts'
import { generateRingKey, keyRingFromText, openKeyRing } from './key-ring.ts'

const keyA = randomBytes(32).toString('base64')
const keyB = randomBytes(32).toString('base64')

describe('a ring from VALENCE_KEYS', () => {
  test('the first entry encrypts, every entry is found, others are not', () => {
    const ring = keyRingFromText(`new:${keyA}, old:${keyB}\n`, 'VALENCE_KEYS')
    expect(ring.first()).toEqual({ id: 'new', key: Buffer.from(keyA, 'base64') })
    expect(ring.find('old')?.key).toEqual(Buffer.from(keyB, 'base64'))
    expect(ring.find('other')).toBeUndefined()
  })

  for (const [name, text, complaint] of [
    ['an empty text', '', 'VALENCE_KEYS, entry 1: empty'],
    ['an empty entry', `a:${keyA},`, 'VALENCE_KEYS, entry 2: empty'],
    ['a key without id', keyA, 'VALENCE_KEYS, entry 1: no colon'],
    ['id and key the wrong way round', `${keyA}:a`, 'VALENCE_KEYS, entry 1: the id before the colon'],
    ['a dot in the id', `a.b:${keyA}`, 'VALENCE_KEYS, entry 1: the id before the colon'],
    [
      'a key of 16 bytes',
      `a:${keyA},b:${randomBytes(16).toString('base64')}`,
      'VALENCE_KEYS, entry 2 ("b"): expected 32 bytes',
    ],
    ['a key that is not base64', `a:${'*'.repeat(44)}`, 'VALENCE_KEYS, entry 1 ("a"): expected 32 bytes'],
    ['an id twice', `a:${keyA},a:${keyB}`, 'VALENCE_KEYS, entry 2 ("a"): this id occurs twice'],
  ] as const) {
    test(`${name} is refused without echoing a key`, () => {
      let error: unknown
      try {
        keyRingFromText(text, 'VALENCE_KEYS')
      } catch (caught) {
        error = caught
      }
      expect(error).toBeInstanceOf(ValenceError)
      expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(complaint) })
      for (const secret of [keyA, keyB]) expect(String(error)).not.toContain(secret.slice(0, 20))
    })
  }
})

describe('a ring in the data folder', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'valence-keys-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('first starts at the same time agree on one key, readable by the owner only', async () => {
    const dataDir = join(folder, 'concurrent', 'nested')
    const rings = await Promise.all(Array.from({ length: 10 }, () => openKeyRing({ dataDir })))
    const ids = new Set(rings.map((ring) => ring.first().id))
    expect(ids.size).toBe(1)
    expect(await readdir(dataDir)).toEqual(['keys'])
    expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o600)
  })

  test('VALENCE_KEYS wins over the file and creates none', async () => {
    const dataDir = join(folder, 'unused')
    const ring = await openKeyRing({ keys: `env:${keyA}`, dataDir })
    expect(ring.first().id).toBe('env')
    await expect(stat(dataDir)).rejects.toThrow('ENOENT')
  })

  test('a new key encrypts at once in rings opened later, and is found by rings opened before', async () => {
    const dataDir = join(folder, 'rotated')
    const before = await openKeyRing({ dataDir })
    const oldId = before.first().id
    const newId = await generateRingKey(dataDir)
    const after = await openKeyRing({ dataDir })

    expect(after.first().id).toBe(newId)
    expect(after.find(oldId)?.key).toEqual(before.find(oldId)?.key)
    expect(before.first().id).toBe(oldId)
    expect(before.find(newId)?.key).toEqual(after.first().key)
    expect(before.first().id).toBe(newId)
    expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o600)
    expect(await readdir(dataDir)).toEqual(['keys'])
  })

  test('of several processes adding a key one succeeds at a time and none is lost', async () => {
    const dataDir = join(folder, 'adding')
    const ring = await openKeyRing({ dataDir })
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => generateRingKey(dataDir)))
    const added = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    expect(added.length).toBeGreaterThan(0)
    for (const id of added) expect(ring.find(id)).toBeDefined()
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'ALREADY_EXISTS' })
    }
    const entries = (await readFile(join(dataDir, 'keys'), 'utf8')).trim().split(',')
    expect(entries).toHaveLength(added.length + 1)
  })

  test('a damaged file is named, with the entry, and is never replaced', async () => {
    const dataDir = join(folder, 'damaged')
    await openKeyRing({ dataDir })
    await writeFile(join(dataDir, 'keys'), 'a:short\n')
    const message = `the key file ${join(dataDir, 'keys')}, entry 1 ("a"): expected 32 bytes`
    await expect(openKeyRing({ dataDir })).rejects.toThrow(message)
    await expect(generateRingKey(dataDir)).rejects.toThrow(message)
    expect(await readdir(dataDir)).toEqual(['keys'])
    expect(await readFile(join(dataDir, 'keys'), 'utf8')).toBe('a:short\n')
  })
})
