import type { Scope } from './scope.ts'

/** `setTimeout` and its relatives. The runner keeps the time; a script is not over while a timer of it runs. */
export function provideTimers(scope: Scope): void {
  const waiting = new Map<number, { callback: () => unknown; everyMs: number | undefined }>()
  let started = 0

  const start = (callback: unknown, delayMs: unknown, values: unknown[], isRepeated: boolean): number => {
    if (typeof callback !== 'function') throw new TypeError('a timer needs a function')
    const id = ++started
    if (id > scope.limits.timers) throw new RangeError(`a script may start ${scope.limits.timers} timers`)
    const ms = Math.max(1, Math.min(Number(delayMs) || 0, 2 ** 31 - 1))
    waiting.set(id, { callback: () => callback(...values), everyMs: isRepeated ? ms : undefined })
    scope.post('timer', id, ms)
    return id
  }

  /** The runner counts what is pending: a timer that was stopped is given a time of -1. */
  const stop = (id: unknown): void => {
    if (waiting.delete(id as number)) scope.post('timer', id as number, -1)
  }

  scope.entries['timer'] = (id: number) => {
    const timer = waiting.get(id)
    if (!timer) return
    if (timer.everyMs === undefined) waiting.delete(id)
    else scope.post('timer', id, timer.everyMs)
    scope.guard(timer.callback)
  }

  scope.resets.push(() => {
    waiting.clear()
    started = 0
  })

  const timers = {
    setTimeout: (callback: unknown, delayMs?: unknown, ...values: unknown[]) => start(callback, delayMs, values, false),
    setInterval: (callback: unknown, delayMs?: unknown, ...values: unknown[]) => start(callback, delayMs, values, true),
    setImmediate: (callback: unknown, ...values: unknown[]) => start(callback, 0, values, false),
    clearTimeout: stop,
    clearInterval: stop,
    clearImmediate: stop,
  }
  Object.assign(scope.global, timers)
  scope.modules['timers'] = () => timers
}
