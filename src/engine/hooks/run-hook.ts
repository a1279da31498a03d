import { ValenceError } from '../../errors.ts'
import { redactText } from '../../redact.ts'
import type { ScriptResult } from '../../sandbox/sandbox.ts'
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
  const { instance, plan } = exchange
  const secrets = () => secretValues(plan.element, instance.configuration)
  try {
    const result = await ports.runScript({
      owner: `account ${instance.accountId}`,
      label: hook.label,
      body: hook.body,
      isLegacy: hook.isLegacy,
      variables: hookVariables(exchange, hook.variables, phase),
    })
    if (result.console.length > 0) {
      const known = secrets()
      ports.noteConsole(
        instance,
        hook.label,
        result.console.map((line) => redactText(line, known)),
      )
    }
    return result
  } catch (error) {
    // an exception may quote what the script held in its hands
    if (!(error instanceof ValenceError)) throw error
    throw new ValenceError(error.code, redactText(error.message, secrets()), { cause: error })
  }
}
