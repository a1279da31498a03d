import type { Scope } from './scope.ts'

/** The life of a script: its start, `done`, and the ways it can fail (spec 11 §6.2). */
export function provideRunScript(scope: Scope): void {
  const { parse, stringify } = JSON
  const { keys } = Object
  const { isArray } = Array
  const { resultChars, errorChars } = scope.limits
  const given: Record<string, unknown> = Object.create(null)
  let isOver = false

  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

  /** Names of members that are the very object handed in. */
  const membersAsGiven = (value: unknown): string[] => {
    const same: string[] = []
    if (!isObject(value) || isArray(value)) return same
    for (const name of keys(value)) if (isObject(value[name]) && value[name] === given[name]) same[same.length] = name
    return same
  }

  scope.done = (value) => {
    if (isOver) return
    isOver = true
    try {
      const text = stringify(value)
      if (text !== undefined && text.length > resultChars) {
        throw new RangeError(`the result has ${text.length} characters, at most ${resultChars} are taken`)
      }
      scope.post('done', text ?? '', stringify(membersAsGiven(value)))
    } catch (error) {
      scope.post('fail', `the value given to done cannot be taken: ${describe(error)}`)
    }
  }

  scope.fail = (error) => {
    if (isOver) return
    isOver = true
    scope.post('fail', describe(error))
  }

  const describe = (error: unknown): string => {
    try {
      return `${error}`.slice(0, errorChars)
    } catch {
      return 'an exception that cannot be shown as text'
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
    post: Scope['post'],
    ask: (question: string, ...values: (string | number)[]) => string,
    script: (...values: unknown[]) => unknown,
    names: string,
    variables: string,
    isLegacy: boolean,
  ) => {
    scope.post = post
    scope.ask = (question, ...values) => {
      const answer = ask(question, ...values)
      if (answer[0] === '+') return answer.slice(1)
      throw new Error(answer.slice(1))
    }
    const values = parse(variables)
    const list = parse(names) as string[]
    for (const name of list) given[name] = scope.dress(name, values[name])
    if (isLegacy) scope.entries['legacy']?.()
    scope.guard(() => {
      // the array is built before the script can touch its prototype
      const parameters = list.map((name) => given[name])
      takeReturned(script(...parameters, scope.done), isLegacy)
    })
  }

  scope.enter = (entry, ...values) => {
    scope.entries[entry]?.(...values)
  }
}
