import { checkRequest } from './check-request.ts'
import { mayChange, mayRepeat } from './effects.ts'
import { platformWay } from './platform-way.ts'
import { runRequest } from './run-request.ts'
import type { StepKind } from './step.ts'

/** A call of the platform in the name of the owner (spec 31 §3.2); an element instance that it names counts for nothing. */
export const REQUEST: StepKind = {
  hasEffect: ({ properties }) => mayChange(properties),
  mayRepeat: ({ properties }) => mayRepeat(properties),
  required: ['method', 'api'],
  check: checkRequest,
  run: (context, call) => runRequest(call, () => platformWay(context, call, undefined)),
}
