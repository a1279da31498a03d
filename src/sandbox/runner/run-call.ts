import type { Callback, Reference } from 'isolated-vm'
import { LIMITS } from '../limits.ts'
import type { FromRunner, Mail, RunMessage, ToRunner } from '../messages.ts'
import type { Lines } from './lines.ts'
import { ENDED, failed, OUT_OF_MEMORY, type Outcome, outcomeOf, TIMED_OUT } from './outcome.ts'
import { createPending } from './pending.ts'
import type { PreparedContext } from './prepared-context.ts'
import { type StopReason, watch } from './watch.ts'
import type { Workplace } from './workplace.ts'

export type Answer = Exclude<ToRunner, RunMessage | { type: 'stop' }>

/** One script on its way. */
export interface RunningCall {
  outcome: Promise<Outcome & { console: string[]; mails?: Mail[] }>
  /** Settles when nothing of the script runs any more; false: its isolate must not be used again. */
  over: Promise<boolean>
  /** `over` has settled with true */
  isOver(): boolean
  /** What came back for an HTTP request of the script. */
  deliver(message: Answer, body: string): void
  /** Ends it at once. */
  stop(): void
}

/**
 * Runs one script in a context of the workplace. All that runs inside is asynchronous for this thread, so that it
 * can watch, answer and, if need be, put an end to it.
 */
export function runCall(
  lines: Lines,
  place: Workplace,
  message: RunMessage,
  variables: string,
  tell: (message: FromRunner, text?: string) => unknown,
): RunningCall {
  const deadline = performance.now() + message.timeoutMs
  const console: string[] = []
  const isStep = message.step !== undefined
  const mails: Mail[] = []
  let mailChars = 0
  let changes: string | undefined
  const parts: string[] | undefined = message.records === undefined ? undefined : []
  let partChars = 0
  let flaw = ''
  const settled = Promise.withResolvers<Outcome>()
  const over = Promise.withResolvers<boolean>()
  let outcome: Outcome | undefined
  let prepared: PreparedContext | undefined
  let turns = 0
  let isClean = true
  let isEnding = false
  let isOver = false
  let wasAsked = false
  let late: NodeJS.Timeout | undefined

  const leftMs = () => Math.max(1, Math.ceil(deadline - performance.now()))

  /** The first word counts. But a step is not over before its turn is, so that it can still come to a limit after `done`. */
  function note(given: Outcome): void {
    if (isStep && isLimit(given) && !isLimit(outcome)) outcome = given
    else outcome ??= given
  }

  function settle(given: Outcome): void {
    note(given)
    if (turns === 0) finish()
    else if (!isStep) late ??= setTimeout(finish, LIMITS.afterDoneMs)
  }

  /** Hands the outcome over, then waits for what still runs, or stops it. */
  function finish(): void {
    if (isEnding || !outcome) return
    isEnding = true
    endWatch()
    clearTimeout(alarm)
    clearTimeout(late)
    pending.clear()
    lines.close(line)
    settled.resolve(outcome)
    if (turns > 0) stopIsolate()
    else endTurns()
  }

  function endTurns(): void {
    if (prepared) place.giveBack(prepared, isClean)
    isOver = isClean
    over.resolve(isClean)
  }

  function stopIsolate(): void {
    isClean = false
    place.dispose()
  }

  function stop(reason: StopReason): void {
    settle(reason === 'memory' ? OUT_OF_MEMORY : TIMED_OUT)
    if (turns > 0) stopIsolate()
  }

  /** One stay inside the isolate. What it told us may arrive after its end, hence the pause before looking. */
  async function turn(work: () => Promise<unknown>): Promise<void> {
    turns++
    try {
      await work()
    } catch (error) {
      const meaning = outcomeOf(error, !isStep)
      if (meaning.kind !== 'failed') isClean = false
      // a promise that nobody handles is the end of a script, but not of the records of a page
      if (parts && prepared && meaning.kind === 'failed') void enter('flaw', meaning.message)
      else note(meaning)
    }
    await new Promise(setImmediate)
    turns--
    if (turns > 0) return
    if (isEnding) endTurns()
    else if (outcome && mayTellChanges()) askForChanges()
    else if (outcome) finish()
    else if (pending.isEmpty()) askForEnd()
  }

  function askForEnd(): void {
    const isAnswered = wasAsked || !prepared
    wasAsked = true
    if (isAnswered) settle(ENDED)
    else void enter('report')
  }

  /** The script called `done` later than in its first turn, or ended by a promise that nobody handles. */
  function mayTellChanges(): boolean {
    return isStep && changes === undefined && prepared !== undefined && isClean && !place.isolate.isDisposed
  }

  function askForChanges(): void {
    changes = ''
    void enter('changes')
  }

  const enter = (
    entry: string,
    ...values: (string | number | boolean | Callback | ReturnType<Reference['derefInto']>)[]
  ) => turn(() => prepared!.enter.apply(undefined, [entry, ...values], { timeout: leftMs() }))

  const pending = createPending((id) => void enter('timer', id))

  const line = lines.open({
    done: (text, asGiven) => settle({ kind: 'done', asGiven, message: '', text }),
    fail: (text) => settle(failed(text)),
    part(text) {
      partChars += text.length
      if (partChars > 2 * LIMITS.resultChars) settle(failed('Error: the results are too long'))
      else parts?.push(text)
    },
    flaw(text) {
      flaw ||= text
    },
    mail(mail) {
      mailChars += mail.join('').length
      if (mails.length < LIMITS.mails && mailChars <= LIMITS.mailChars) mails.push(mail)
    },
    changes(text) {
      changes = text
      const characters = text.length + (outcome?.text.length ?? 0)
      if (characters <= LIMITS.resultChars) return
      changes = ''
      outcome = failed(
        `what the script changed and its value have ${characters} characters, at most ${LIMITS.resultChars} are taken`,
      )
    },
    log: (text) => void (console.length <= LIMITS.consoleLines && console.push(text)),
    timer: (id, delayMs) => pending.timer(id, delayMs),
    http(id, request, body) {
      pending.call(id)
      tell({ type: 'http', id, request, hasBody: body !== undefined }, body)
    },
  })

  async function start(): Promise<void> {
    const script = await place.compile(message)
    prepared = place.takeContext(message)
    // makes a function of the script and runs nothing of it yet
    const body = script.runSync(prepared.context, { reference: true }) as Reference
    const values = [
      line,
      lines.post,
      lines.ask,
      body.derefInto({ release: true }),
      message.step ?? JSON.stringify(message.names),
    ]
    const entry = parts ? 'records' : isStep ? 'step' : 'start'
    await prepared.enter.apply(undefined, [entry, ...values, variables, message.isLegacy], { timeout: leftMs() })
  }

  const endWatch = watch(place.isolate, deadline + 60, message.cpuMs ?? LIMITS.cpuMs, {
    busy: () => tell({ type: 'busy' }),
    stop,
  })
  const alarm = setTimeout(() => turns === 0 && settle(TIMED_OUT), message.timeoutMs)
  void turn(start)

  return {
    outcome: settled.promise.then((given) => ({
      ...given,
      ...(isStep ? { text: stepText(given, changes), mails } : together(parts, flaw, given)),
      console,
    })),
    over: over.promise,
    isOver: () => isOver,
    stop: () => stop('timeout'),
    deliver(answer, body) {
      if (isEnding || !pending.answered(answer.id)) return
      const { type, id, ...facts } = answer
      void enter('http', id, type, JSON.stringify(facts), body)
    },
  }
}

function isLimit(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'timeout' || outcome?.kind === 'memory'
}

/** Both are JSON, as far as the script can be believed; the hub reads it with care. */
function stepText({ kind, text }: Outcome, changes = ''): string {
  const value = kind === 'done' && text !== '' ? `"value":${text}` : ''
  const both = value !== '' && changes !== '' ? ',' : ''
  return `{${value}${both}${changes === '' ? '' : `"changes":${changes}`}}`
}

/** Of records everything counts that was told, however it ended. */
function together(parts: readonly string[] | undefined, flaw: string, { message }: Outcome): Partial<Outcome> {
  return parts ? { text: `[${parts.join(',')}]`, message: flaw || message } : {}
}
