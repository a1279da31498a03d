import { setTimeout as wait } from 'node:timers/promises'
import { fillText, shown } from './fill-text.ts'
import { readStatusCodes } from './status-codes.ts'
import type { StepCall } from './step.ts'
import { StepFailure } from './step-failure.ts'

/** Which answers a request takes for good, and how often it is made again when it got another one (spec 31 §3.2). */
export interface RetryRule {
  isAcceptable(status: number): boolean
  /** further attempts */
  retries: number
  delayMs: number
  /** @param status undefined: there was no answer */
  isWorthRetrying(status: number | undefined): boolean
}

/** More are refused when the step is saved. */
export const MOST_RETRIES = 5
const DEFAULT_RETRIES = 3
const DEFAULT_DELAY_MS = 500
const MOST_DELAY_MS = 60_000

/** @throws StepFailure, ValenceError PARAMETER_INVALID naming the property */
export async function fillRetryRule(call: Pick<StepCall, 'fill' | 'properties'>): Promise<RetryRule> {
  const added = readStatusCodes((await fillText(call, 'acceptableStatusCodes')) ?? '', 'acceptableStatusCodes')
  const isAcceptable = (status: number) => (status >= 200 && status <= 299) || added?.(status) === true
  if ((await fillText(call, 'retry'))?.trim().toLowerCase() !== 'true') {
    return { isAcceptable, retries: 0, delayMs: 0, isWorthRetrying: () => false }
  }
  const listed = readStatusCodes((await fillText(call, 'retryStatusCodes')) ?? '', 'retryStatusCodes')
  return {
    isAcceptable,
    retries: Math.min((await fillWhole(call, 'retryAttempts')) ?? DEFAULT_RETRIES, MOST_RETRIES),
    delayMs: Math.min((await fillWhole(call, 'retryDelay')) ?? DEFAULT_DELAY_MS, MOST_DELAY_MS),
    isWorthRetrying: (status) => status === undefined || (listed ? listed(status) : !isAcceptable(status)),
  }
}

/** @throws the reason of the signal */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
  signal.throwIfAborted()
}

async function fillWhole(call: Pick<StepCall, 'fill' | 'properties'>, name: string): Promise<number | undefined> {
  const text = await fillText(call, name)
  if (text === undefined || /^\s*\d+(?:\.0*)?\s*$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new StepFailure(`${name}: expected a whole number, got ${shown(text)}`)
}
