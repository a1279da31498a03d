import type { Post, Scope } from './scope.ts'

/** The life of a script: its start, `done`, and the ways it can fail (spec 11 §6.2). */
export function provideRunScript(scope: Scope): void {
  const { parse, stringify } = JSON
  const { keys } = Object
  const { isArray } = Array
  const { apply } = Reflect
  const StackOverflow = RangeError
  const { resultChars, errorChars } = scope.limits
  const given: Record<string, unknown> = Object.create(null)
  let isOver = false
  let last: { what: 'done' | 'fail'; text: string; names: string } | undefined

  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

  scope.resets.push(() => {
    isOver = false
    last = undefined
  })

  /** Names of members that are the very object handed in. */
  const membersAsGiven = (value: unknown): string[] => {
    const same: string[] = []
    if (!isObject(value) || isArray(value)) return same
    // by index: the script may have changed how arrays are walked
    const names = keys(value)
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string
      if (isObject(value[name]) && value[name] === given[name]) same[same.length] = name
    }
    return same
  }

  const end = (what: 'done' | 'fail', text: string, names: string): void => {
    last = { what, text, names }
    scope.post(what, text, names)
  }

  scope.done = (value) => {
    if (isOver) return
    // at once: a getter of the value may call done
    isOver = true
    try {
      const text = stringify(value)
      if (text !== undefined && text.length > resultChars) {
        throw new RangeError(`the result has ${text.length} characters, at most ${resultChars} are taken`)
      }
      end('done', text ?? '', stringify(membersAsGiven(value)))
    } catch (error) {
      // at the end of the stack the script may come down and call again; first, because anything else may overflow too
      isOver = false
      if (error instanceof StackOverflow && error.message === 'Maximum call stack size exceeded') throw error
      isOver = true
      end('fail', `the value given to done cannot be taken: ${scope.describe(error)}`, '')
    }
  }

  scope.fail = (error) => {
    if (isOver) return
    isOver = true
    end('fail', scope.describe(error), '')
  }

  /** Close to the end of the stack a word can be lost; the runner asks before it believes that there was none. */
  scope.entries['report'] = () => {
    if (last) scope.post(last.what, last.text, last.names)
  }

  scope.describe = (error) => {
    try {
      return `${error}`.slice(0, errorChars)
    } catch {
      return 'an exception that cannot be shown as text'
    }
  }

  scope.connect = (line, post, ask) => {
    scope.post = (what, first, second) => post(line, what, first, second)
    scope.ask = (question, ...values) => {
      const answer = ask(question, ...values)
      if (answer[0] === '+') return answer.slice(1)
      throw new Error(answer.slice(1))
    }
  }

  scope.guard = (callback) => {
    try {
      callback()
    } catch (error) {
      scope.fail(error)
    }
  }

  /** What a script returned stands for `done` when that was never called; a promise once it is settled. */
  const takeReturned = (returned: unknown, isLegacy: boolean): void => {
    if (returned instanceof Promise) returned.then((value) => takeReturned(value, isLegacy), scope.fail)
    else if (isLegacy ? returned !== undefined : isObject(returned)) scope.done(returned)
  }

  scope.entries['start'] = (
    line: number,
    post: Post,
    ask: Scope['ask'],
    script: (...values: unknown[]) => unknown,
    names: string,
    variables: string,
    isLegacy: boolean,
  ) => {
    scope.connect(line, post, ask)
    const values = parse(variables)
    const list = parse(names) as string[]
    for (const name of list) given[name] = scope.dress(name, values[name])
    if (isLegacy) scope.entries['legacy']?.()
    scope.guard(() => {
      // the array is built before the script can touch its prototype; libraries within scripts attach themselves to `this`
      const parameters = list.map((name) => given[name])
      takeReturned(Reflect.apply(script, scope.global, [...parameters, scope.done]), isLegacy)
    })
  }

  scope.enter = (entry, ...values) => {
    const enter = scope.entries[entry]
    // not spread: the script may have changed how arrays are walked
    const returned = enter && apply(enter, undefined, values)
    // when there is nothing of the script any more, nothing of it may run
    if (entry !== 'reset') scope.afterEntry?.()
    return returned === true
  }
}
