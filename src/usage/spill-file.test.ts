import { appendFile, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSpill, type SpillOptions } from './spill-file.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'valence-spill-')), 'usage')
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const failed = (error: unknown) => {
  throw error
}
const open = (options: Partial<SpillOptions> = {}) => openSpill({ folder, quietMs: 20, onError: failed, ...options })
const line = (id: number) => JSON.stringify({ id, text: 'with "quotes", ü and \n a break' })
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => line(from + at))

/** Reads everything back. */
async function drained(spill: Awaited<ReturnType<typeof open>>) {
  const seen: string[] = []
  const { unreadable } = await spill.replay(async (batch) => void seen.push(...batch))
  return { seen, unreadable }
}

test('lines come back in order, in batches, and are gone then', async () => {
  const spill = await open({ batch: 2 })
  expect(await spill.append(lines(1, 3))).toBe(3)
  expect(await spill.append(lines(4, 5))).toBe(2)
  const batches: number[] = []
  const seen: string[] = []
  await spill.replay(async (batch) => {
    batches.push(batch.length)
    seen.push(...batch)
  })
  expect(seen).toEqual(lines(1, 5))
  expect(batches).toEqual([2, 2, 1])
  expect(spill.sizeBytes()).toBe(0)
  expect(await readdir(folder)).toEqual([])
  expect(await drained(spill)).toEqual({ seen: [], unreadable: 0 })
})

test('nobody else may read the file', async () => {
  const spill = await open()
  await spill.append(lines(1, 1))
  const [name = ''] = await readdir(folder)
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('no more than it may hold, counted with what is being read back', async () => {
  const size = Buffer.byteLength(line(1)) + 1
  const spill = await open({ maxBytes: 3 * size })
  expect(await spill.append(lines(1, 2))).toBe(2)
  expect(await spill.append(lines(3, 5))).toBe(1)
  expect(await spill.append(lines(6, 6))).toBe(0)
  expect(spill.sizeBytes()).toBe(3 * size)
  await expect(
    spill.replay(async () => {
      expect(await spill.append(lines(7, 7))).toBe(0)
      throw new Error('still down')
    }),
  ).rejects.toThrow('still down')
  expect(await spill.append(lines(8, 8))).toBe(0)
  expect((await drained(spill)).seen).toEqual(lines(1, 3))
  expect(await spill.append(lines(9, 9))).toBe(1)
})

test('what a failed replay did not store waits on; what comes meanwhile is for the next', async () => {
  const spill = await open({ batch: 1 })
  await spill.append(lines(1, 3))
  let calls = 0
  const failing = spill.replay(async () => {
    await spill.append(lines(10 + calls, 10 + calls))
    if (++calls === 2) throw new Error('down')
  })
  await expect(failing).rejects.toThrow('down')
  expect((await drained(spill)).seen).toEqual(lines(1, 3))
  expect((await drained(spill)).seen).toEqual(lines(10, 11))
})

test('a stall of many attempts leaves two files, not one for each', async () => {
  const spill = await open()
  for (let attempt = 1; attempt <= 5; attempt++) {
    await spill.append(lines(attempt, attempt))
    await expect(spill.replay(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
  }
  expect(await readdir(folder)).toHaveLength(2)
})

test('a line torn by a crash is counted and takes nothing with it', async () => {
  const crashed = await open()
  await crashed.append(lines(1, 2))
  const [name = ''] = await readdir(folder)
  await appendFile(join(folder, name), `\n${line(3).slice(0, 10)}`)
  await utimes(join(folder, name), 0, 0)
  const spill = await open()
  expect(await drained(spill)).toEqual({ seen: lines(1, 2), unreadable: 1 })
})

test('a line torn in the middle, by a disk that was full for a while, costs only itself', async () => {
  const spill = await open()
  await spill.append(lines(1, 1))
  const [name = ''] = await readdir(folder)
  await appendFile(join(folder, name), `\n${line(2).slice(0, 10)}`)
  await spill.append(lines(3, 3))
  expect(await drained(spill)).toEqual({ seen: [line(1), line(3)], unreadable: 1 })
})

test('files that a crash left are taken over, also those that were being read back', async () => {
  const crashed = await open()
  await crashed.append(lines(1, 1))
  await expect(crashed.replay(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
  await crashed.append(lines(2, 2))
  for (const name of await readdir(folder)) await utimes(join(folder, name), 0, 0)
  await writeFile(join(folder, 'notes.txt'), 'of somebody else')
  const spill = await open()
  expect((await drained(spill)).seen.toSorted()).toEqual(lines(1, 2))
  expect(await readdir(folder)).toEqual(['notes.txt'])
})

test('a file that is being written is left to its owner', async () => {
  const owner = await open()
  await owner.append(lines(1, 1))
  const spill = await open({ quietMs: 60_000 })
  expect((await drained(spill)).seen).toEqual([])
  expect((await drained(owner)).seen).toEqual(lines(1, 1))
})

test('an owner whose file was taken over goes on with a new one', async () => {
  const owner = await open()
  await owner.append(lines(1, 1))
  for (const name of await readdir(folder)) await utimes(join(folder, name), 0, 0)
  const spill = await open()
  expect((await drained(spill)).seen).toEqual(lines(1, 1))
  await owner.append(lines(2, 2))
  expect((await drained(owner)).seen).toEqual(lines(2, 2))
})

test('a disk that takes nothing is reported and keeps nothing', async () => {
  const errors: string[] = []
  const spill = await open({ onError: (_error, what) => errors.push(what) })
  await rm(folder, { recursive: true })
  expect(await spill.append(lines(1, 1))).toBe(0)
  expect(errors).toEqual([expect.stringContaining('records cannot be kept in')])
  expect(spill.sizeBytes()).toBe(0)
})
