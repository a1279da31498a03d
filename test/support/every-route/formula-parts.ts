import type { FormulaParts } from '../../../src/model/formula.ts'

/** Two parts of each kind. */
export function formulaParts(word: (kind: string) => string): FormulaParts {
  const edges = { onSuccess: [], onFailure: [] }
  const variable = { name: word('variable'), type: 'value', required: false }
  const trigger = { name: 'trigger', type: 'manual', async: true, ...edges, properties: {} }
  const step = { type: 'script', ...edges, properties: { body: `done({ said: "${word('script')}" })` } }
  return {
    configuration: [
      { id: 11, key: word('key'), ...variable },
      { id: 12, key: word('secondkey'), ...variable },
    ],
    triggers: [
      { id: 21, ...trigger, onSuccess: [word('step')] },
      { id: 22, ...trigger },
    ],
    steps: [
      { id: 31, name: word('step'), ...step },
      { id: 32, name: word('secondstep'), ...step },
    ],
  }
}
