import { returnsAtTop } from '../../elements/returns-at-top.ts'
import { type CheckedStep, refusedStep } from './refused-step.ts'

/**
 * Scripts are stored as they are, unless they say that they are `v2` (spec 30 §2.5).
 * @throws ValenceError FORMULA_INVALID
 */
export function checkScript({ name, properties: { scriptEngine, body } }: CheckedStep): void {
  if (scriptEngine !== 'v2') return
  const script = typeof body === 'string' ? body : ''
  if (!/\bdone\s*\(/.test(script))
    throw refusedStep(name, 'body: a v2 script ends by calling done(), and this one never does')
  if (returnsAtTop(script)) throw refusedStep(name, 'body: a v2 script ends by calling done(), not by return')
}
