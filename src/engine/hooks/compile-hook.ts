import type { Hook } from '../../model/element.ts'
import type { HookPlan } from '../plan.ts'
import { HOOK_VARIABLES } from './variables.ts'

/** @returns undefined when there is nothing to run: split exports carry hooks without a body (spec 11) */
export function compileHook(hook: Hook | undefined, owner: string): HookPlan | undefined {
  const body = hook?.body ?? ''
  if (!hook || body.trim() === '') return undefined
  return {
    label: `${hook.type} hook of ${owner}`,
    body,
    isLegacy: hook.isLegacy === true,
    variables: variablesOf(hook),
  }
}

/** What can build a name at run time gets everything. */
const READS_BY_NAME = /\b(?:eval|arguments|Function)\b|\\u/

/** A hook of the whole element is compiled into each resource, and looked through once. */
const variables = new WeakMap<Hook, string[]>()

function variablesOf(hook: Hook): string[] {
  const known = variables.get(hook) ?? variablesIn(hook.body ?? '')
  variables.set(hook, known)
  return known
}

function variablesIn(body: string): string[] {
  if (READS_BY_NAME.test(body)) return [...HOOK_VARIABLES]
  const words = new Set(body.match(/[A-Za-z_]\w*/g))
  return HOOK_VARIABLES.filter((name) => words.has(name))
}
