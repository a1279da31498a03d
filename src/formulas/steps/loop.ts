import type { StepOutcome } from '../executions/outcome.ts'
import { pathOf } from '../references/path-of.ts'
import type { StepCall, StepKind } from './step.ts'
import { failed } from './step-failure.ts'

/**
 * The next entry of a list, one visit after the other (spec 31 §3.8). The list is the one that was there at the first visit; at its end the step
 * has "failed", which is no failure of the execution, and begins anew when it is visited again.
 */
export const LOOP: StepKind = {
  required: ['list'],
  isControl: true,
  hasEffect: () => false,
  mayRepeat: () => true,
  async run(_context, call) {
    const at = call.control?.loop
    if (at) return visit(call, at.list, at.index + 1, {})
    const given = await call.fill('list')
    return Array.isArray(given) ? visit(call, given, 0, whereIs(call, given)) : noList(call, given)
  },
}

function visit(
  { execution }: StepCall,
  list: readonly unknown[],
  index: number,
  source: { list?: readonly unknown[]; path?: readonly (string | number)[] },
): StepOutcome {
  if (index < list.length) {
    const value = { index, entry: list[index] }
    return { status: 'success', isFailure: false, value, loop: { index, ...source } }
  }
  // what each engine shows of the end
  const value = execution.engine === 'v1' ? { value: { index: list.length } } : {}
  return { status: 'failed', isFailure: false, ...value, loop: {} }
}

/** A list that stays where it is need not be written down again. */
function whereIs({ properties, scope }: StepCall, list: readonly unknown[]) {
  const path = typeof properties['list'] === 'string' ? pathOf(properties['list'], scope, list) : undefined
  return path ? { path } : { list }
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ string: 'a text', number: 'a number', boolean: 'true or false', object: 'an object' },
}

function noList({ name, properties }: StepCall, given: unknown): StepOutcome {
  const what = given === undefined ? 'nothing' : given === null ? 'null' : KINDS[typeof given]
  const error = `${name}: list ${JSON.stringify(properties['list'])} is ${what}, not a list`
  return failed(error)
}
