import { compileHook } from '../engine/hooks/compile-hook.ts'
import { runInstanceScript } from '../engine/hooks/run-hook.ts'
import { scriptConfiguration } from '../engine/hooks/variables.ts'
import type { HookPlan } from '../engine/plan.ts'
import type { InstanceContext } from '../instances/context.ts'
import type { Instance } from '../instances/instance.ts'
import type { Element } from '../model/element.ts'

const hooks = new WeakMap<Element, { hook: HookPlan | undefined }>()

/** The event hook of an element; undefined when it has none, or one without a body (spec 40 §6). */
export function eventHookOf(element: Element): HookPlan | undefined {
  const known = hooks.get(element)
  if (known) return known.hook
  const hook = compileHook(
    (element.hooks ?? []).find(({ type }) => type === 'event'),
    element.key,
  )
  hooks.set(element, { hook })
  return hook
}

/**
 * Runs the event hook (spec 40 §6). Of what it gives back only `events` counts: whoever sends a webhook is a stranger, so that a hook may not
 * change the configuration here, as hooks of calls may.
 *
 * @param events what the hook sees under that name
 * @returns its `events`, unread; undefined: there is nothing to tell of
 * @throws ValenceError SCRIPT_FAILED, SCRIPT_TIMED_OUT: so it would be every time; SCRIPT_BUSY, UNAVAILABLE: it was not run
 */
export async function runEventHook(
  context: Pick<InstanceContext, 'runScript' | 'noteConsole'>,
  hook: HookPlan,
  { plan, state }: Pick<Instance, 'plan' | 'state'>,
  events: unknown,
): Promise<unknown> {
  const owner = { plan, instance: state }
  const configuration = hook.variables.includes('configuration') ? { configuration: scriptConfiguration(owner) } : {}
  const { value } = await runInstanceScript(hook, owner, { events, ...configuration }, context)
  return value?.['events']
}
