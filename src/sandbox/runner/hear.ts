import { LIMITS } from '../limits.ts'
import { isMail, type Mail } from '../messages.ts'
import type { ScriptHttpRequest } from '../sandbox.ts'

/** Longer than what an unbent scope sends; the hub has limits of its own, with better words for them. */
const MOST_NAME_CHARACTERS = 100_000
const MOST_REQUEST_CHARACTERS = 16_000_000
const MOST_HEAD_CHARACTERS = 500_000
/** Escaped, a character can have six. */
const MOST_MAIL_CHARACTERS = 6 * LIMITS.mailChars + 100

/** What a script's scope can tell the runner. */
export interface Ears {
  done(text: string, asGiven: string[]): void
  fail(text: string): void
  /** what became of some records of a page, as JSON */
  part(text: string): void
  /** the first exception among records, which ends nothing */
  flaw(text: string): void
  log(line: string): void
  mail(mail: Mail): void
  /** what a step changed in the objects it was shown, as JSON */
  changes(text: string): void
  /** @param delayMs −1 stops the timer */
  timer(id: number, delayMs: number): void
  http(id: number, request: Omit<ScriptHttpRequest, 'body'>, body: string | undefined): void
}

/**
 * Takes the words of `Scope.post`. A script that has bent the language below the scope may say anything; what makes no
 * sense counts as its failure.
 */
export function createEars(ears: Ears): (words: readonly unknown[]) => void {
  const understand: Record<string, (first: unknown, second: unknown) => boolean> = {
    done(text, asGiven) {
      const names = parse(asGiven, MOST_NAME_CHARACTERS)
      if (typeof text !== 'string' || !Array.isArray(names)) return false
      ears.done(text, names.map(String))
      return true
    },
    fail(text) {
      ears.fail(String(text))
      return true
    },
    part(text) {
      if (typeof text !== 'string') return false
      ears.part(text)
      return true
    },
    flaw(text) {
      ears.flaw(String(text).slice(0, LIMITS.errorChars))
      return true
    },
    log(line) {
      ears.log(String(line).slice(0, LIMITS.consoleLineChars))
      return true
    },
    mail(text) {
      const mail = parse(text, MOST_MAIL_CHARACTERS)
      if (!isMail(mail)) return false
      ears.mail(mail)
      return true
    },
    changes(text) {
      if (typeof text !== 'string') return false
      ears.changes(text)
      return true
    },
    timer(id, delayMs) {
      if (!Number.isSafeInteger(id) || typeof delayMs !== 'number') return false
      ears.timer(Number(id), delayMs)
      return true
    },
    http(id, text) {
      const request = parse(text, MOST_REQUEST_CHARACTERS)
      if (!Number.isSafeInteger(id) || !isRequest(request)) return false
      const { body, ...rest } = request
      ears.http(Number(id), rest, body)
      return true
    },
  }
  return ([what, first, second]) => {
    const isUnderstood = Object.hasOwn(understand, String(what)) && understand[String(what)]?.(first, second)
    if (!isUnderstood) ears.fail('Error: the script has changed what its own answer depends on')
  }
}

function parse(text: unknown, mostCharacters: number): unknown {
  try {
    return typeof text === 'string' && text.length <= mostCharacters ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

function isRequest(value: unknown): value is ScriptHttpRequest {
  if (typeof value !== 'object' || value === null) return false
  const { method, url, headers, body } = value as Record<string, unknown>
  if (typeof method !== 'string' || typeof url !== 'string' || typeof headers !== 'object' || headers === null)
    return false
  if (body !== undefined && typeof body !== 'string') return false
  if (JSON.stringify([method, url, headers]).length > MOST_HEAD_CHARACTERS) return false
  return Object.values(headers).every((text) => typeof text === 'string')
}
