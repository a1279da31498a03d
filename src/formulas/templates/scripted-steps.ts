import type { FormulaStep } from '../../model/formula.ts'

/** Types of steps whose `body` is JavaScript. */
export const SCRIPTED: readonly string[] = ['script', 'filter', 'notification']

/** A step that is added to a formula whose scripts are all of engine v1 is so too, unless it says otherwise (spec 30 §2.5). */
export function withEngineOfOthers<Step extends Pick<FormulaStep, 'type' | 'properties'>>(
  step: Step,
  others: readonly FormulaStep[],
): Step {
  if (!SCRIPTED.includes(step.type) || step.properties['scriptEngine'] !== undefined) return step
  const scripts = others.filter(({ type }) => SCRIPTED.includes(type))
  const areAllV1 = scripts.length > 0 && scripts.every(({ properties }) => properties['scriptEngine'] === 'v1')
  return areAllV1 ? { ...step, properties: { ...step.properties, scriptEngine: 'v1' } } : step
}
