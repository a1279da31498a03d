import type { FormulaParts } from '../../model/formula.ts'

/** Nothing leads to this step any more (spec 30 §1.2). @param parts where it is not any more itself */
export function withoutStep(parts: FormulaParts, name: string): FormulaParts {
  const strip = <Part extends { onSuccess: string[]; onFailure: string[] }>(part: Part): Part => ({
    ...part,
    onSuccess: part.onSuccess.filter((next) => next !== name),
    onFailure: part.onFailure.filter((next) => next !== name),
  })
  return { ...parts, triggers: parts.triggers.map(strip), steps: parts.steps.map(strip) }
}
