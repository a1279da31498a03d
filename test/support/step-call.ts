import { parseTemplate } from '../../src/formulas/references/parse-template.ts'
import { resolveReference } from '../../src/formulas/references/resolve-reference.ts'
import type { ExecutionFacts, StepCall, StepScope } from '../../src/formulas/steps/step.ts'

/** A visit of a step outside of any execution: references are resolved as long as they are no JavaScript. */
export function stepCall(
  properties: Record<string, unknown>,
  more: Partial<Omit<StepCall, 'execution' | 'scope'>> & {
    execution?: Partial<ExecutionFacts>
    scope?: Partial<StepScope>
  } = {},
): StepCall {
  const scope: StepScope = { config: {}, steps: {}, trigger: {}, info: {}, types: {}, ...more.scope }
  return {
    name: 'ask',
    formulaId: 5,
    type: 'elementRequest',
    signal: new AbortController().signal,
    isRepeated: false,
    loops: [],
    ...more,
    properties,
    scope,
    execution: {
      ...{ id: 77, formulaId: 5, formulaInstanceId: 6, formulaName: 'Mirror', formulaInstanceName: 'EU' },
      owner: { organizationId: 1, accountId: 2, userId: 3 },
      ...{ engine: 'v3', chain: 0, depth: 0, settings: {} },
      ...more.execution,
    },
    async fill(name, write = (value) => value) {
      const written = properties[name]
      if (typeof written !== 'string') return written
      const parts = parseTemplate(written)
      const only = parts.length === 1 ? parts[0] : undefined
      if (only?.kind === 'reference') return valueAt(only.text, scope)
      let text = ''
      for (const part of parts) {
        if (part.kind === 'text') text += part.text
        else text += write(textOf(valueAt(part.text, scope)), text)
      }
      return text
    },
  }
}

function valueAt(reference: string, scope: StepScope): unknown {
  const found = resolveReference(reference, scope)
  if (found.kind === 'expression') throw new Error(`no JavaScript here: ${reference}`)
  return found.value
}

function textOf(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
