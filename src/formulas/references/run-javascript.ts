import { ownValue } from '../../model/own-value.ts'
import type { ScopePath, StepScript, StepScriptResult } from '../../sandbox/sandbox.ts'
import type { FormulaContext } from '../context.ts'
import type { StepCall, StepScope } from '../steps/step.ts'

/** Of a visit, what its JavaScript can see, and whose it is. */
export type Visit = Pick<StepCall, 'name' | 'formulaId' | 'scope' | 'execution' | 'signal' | 'loops'>

/**
 * Runs JavaScript of a step: a script, or a reference that is an expression.
 *
 * @throws ValenceError SCRIPT_BUSY, UNAVAILABLE: nothing was run; the reason of the visit's signal
 */
export function runJavaScript(
  context: Pick<FormulaContext, 'runStepScript' | 'limits'>,
  visit: Visit,
  body: string,
  form: StepScript['form'],
): Promise<StepScriptResult> {
  const { name, formulaId, scope, loops, execution, signal } = visit
  const { config, steps, trigger, info } = scope
  const { scriptMs } = context.limits
  return context.runStepScript({
    owner: `account ${execution.owner.accountId}`,
    label: `step "${name}"`,
    sharing: `formula ${formulaId}`,
    depth: execution.depth,
    timeoutMs: scriptMs,
    cpuMs: scriptMs,
    ...{ body, form, signal },
    ...{ config, steps, trigger, info },
    aliases: loops.map(({ loop, path, index }) => ({ of: [...path, index], at: ['steps', loop, 'entry'] })),
    headers: headersOf(scope),
  })
}

/** Where headers stand in what a step or a trigger of such a type leaves (spec 31 §1.1, §3.3, §3.5). */
const EXCHANGE: readonly ScopePath[] = [
  ['request', 'headers'],
  ['response', 'headers'],
]
const TRANSFER = EXCHANGE.flatMap((path) => [
  ['download', ...path],
  ['upload', ...path],
])
const PLACES: Readonly<Record<string, readonly ScopePath[]>> = {
  elementRequest: EXCHANGE,
  request: EXCHANGE,
  httpRequest: EXCHANGE,
  elementRequestStream: TRANSFER,
  // what its last step left
  formula: [...EXCHANGE, ...TRANSFER],
}

function headersOf({ steps, trigger, types }: StepScope): ScopePath[] {
  const paths: ScopePath[] = []
  for (const name of Object.keys(steps)) {
    for (const path of ownValue(PLACES, ownValue(types, name) ?? '') ?? []) paths.push(['steps', name, ...path])
  }
  for (const path of EXCHANGE) if (Object.hasOwn(trigger, path[0] as string)) paths.push(['trigger', ...path])
  // of a formula as a resource
  if (Object.hasOwn(trigger, 'args')) paths.push(['trigger', 'args', 'request', 'headers'])
  return paths
}
