import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Where records wait when the database does not answer: a file of JSON lines in the data folder, bounded, read back later,
 * also after a restart. Each process writes a file of its own; files that another process left are taken over.
 */
export interface Spill {
  /** @returns how many of the lines were kept: the first ones, as far as there is room; fewer when the disk fails */
  append(lines: readonly string[]): Promise<number>
  /** of what this process keeps here */
  sizeBytes(): number
  /**
   * Hands everything that waits to `store` and removes it. What is appended meanwhile is for the next time.
   * @returns how many lines could not be read: a crash tears the last one
   * @throws whatever `store` throws; what was not stored waits on, and what was may come again
   */
  replay(store: (lines: readonly string[]) => Promise<void>): Promise<{ unreadable: number }>
}

export interface SpillOptions {
  folder: string
  maxBytes?: number
  /** files of other processes are taken over when nobody has written to them for so long */
  quietMs?: number
  /** lines in one batch of a replay */
  batch?: number
  onError(error: unknown, what: string): void
}

const MAX_BYTES = 64 * 1024 * 1024
const QUIET_MS = 3_000
const BATCH = 500
const FILE = /^(waiting|replay)-[0-9a-f]+(-\d+)?\.ndjson$/

/** @throws Error when the folder cannot be made */
export async function openSpill(options: SpillOptions): Promise<Spill> {
  const { folder, maxBytes = MAX_BYTES, quietMs = QUIET_MS, batch = BATCH, onError } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = randomBytes(6).toString('hex')
  const current = join(folder, `waiting-${own}.ndjson`)
  let currentBytes = 0
  /** files that only this process knows under their names, oldest first */
  const claimed: { path: string; bytes: number }[] = []
  let claims = 0
  let turn: Promise<unknown> = Promise.resolve()

  const sizeBytes = () => claimed.reduce((sum, { bytes }) => sum + bytes, currentBytes)

  return {
    sizeBytes,
    append: (lines) => inTurn(() => append(lines)),
    async replay(store) {
      // one file until it is through: a database that stays away must not leave a file for each attempt
      if (claimed.length === 0) await inTurn(claimCurrent)
      await claimForeign()
      let unreadable = 0
      for (let file = claimed[0]; file; file = claimed[0]) {
        unreadable += await readBack(file.path, store)
        await unlink(file.path).catch(ignoreMissing)
        claimed.shift()
      }
      return { unreadable }
    },
  }

  /** Writing and renaming must not overlap. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }

  async function append(lines: readonly string[]): Promise<number> {
    let room = maxBytes - sizeBytes()
    let count = 0
    // each line brings its own beginning, so that one torn by a full disk does not take the next with it
    for (const line of lines) {
      room -= Buffer.byteLength(line) + 1
      if (room < 0) break
      count++
    }
    if (count === 0) return 0
    const text = `\n${lines.slice(0, count).join('\n')}`
    try {
      await appendFile(current, text, { mode: 0o600 })
      currentBytes += Buffer.byteLength(text)
      return count
    } catch (error) {
      onError(error, `records cannot be kept in ${current}`)
      return 0
    }
  }

  async function claimCurrent(): Promise<void> {
    if (currentBytes === 0) return
    await claim(current, currentBytes)
    currentBytes = 0
  }

  async function claim(path: string, bytes: number): Promise<void> {
    const name = join(folder, `replay-${own}-${++claims}.ndjson`)
    try {
      await rename(path, name)
      claimed.push({ path: name, bytes })
    } catch (error) {
      ignoreMissing(error) // another process took it over
    }
  }

  async function claimForeign(): Promise<void> {
    const quiet: { path: string; bytes: number }[] = []
    for (const name of (await readdir(folder)).filter((name) => FILE.test(name) && !name.includes(own))) {
      const path = join(folder, name)
      const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY, size: 0 }))
      if (Date.now() - mtimeMs >= quietMs) quiet.push({ path, bytes: size })
    }
    const before = claimed.length
    for (const { path, bytes } of quiet) await claim(path, bytes)
    // its owner may be alive and have it open for one more line
    if (claimed.length > before) await wait(Math.min(quietMs, 1_000))
  }

  async function readBack(path: string, store: (lines: readonly string[]) => Promise<void>): Promise<number> {
    let unreadable = 0
    let lines: string[] = []
    for await (const line of linesOf(path)) {
      if (!isRecord(line)) unreadable++
      else if (lines.push(line) === batch) {
        await store(lines)
        lines = []
      }
    }
    if (lines.length > 0) await store(lines)
    return unreadable
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, 'utf8')) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter((line) => line !== '')
    }
  } catch (error) {
    ignoreMissing(error) // another process took it over
  }
  if (rest !== '') yield rest
}

function isRecord(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null
  } catch {
    return false // torn; the caller counts it
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as { code?: string }).code !== 'ENOENT') throw error
}
