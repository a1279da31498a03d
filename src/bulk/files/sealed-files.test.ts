import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { createSealer } from '../../store/cipher.ts'
import type { Store } from '../../store/database.ts'
import { keyRingFromText } from '../../store/key-ring.ts'
import { inBulk } from '../bulk-table.ts'
import type { FileStore } from './file-store.ts'
import type { JobFiles } from './job-files.ts'
import { createJobFiles } from './sealed-files.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

/** a store whose objects a test can reach */
function openMap(): FileStore & { objects: Map<string, Buffer> } {
  const objects = new Map<string, Buffer>()
  return {
    objects,
    async put(key, bytes) {
      objects.set(key, bytes)
    },
    get: async (key) => objects.get(key),
    async removeBelow(prefix) {
      for (const key of objects.keys()) if (key.startsWith(`${prefix}/`)) objects.delete(key)
    },
    close: async () => undefined,
  }
}

let jobs = 0
let jobId: number
let map: ReturnType<typeof openMap>
let files: JobFiles
beforeEach(() => {
  jobId = 100 + jobs++
  map = openMap()
  files = createJobFiles({ store, files: map })
})

const append = async (text: string, startByte: number, id = jobId) => {
  const part = await files.put(id, Buffer.from(text))
  await store.changes.transaction((trx) => files.append(inBulk(trx), id, part, startByte))
  return part.key
}
const read = async (fromByte?: number, id = jobId, from = files) => {
  const parts: string[] = []
  for await (const part of from.read(id, fromByte)) parts.push(String(part))
  return parts
}

describe('the file of a job', () => {
  test('is its parts in their order', async () => {
    for (const [text, start] of [
      ['ab', 0],
      ['cde', 2],
      ['f', 5],
    ] as const)
      await append(text, start)
    expect(await read()).toEqual(['ab', 'cde', 'f'])
  })

  test('can be read from any byte on', async () => {
    for (const [text, start] of [
      ['ab', 0],
      ['cde', 2],
      ['f', 5],
    ] as const)
      await append(text, start)
    expect(await Promise.all([0, 1, 2, 3, 5, 6, 99].map(async (from) => (await read(from)).join('')))).toEqual([
      'abcdef',
      'bcdef',
      'cdef',
      'def',
      'f',
      '',
      '',
    ])
  })

  test('may have any number of parts', async () => {
    const part = await files.put(jobId, Buffer.from('x'))
    await store.changes.transaction(async (trx) => {
      for (let at = 0; at < 450; at++) await files.append(inBulk(trx), jobId, part, at)
    })
    expect(await read()).toHaveLength(450)
    expect(await read(449)).toHaveLength(1)
  })

  test('is not cut short where it is removed while somebody reads it', async () => {
    const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
    const id = await room.addJob(
      room.addInstance(elementOf()),
      { objectName: 'contacts', query: {}, metaData: {} },
      { file_bytes: 250 },
    )
    const part = await files.put(id, Buffer.from('x'))
    await store.changes.transaction(async (trx) => {
      for (let at = 0; at < 250; at++) await files.append(inBulk(trx), id, part, at)
    })
    const readSlowly = async () => {
      let parts = 0
      for await (const _ of files.read(id)) if (++parts === 200) await files.remove(id)
    }
    await expect(readSlowly()).rejects.toMatchObject({
      code: 'NOTHING_FOUND',
      message: expect.stringContaining('ends at byte 200 of 250'),
    })
  })

  test('is not there before it has parts', async () => {
    expect(await read()).toEqual([])
  })

  test('is not longer for a part that no transaction committed', async () => {
    await append('ab', 0)
    const lost = await files.put(jobId, Buffer.from('cd'))
    await expect(
      store.changes.transaction(async (trx) => {
        await files.append(inBulk(trx), jobId, lost, 2)
        throw new Error('the process died')
      }),
    ).rejects.toThrow('died')
    await append('ef', 2)
    expect(await read()).toEqual(['ab', 'ef'])
  })

  test('goes with all its parts, those that belong to no file too; other jobs keep theirs', async () => {
    await append('ab', 0)
    await files.put(jobId, Buffer.from('lost'))
    await append('other', 0, jobId + 5_000)
    await files.remove(jobId)
    expect(await read()).toEqual([])
    expect([...map.objects.keys()].map((key) => key.split('/')[0])).toEqual([String(jobId + 5_000)])
    expect(await read(0, jobId + 5_000)).toEqual(['other'])
  })

  test('keeps its rows while the store is away: somebody has to come back', async () => {
    await append('ab', 0)
    const away = createJobFiles({
      store,
      files: { ...map, removeBelow: () => Promise.reject(new Error('the store is away')) },
    })
    await expect(away.remove(jobId)).rejects.toThrow('away')
    expect(await read()).toEqual(['ab'])
  })
})

describe('what lies in the store', () => {
  test('cannot be read there', async () => {
    await append('ann@example.com', 0)
    expect([...map.objects.values()].map(String).join()).not.toContain('ann')
  })

  test.each([
    ['changed', (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 30 ? byte ^ 1 : byte)))],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['emptied', () => Buffer.alloc(0)],
    ['put there by somebody else', () => Buffer.from('name\nEve\n')],
  ])('is refused when it was %s', async (_how, change) => {
    const key = await append('name\nAnn\n', 0)
    map.objects.set(key, change(map.objects.get(key) as Buffer))
    await expect(read()).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(
        new RegExp(`^bulk_parts of job ${jobId}:${key} does not (open|hold a sealed file)`),
      ),
    })
  })

  test('cannot be exchanged: not for another part of the job, not for the part of another one', async () => {
    const [one, two] = [await append('one', 0), await append('two', 3)]
    const foreign = await append('other', 0, jobId + 5_000)
    for (const key of [two, foreign]) {
      map.objects.set(one, map.objects.get(key) as Buffer)
      await expect(read()).rejects.toThrow('was altered or moved')
    }
  })

  test('is not opened for another job whose row names it', async () => {
    const part = { key: await append('secret', 0), bytes: 6 }
    await store.changes.transaction((trx) => files.append(inBulk(trx), jobId + 5_000, part, 0))
    await expect(read(0, jobId + 5_000)).rejects.toThrow('was altered or moved')
  })

  test('is missed by its name, with what to look at', async () => {
    const key = await append('ab', 0)
    map.objects.delete(key)
    await expect(read()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        `part ${key} of the file of bulk job ${jobId} is not in the file store of this process: all`,
      ),
    })
  })

  test('opens after the ring has a new first key, as long as the old one is in it', async () => {
    const [first, second] = ['k1', 'k2'].map((id) => `${id}:${randomBytes(32).toString('base64')}`)
    const under = (ring: string) => {
      const keyRing = keyRingFromText(ring, 'test')
      return createJobFiles({
        store: { ...store, keyRing, cipher: { ...store.cipher, ...createSealer(keyRing) } },
        files: map,
      })
    }
    files = under(`${first}`)
    const old = await append('old', 0)
    files = under(`${second},${first}`)
    const fresh = await append('new', 3)
    expect([old, fresh].map((key) => String(map.objects.get(key)?.subarray(0, 6)))).toEqual(['v1.k1.', 'v1.k2.'])
    expect(await read()).toEqual(['old', 'new'])
    await expect(read(0, jobId, under(`${second}`))).rejects.toThrow(
      'sealed with key "k1", which is not in the key ring',
    )
  })
})
