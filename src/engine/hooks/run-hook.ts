import { ValenceError } from '../../errors.ts'
import { redactText } from '../../redact.ts'
import { ScriptFailure, type ScriptResult } from '../../sandbox/sandbox.ts'
import type { Exchange } from '../exchange.ts'
import type { HookPlan } from '../plan.ts'
import type { Ports } from '../ports.ts'
import { secretValues } from '../secret-keys.ts'
import { hookVariables } from './variables.ts'

/**
 * Runs one hook of a call. What it printed goes to the trace of the call.
 * @throws ValenceError SCRIPT_FAILED naming the hook and its exception, SCRIPT_TIMED_OUT (spec 11 §6.2)
 */
export function runHook(
  hook: HookPlan,
  phase: 'pre' | 'post',
  exchange: Exchange,
  ports: Ports,
): Promise<ScriptResult> {
  const variables = hookVariables(exchange, hook.variables, phase)
  return runInstanceScript(hook, exchange, variables, ports, exchange.commonResources?.depth)
}

/**
 * Runs a script that the element of an instance brought, under the limits of the instance's account. What it prints is noted, and neither that
 * nor what it fails with shows a secret of the instance.
 *
 * @param depth how many scripts wait for this one
 * @throws ValenceError as `RunScript`
 */
export async function runInstanceScript(
  script: Pick<HookPlan, 'label' | 'body' | 'isLegacy'>,
  { instance, plan }: Pick<Exchange, 'instance' | 'plan'>,
  variables: Readonly<Record<string, unknown>>,
  ports: Pick<Ports, 'runScript' | 'noteConsole'>,
  depth = 0,
): Promise<ScriptResult> {
  const { label, body, isLegacy } = script
  const known = secretValues(plan.element, instance.configuration)
  const note = (lines: readonly string[]) => {
    if (lines.length > 0)
      ports.noteConsole(
        instance,
        label,
        lines.map((line) => redactText(line, known)),
      )
  }
  try {
    const owner = `account ${instance.accountId}`
    const result = await ports.runScript({ owner, depth, label, body, isLegacy, variables })
    note(result.console)
    return result
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    if (error.cause instanceof ScriptFailure) note(error.cause.console)
    // an exception may quote what the script held in its hands
    throw new ValenceError(error.code, redactText(error.message, known), { cause: error })
  }
}
