import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { ValenceError } from '../errors.ts'

/** So much of one upload stays in memory; everything else waits on disk. */
const MEMORY_BYTES = 256 * 1024
const CHUNK_BYTES = 64 * 1024

/** What was kept of one part. */
export interface Kept {
  sizeBytes: number
  /** a fresh stream at every call; fails after `dispose` */
  open(): Readable
}

/** The parts of one upload while its request lasts. */
export interface Spool {
  /**
   * Takes a content to its end; contents are kept one after the other.
   * @throws ValenceError UNAVAILABLE when there is no room on disk, and after `dispose`
   */
  keep(content: AsyncIterable<Buffer>): Promise<Kept>
  /** Gives everything back, at any time. */
  dispose(): Promise<void>
}

export interface SpoolRoom {
  spool(): Spool
  /** of all uploads under way, on disk */
  usedBytes(): number
}

/**
 * Where uploads wait. Each has at most one file in the folder, readable by this process alone and without a name from the
 * moment it is open: whatever ends the process leaves nothing behind.
 * @param folder made when it is first needed
 * @param maxBytes on disk for all uploads together
 */
export function createSpoolRoom(folder: string, maxBytes: number): SpoolRoom {
  let usedBytes = 0

  async function openFile(): Promise<FileHandle> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, `upload-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return file
  }

  return {
    usedBytes: () => usedBytes,
    spool() {
      let file: FileHandle | undefined
      let memoryBytes = 0
      let fileBytes = 0
      let isDisposed = false
      let last: Promise<unknown> = Promise.resolve()

      async function append(chunk: Buffer): Promise<void> {
        if (isDisposed) throw gone()
        if (usedBytes + chunk.length > maxBytes) throw full(`more than ${maxBytes} bytes of uploads wait already`)
        usedBytes += chunk.length
        const at = fileBytes
        fileBytes += chunk.length
        file ??= await openFile()
        await writeWhole(file, chunk, at)
      }

      async function take(content: AsyncIterable<Buffer>): Promise<Kept> {
        const held: Buffer[] = []
        const start = fileBytes
        let sizeBytes = 0
        for await (const chunk of content) {
          sizeBytes += chunk.length
          const isOnDisk = fileBytes > start
          if (!isOnDisk && memoryBytes + sizeBytes <= MEMORY_BYTES) {
            held.push(chunk)
          } else {
            for (const early of held.splice(0)) await append(early)
            await append(chunk)
          }
        }
        if (fileBytes > start) return { sizeBytes, open: () => readRange(file, start, sizeBytes) }
        memoryBytes += sizeBytes
        const whole = Buffer.concat(held)
        return { sizeBytes, open: () => Readable.from(isDisposed ? failing() : [whole], { objectMode: false }) }
      }

      return {
        keep(content) {
          const kept = last.then(() => take(content))
          last = kept.catch(() => undefined)
          return kept.catch(asUnavailable)
        },
        async dispose() {
          if (isDisposed) return
          isDisposed = true
          await last
          usedBytes -= fileBytes
          await file?.close()
        },
      }
    },
  }
}

async function writeWhole(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done)
    done += bytesWritten
  }
}

function readRange(file: FileHandle | undefined, start: number, sizeBytes: number): Readable {
  return Readable.from(chunksOf(file, start, sizeBytes), { objectMode: false })
}

async function* chunksOf(file: FileHandle | undefined, start: number, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < sizeBytes; ) {
    const length = Math.min(CHUNK_BYTES, sizeBytes - done)
    if (file === undefined || file.fd < 0) throw gone()
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, start + done)
    if (bytesRead === 0) throw gone()
    done += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

// biome-ignore lint/correctness/useYield: it fails before its first chunk
function* failing(): Generator<Buffer> {
  throw gone()
}

function gone(): ValenceError {
  return new ValenceError('UNAVAILABLE', 'The uploaded file is gone: its request has ended')
}

function full(why: string, cause?: unknown): ValenceError {
  return new ValenceError('UNAVAILABLE', `There is no room for this upload: ${why}; try again later`, { cause })
}

/** The disk's own words name paths. */
function asUnavailable(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EMFILE') throw full(String(code), error)
  throw error
}
