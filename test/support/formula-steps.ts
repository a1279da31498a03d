import type { FormulaContext } from '../../src/formulas/context.ts'
import { fillProperty } from '../../src/formulas/references/fill-property.ts'
import type { ExecutionFacts, StepCall, StepScope } from '../../src/formulas/steps/step.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

export interface TestStepCall {
  name?: string
  type?: string
  properties: Record<string, unknown>
  scope?: Partial<StepScope>
  engine?: ExecutionFacts['engine']
  settings?: Record<string, unknown>
  signal?: AbortSignal
  loops?: StepCall['loops']
}

/** What JavaScript of steps needs of the context of the room, and nothing more. */
export function runningStep(sandbox: Sandbox, scriptMs = 5_000): FormulaContext {
  const context: Pick<FormulaContext, 'runStepScript' | 'limits'> = {
    runStepScript: sandbox.runStep,
    limits: { scriptMs } as FormulaContext['limits'],
  }
  return context as FormulaContext
}

/** A visit of one step, of an execution of account 1; `fill` needs a context. */
export function testStepCall(given: TestStepCall, context?: FormulaContext): StepCall {
  const { engine = 'v3', settings = {}, scope = {}, name = 'step', ...rest } = given
  const call: StepCall = {
    ...{ name, formulaId: 4711 },
    ...{ type: 'script', isRepeated: false, loops: [], signal: new AbortController().signal, ...rest },
    scope: { config: {}, steps: {}, trigger: {}, info: {}, types: {}, ...scope },
    execution: {
      ...{ id: 314741, formulaId: 4711, formulaInstanceId: 9001, engine, settings, chain: 0, depth: 0 },
      ...{ formulaName: 'Mirror', formulaInstanceName: 'EU', owner: { organizationId: 1, accountId: 1, userId: 1 } },
    },
    fill: (property, write) => fillProperty(context as FormulaContext, call, property, write),
  }
  return call
}
