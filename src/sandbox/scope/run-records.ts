import type { Post, Scope } from './scope.ts'

/**
 * The life of a script that runs once for each record of a page (spec 20 §10.1). Records do not wait for each other; a
 * new one is begun while only few HTTP calls are on their way. What is known is told at intervals, so that a script that
 * gets lost in one record takes few others along.
 */
export function provideRunRecords(scope: Scope): void {
  const { parse, stringify } = JSON
  const { now } = Date
  const { min } = Math
  const StackOverflow = RangeError
  const settled = Promise.resolve()
  /** Between two tellings, in ms. */
  const TELL_MS = 5
  /** A call that a script makes asynchronously is made within so many turns of its promises, as those of `axios` are. */
  const HOPS = 8

  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

  scope.entries['records'] = (
    line: number,
    post: Post,
    ask: Scope['ask'],
    script: (...values: unknown[]) => unknown,
    names: string,
    variables: string,
    isLegacy: boolean,
  ) => {
    scope.connect(line, post, ask)
    const { records, shared } = parse(variables) as { records: [unknown, object][]; shared: Record<string, unknown> }
    const { limits } = scope
    limits.timers = min(limits.timers * records.length, limits.recordTimers)
    limits.httpCalls = min(limits.httpCalls * records.length, limits.recordHttpCalls)
    const others = (parse(names) as string[]).slice(2).map((name) => shared[name])
    const isOver: boolean[] = []
    let begun = 0
    let over = 0
    let isHeldUp = false
    let hasFlaw = false
    let failedLater = false
    let isEnded = false
    let at = ''
    let values = ''
    let characters = 0
    let toldAt = now()

    const tell = (): void => {
      if (at !== '') scope.post('part', `{"at":[${at}],"values":[${values}]}`)
      at = ''
      values = ''
      toldAt = now()
    }
    const endIfOver = (): void => {
      if (isEnded || over < records.length) return
      isEnded = true
      tell()
      scope.post('done', '', '[]')
    }
    const noteFlaw = (error: unknown): void => {
      if (hasFlaw) return
      hasFlaw = true
      scope.post('flaw', scope.describe(error))
    }
    const giveUp = (number: number, error: unknown): void => {
      if (isOver[number]) return
      isOver[number] = true
      over++
      noteFlaw(error)
      endIfOver()
    }
    /** As text at once: what the script changes later does not count. */
    const take = (number: number, value: unknown): void => {
      if (isOver[number]) return
      isOver[number] = true
      try {
        const text = stringify(isObject(value) ? value : records[number]?.[1])
        characters += text.length
        if (characters > limits.resultChars) {
          throw new RangeError(`the results have more than ${limits.resultChars} characters`)
        }
        at += at === '' ? number : `,${number}`
        values += values === '' ? text : `,${text}`
      } catch (error) {
        // at the end of the stack the script may come down and call again
        isOver[number] = false
        if (error instanceof StackOverflow && error.message === 'Maximum call stack size exceeded') throw error
        giveUp(number, error)
        return
      }
      over++
      endIfOver()
    }
    const takeReturned = (number: number, returned: unknown): void => {
      if (returned instanceof Promise) {
        returned.then(
          (value) => takeReturned(number, value),
          (error) => giveUp(number, error),
        )
      } else if (isLegacy ? returned !== undefined : isObject(returned)) take(number, returned)
    }
    const begin = (number: number): void => {
      const [original, transformed] = records[number] as [unknown, object]
      try {
        const parameters = [original, transformed, ...others, (value: unknown) => take(number, value)]
        takeReturned(number, Reflect.apply(script, scope.global, parameters))
      } catch (error) {
        giveUp(number, error)
      }
    }
    const hop = (left: number): void => {
      if (left === 0) goOn()
      else settled.then(() => hop(left - 1))
    }
    const goOn = (): void => {
      while (begun < records.length) {
        isHeldUp = scope.callsWaiting() >= limits.recordCallsWaiting
        if (isHeldUp) return
        const number = begun++
        begin(number)
        if (now() - toldAt > TELL_MS) tell()
        if (isOver[number] || begun === records.length) continue
        hop(HOPS)
        return
      }
    }

    scope.fail = (error) => {
      failedLater = true
      noteFlaw(error)
    }
    scope.entries['flaw'] = (text: string) => scope.fail(text)
    scope.afterEntry = () => {
      if (isHeldUp) goOn()
      tell()
    }
    /** Nothing is pending: what has not said `done` by now will not; its changes count if nothing went wrong (spec 20 §10.1). */
    scope.entries['report'] = () => {
      for (let number = 0; number < records.length; number++) {
        if (failedLater) giveUp(number, 'an exception came before done')
        else take(number, undefined)
      }
    }
    if (isLegacy) scope.entries['legacy']?.()
    goOn()
    if (records.length === 0) endIfOver()
  }
}
