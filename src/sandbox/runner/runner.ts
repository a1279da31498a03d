/**
 * A runner: the process in which scripts of strangers run, one at a time. It has no environment, no permission but to
 * read its own code, and talks over stdin and stdout only. It ends when the hub is gone.
 *
 * Arguments: the file of `isolated-vm`; the folders of libraries by name, as JSON.
 */
import { createRequire } from 'node:module'
import { createFrameReader, encodeFrame } from '../frames.ts'
import { LIMITS } from '../limits.ts'
import type { FromRunner, RunMessage, ToRunner } from '../messages.ts'
import { scopeSource } from '../scope/scope-source.ts'
import { endProcess } from './end-process.ts'
import { readLibraryFiles } from './library-files.ts'
import { createLines } from './lines.ts'
import { type RunningCall, runCall } from './run-call.ts'
import { createWorkshop } from './workplace.ts'

/** How long a stopped isolate may take to let go of its thread. */
const STOP_MS = 250
/** Takes some milliseconds to begin, which the next script need not wait for if it is like the last one. */
const SLOW_LIBRARY = /\brequire\(\s*['"](lodash(?:\/fp)?)['"]/
/** The hub is trusted; a length that is none shows that the two no longer understand each other. */
const FRAME_LIMITS = { headBytes: 6 * LIMITS.scriptChars + 1024 * 1024, textBytes: 4 * LIMITS.variablesChars }

const ivmFile = process.argv[2] ?? ''
const folders: Record<string, string> = JSON.parse(process.argv[3] ?? '{}')
const ivm: typeof import('isolated-vm') = createRequire(ivmFile)(ivmFile)
const newWorkplace = createWorkshop(ivm, scopeSource(LIMITS, readLibraryFiles(folders)))
const lines = createLines(ivm)
const readFrames = createFrameReader(FRAME_LIMITS)

let place = newWorkplace()
let running: RunningCall | undefined

/** Resolves when it is on its way out of this process. */
function tell(message: FromRunner, text?: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(encodeFrame(message, text), () => resolve()))
}

/** Everything that the next script would wait for. */
function prepare(lastScript = ''): void {
  try {
    place.prepare(SLOW_LIBRARY.exec(lastScript)?.[1])
  } catch (error) {
    // what scripts left is garbage by now, but there may be no room for it and a new context
    if (!place.isolate.isDisposed) throw error
  }
  if (place.isolate.isDisposed) replacePlace()
}

function replacePlace(): void {
  place.dispose()
  place = newWorkplace()
  place.prepare()
}

async function run(message: RunMessage, variables: string): Promise<void> {
  const call = runCall(lines, place, message, variables, tell)
  running = call
  const { text, ...outcome } = await call.outcome
  if (call.isOver() && !isSwollen() && !place.isWorn()) {
    running = undefined
    void tell({ type: 'outcome', ...outcome, isReady: true }, text)
    return prepare(message.body)
  }
  // first of all: the end of this process must not take the answer along
  await tell({ type: 'outcome', ...outcome, isReady: false }, text)
  const tooLate = setTimeout(endProcess, STOP_MS)
  const isClean = await call.over
  clearTimeout(tooLate)
  running = undefined
  if (isSwollen()) endProcess()
  if (!isClean || place.isWorn()) replacePlace()
  else prepare(message.body)
  await tell({ type: 'ready' })
}

function isSwollen(): boolean {
  return process.memoryUsage.rss() > LIMITS.restingMb * 1024 * 1024
}

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`)
  endProcess()
})
process.stdout.on('error', endProcess)
process.stdin.on('close', endProcess)
process.stdin.on('data', (chunk) => {
  for (const { head, text } of readFrames(chunk)) {
    const message = head as ToRunner
    if (message.type === 'run') void run(message, text)
    else if (message.type === 'stop') running?.stop()
    else running?.deliver(message, text)
  }
})
prepare()
await tell({ type: 'ready' })
