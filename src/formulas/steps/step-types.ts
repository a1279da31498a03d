import type { StepType } from '../../model/formula.ts'
import { FILTER } from './filter.ts'
import { NOTIFICATION } from './notification.ts'
import { SCRIPT } from './script.ts'
import type { StepKind } from './step.ts'

/** What each type of step does: a file of the same name beside this one, and a row here. Loops, sub-formulas and retries are the engine's. */
export const STEP_KINDS: Readonly<Partial<Record<StepType, StepKind>>> = {
  script: SCRIPT,
  filter: FILTER,
  notification: NOTIFICATION,
}
