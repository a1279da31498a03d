import type { Post, Scope } from './scope.ts'

/**
 * The life of a script in a step of a formula (spec 31 §4). What it is shown are members of three objects, each told with the place of its
 * text, so that what has changed in them can be told at the end.
 */
export function provideRunStep(scope: Scope): void {
  const { parse, stringify } = JSON
  const { keys, hasOwn, create, defineProperty } = Object
  type Values = Record<string, unknown>
  type Path = (string | number)[]
  interface Facts {
    isLegacy: boolean
    takesReturned: boolean
    /** root, name, where its text begins, and where it ends */
    members: [root: string, name: string, from: number, to: number][]
    aliases: { of: Path; at: Path }[]
    headers: Path[]
  }
  const ROOTS = ['config', 'steps', 'trigger']

  const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null

  const at = (values: unknown, path: Path): unknown => {
    let current = values
    for (const name of path) {
      if (!isObject(current) || !hasOwn(current, name)) return undefined
      current = current[name]
    }
    return current
  }
  const put = (values: Values, path: Path, value: unknown): void => {
    const holder = at(values, path.slice(0, -1))
    const name = path.at(-1)
    if (isObject(holder) && name !== undefined && hasOwn(holder, name)) holder[name] = value
  }

  /** `config.acton.instance.id` is the key `acton.instance.id` (spec 31 §4.3); listing and serializing show that only. */
  const showNested = (config: Values): void => {
    const views: Values = create(null)
    for (const key of keys(config)) {
      const names = key.split('.')
      const [first = ''] = names
      if (names.length < 2 || hasOwn(config, first)) continue
      if (views[first] === undefined) views[first] = {}
      let view = views[first] as Values
      for (const name of names.slice(1, -1)) {
        // a shorter key may end where a longer one goes on
        if (!hasOwn(view, name) || !isObject(view[name]))
          defineProperty(view, name, { value: {}, enumerable: true, configurable: true, writable: true })
        view = view[name] as Values
      }
      const last = names.at(-1) as string
      if (hasOwn(view, last)) continue
      defineProperty(view, last, {
        get: () => config[key],
        set: (value) => {
          config[key] = value
        },
        enumerable: true,
        configurable: true,
      })
    }
    for (const first of keys(views)) {
      defineProperty(config, first, {
        get: () => views[first],
        set: (value) => defineProperty(config, first, { value, enumerable: true, configurable: true, writable: true }),
        enumerable: false,
        configurable: true,
      })
    }
  }

  /** Messages are the engine's own, without the name of the error (spec 31 §4). */
  const describeError = (error: unknown): string => {
    try {
      const message = isObject(error) && typeof error['message'] === 'string' ? error['message'] : ''
      const isPlain = isObject(error) && !(error instanceof Error)
      const text = message !== '' ? message : isPlain ? (stringify(error) ?? '') : `${error}`
      return text.slice(0, scope.limits.errorChars)
    } catch {
      return 'an exception that cannot be shown as text'
    }
  }

  const mayRequire = (name: string): boolean =>
    name === 'lodash' || name === 'util' || name === 'moment' || name.startsWith('lodash/')

  let values: Record<string, Values> = create(null)
  /** of the members that were shown: root, name, text */
  let given: Record<string, Record<string, string>> = create(null)
  let givenNames: Record<string, string[]> = create(null)
  let isDressed = false
  let isOver = false
  let isTold = false
  scope.resets.push(() => {
    // a part of the text keeps all of it
    values = create(null)
    given = create(null)
    givenNames = create(null)
    isOver = false
    isTold = false
  })

  /** Walks by index: the script may have changed how arrays are walked. */
  const changesOf = (root: string): string => {
    const now = values[root] as Values
    const before = given[root] as Record<string, string>
    const present: Record<string, boolean> = create(null)
    let set = ''
    let gone = ''
    const names = keys(now)
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string
      const known = before[name]
      let text: string | undefined
      try {
        text = stringify(now[name])
      } catch (error) {
        present[name] = true
        scope.post('log', `${root}.${name} stays as it was, because it cannot be kept: ${scope.describe(error)}`)
        continue
      }
      if (text === undefined) continue
      present[name] = true
      // the text may have come with blanks, or with members in another order
      if (text === known || (known !== undefined && text === stringify(parse(known)))) continue
      set += `${set === '' ? '' : ','}${stringify(name)}:${text}`
    }
    const former = givenNames[root] as string[]
    for (let index = 0; index < former.length; index++) {
      const name = former[index] as string
      if (!present[name]) gone += `${gone === '' ? '' : ','}${stringify(name)}`
    }
    return set === '' && gone === '' ? '' : `"${root}":{"set":{${set}},"gone":[${gone}]}`
  }

  /** Once: when the step is over, and the turn in which that came to be is. */
  const tellChanges = (): void => {
    if (isTold) return
    isTold = true
    let text = ''
    for (let index = 0; index < ROOTS.length; index++) {
      const part = changesOf(ROOTS[index] as string)
      if (part !== '') text += `${text === '' ? '' : ','}${part}`
    }
    scope.post('changes', `{${text}}`)
  }

  const dress = (): void => {
    const { require: fullRequire, done, fail } = scope
    const { report } = scope.entries
    scope.describe = describeError
    scope.done = (value) => {
      done(value)
      isOver = true
    }
    scope.fail = (error) => {
      fail(error)
      isOver = true
    }
    scope.global['require'] = (asked: unknown) => {
      const name = String(asked).replace(/^node:/, '')
      if (mayRequire(name)) return fullRequire(name)
      throw Object.assign(
        new Error(
          `Cannot find module '${name}'; a step may require lodash, its parts such as lodash/fp, moment and util`,
        ),
        { code: 'MODULE_NOT_FOUND' },
      )
    }
    scope.global['notify'] = scope.mailer()
    scope.entries['changes'] = tellChanges
    scope.afterEntry = () => {
      if (isOver) tellChanges()
    }
    scope.entries['report'] = () => {
      report?.()
      tellChanges()
    }
  }

  scope.dressForSteps = (isLegacy) => {
    if (!isDressed) dress()
    isDressed = true
    if (isLegacy) scope.entries['legacy']?.()
  }

  const takeReturned = (returned: unknown): void => {
    if (returned instanceof Promise) returned.then(takeReturned, scope.fail)
    else if (returned !== undefined) scope.done(returned)
  }

  scope.entries['step'] = (
    line: number,
    post: Post,
    ask: Scope['ask'],
    script: (...values: unknown[]) => unknown,
    factsText: string,
    variables: string,
  ) => {
    scope.connect(line, post, ask)
    const facts = parse(factsText) as Facts
    values = parse(variables) as Record<string, Values>
    given = { config: create(null), steps: create(null), trigger: create(null) }
    for (const [root, name, from, to] of facts.members) {
      const texts = given[root]
      if (texts) texts[name] = variables.slice(from, to)
    }
    for (const root of ROOTS) givenNames[root] = keys(given[root] as object)
    for (const alias of facts.aliases) {
      const target = at(values, alias.of)
      if (isObject(target)) put(values, alias.at, target)
    }
    for (const path of facts.headers) {
      const value = at(values, path)
      if (isObject(value)) put(values, path, scope.dress('response_headers', value))
    }
    showNested(values['config'] as Values)
    scope.dressForSteps(facts.isLegacy)
    const { trigger, steps, info, config } = values
    scope.guard(() => {
      const returned = Reflect.apply(script, scope.global, [trigger, steps, info, config, scope.done])
      if (facts.takesReturned) takeReturned(returned)
    })
  }
}
