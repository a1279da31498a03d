import { spawn } from 'node:child_process'
import { createFrameReader, encodeFrame } from './frames.ts'
import { LIMITS } from './limits.ts'
import { type FromRunner, type OutcomeMessage, type RunMessage, readFromRunner, type ToRunner } from './messages.ts'
import type { RunnerCommand } from './runner-command.ts'

/** How a script ended, seen from the hub. `lost`: its runner did not live to tell. */
export type RunnerOutcome = (OutcomeMessage & { text: string }) | { type: 'lost'; reason: string; isLate: boolean }

/** A runner process; one script at a time. */
export interface RunnerProcess {
  readonly pid: number | undefined
  /**
   * Never rejects.
   * @param variables one JSON object as text
   */
  run(message: RunMessage, variables: string, onHttp: OnHttp): Promise<RunnerOutcome>
  /** Ends the script that runs, at once; whoever waits for it hears of it as of any other end. */
  stop(): void
  kill(): void
}

export type HttpMessage = Extract<FromRunner, { type: 'http' }>
/** @param answer sends the reply or refusal back to the script */
export type OnHttp = (message: HttpMessage, body: string, answer: Answer) => void
export type Answer = (message: Exclude<ToRunner, RunMessage | { type: 'stop' }>, body?: string) => void

export interface RunnerEvents {
  /** it can take a script: at the start and after each one */
  ready(): void
  /** it has to end, for what it did, and takes no script any more; `ended` follows */
  ending(): void
  /** its script has computed for long */
  busy(): void
  /** @param reason the end of what it wrote to stderr, or how it ended */
  ended(reason: string): void
}

/** More than any honest frame: a character has at most four bytes, an escaped one six. */
const FRAME_LIMITS = { headBytes: 4 * 1024 * 1024, textBytes: 4 * LIMITS.resultChars }
/** How long a runner may take to be ready, at first and again after a script. */
const READY_MS = 10_000
const STDERR_CHARS = 4_000

interface Running {
  /** in so many ms the process is killed, unless the script is over */
  allow(ms: number): void
  finish(outcome: RunnerOutcome): void
  onHttp: OnHttp
}

export function startRunner({ file, args }: RunnerCommand, events: RunnerEvents): RunnerProcess {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment(), cwd: '/', windowsHide: true })
  const readFrames = createFrameReader(FRAME_LIMITS)
  let running: Running | undefined
  let complaint = ''
  let isReady = false
  /** it was killed: what it still had to say is not heard */
  let isEnding = false
  let isOver = false
  let patience = setTimeout(() => end('it was not ready in time'), READY_MS)

  const send = (message: ToRunner, text?: string) => child.stdin.write(encodeFrame(message, text))

  function end(reason: string): void {
    complaint ||= reason
    isEnding = true
    child.kill('SIGKILL')
    events.ending()
  }

  function becomeReady(): void {
    if (isReady) throw new Error('it is ready twice')
    isReady = true
    clearTimeout(patience)
  }

  const take: { [T in FromRunner['type']]: (message: Extract<FromRunner, { type: T }>, text: string) => void } = {
    ready() {
      if (running) throw new Error('it is ready in the middle of a script')
      becomeReady()
    },
    busy: () => events.busy(),
    http(message, body) {
      const asking = running
      // an answer that comes after the script's end must not reach the next one
      asking?.onHttp(message, body, (answer, text) => void (running === asking && send(answer, text)))
    },
    outcome(message, text) {
      if (!running) throw new Error('an outcome of no script')
      running.finish({ ...message, text })
      if (message.isReady) becomeReady()
      else patience = setTimeout(() => end('it was not ready in time'), READY_MS)
    },
  }

  function read(chunk: Buffer): void {
    const wasReady = isReady
    for (const { head, text } of readFrames(chunk)) {
      const message = readFromRunner(head)
      if (!message) throw new Error('a message that cannot be understood')
      const handle = take[message.type] as (message: FromRunner, text: string) => void
      handle(message, text)
    }
    // last, so that nothing of what it has said already can be meant for the next script
    if (isReady && !wasReady) events.ready()
  }

  child.stdout.on('data', (chunk: Buffer) => {
    if (isEnding || isOver) return
    try {
      read(chunk)
    } catch (error) {
      end(`it sent what cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-STDERR_CHARS)
  })
  // what cannot be written or started ends the process, and that is reported once
  child.stdin.on('error', (error) => end(error.message))
  child.on('error', (error) => close(error.message))
  child.on('close', (code, signal) => close(complaint.trim() || `it ended with ${signal ?? code}`))

  function close(reason: string): void {
    if (isOver) return
    isOver = true
    clearTimeout(patience)
    running?.finish({ type: 'lost', reason, isLate: false })
    events.ended(reason)
  }

  return {
    pid: child.pid,
    run(message, variables, onHttp) {
      return new Promise((resolve) => {
        const tooLate = () => {
          running?.finish({ type: 'lost', reason: 'it did not stop in time', isLate: true })
          end('it did not stop in time')
        }
        let limit = setTimeout(tooLate, message.timeoutMs + LIMITS.graceMs)
        running = {
          onHttp,
          allow(ms) {
            clearTimeout(limit)
            limit = setTimeout(tooLate, ms)
          },
          finish(outcome) {
            running = undefined
            clearTimeout(limit)
            resolve(outcome)
          },
        }
        isReady = false
        if (isOver) running.finish({ type: 'lost', reason: complaint, isLate: false })
        else send(message, variables)
      })
    },
    stop() {
      if (!running || isOver) return
      running.allow(LIMITS.graceMs)
      send({ type: 'stop' })
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

/** Nothing of the hub's environment. Windows starts no program without its own folder. */
function environment(): NodeJS.ProcessEnv {
  return process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] } : {}
}
