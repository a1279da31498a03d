import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ValenceError } from '../../errors.ts'
import { isOutOfReach } from './hub-connection.ts'

/** Breaks that bring nothing, one after the other. */
const TRIES = 6

/**
 * What `open` gives, whole: where it breaks off it is opened again, and what came already is passed over. It must give the same bytes
 * each time.
 *
 * @param pause before the next try, given how many have failed
 * @throws the last error, when nothing new came any more
 */
export async function* resumed(
  open: () => Promise<Readable>,
  pause: (failures: number) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0
  let failures = 0
  for (;;) {
    let position = 0
    try {
      for await (const chunk of await open()) {
        const fresh = (chunk as Buffer).subarray(Math.max(0, bytes - position))
        position += (chunk as Buffer).length
        if (fresh.length === 0) continue
        bytes += fresh.length
        failures = 0
        yield fresh
      }
      if (position < bytes) throw new ValenceError('NOT_FOUND', `The file had ${bytes} bytes, now it has ${position}`)
      return
    } catch (error) {
      failures++
      // an answer is an answer, whereas a broken connection may be a better one next time
      const isAnswer = error instanceof ValenceError && !isOutOfReach(error)
      if (isAnswer || signal.aborted || failures === TRIES) throw error
      await pause(failures)
    }
  }
}

/** Under its name there is the whole file or what was there before; until then it is called `….part`. */
export async function saveFile(chunks: AsyncIterable<Buffer>, file: string, signal?: AbortSignal): Promise<void> {
  const part = `${file}.part`
  try {
    await pipeline(Readable.from(chunks, { objectMode: false }), createWriteStream(part, { flush: true }), {
      ...(signal ? { signal } : {}),
    })
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/** The same on a stream that goes on, such as standard output. */
export async function printFile(chunks: AsyncIterable<Buffer>, target: Writable, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(chunks, { objectMode: false }), target, { end: false, signal })
}
