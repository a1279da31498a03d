import { ValenceError } from '../../errors.ts'
import { redactText } from '../../redact.ts'
import { ScriptFailure, type ScriptResult } from '../../sandbox/sandbox.ts'
import type { Exchange } from '../exchange.ts'
import type { HookPlan } from '../plan.ts'
import type { Ports } from '../ports.ts'
import { secretValues } from '../secret-keys.ts'
import { hookVariables } from './variables.ts'

/**
 * Runs one hook. What it printed goes to the trace of the call.
 * @throws ValenceError SCRIPT_FAILED naming the hook and its exception, SCRIPT_TIMED_OUT (spec 11 §6.2)
 */
export async function runHook(
  hook: HookPlan,
  phase: 'pre' | 'post',
  exchange: Exchange,
  ports: Ports,
): Promise<ScriptResult> {
  const { instance, plan, commonResources } = exchange
  const known = secretValues(plan.element, instance.configuration)
  const note = (lines: readonly string[]) => {
    if (lines.length > 0)
      ports.noteConsole(
        instance,
        hook.label,
        lines.map((line) => redactText(line, known)),
      )
  }
  try {
    const result = await ports.runScript({
      owner: `account ${instance.accountId}`,
      depth: commonResources?.depth ?? 0,
      label: hook.label,
      body: hook.body,
      isLegacy: hook.isLegacy,
      variables: hookVariables(exchange, hook.variables, phase),
    })
    note(result.console)
    return result
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    if (error.cause instanceof ScriptFailure) note(error.cause.console)
    // an exception may quote what the script held in its hands
    throw new ValenceError(error.code, redactText(error.message, known), { cause: error })
  }
}
