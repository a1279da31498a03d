import { checkElementRequest } from './check-request.ts'
import { mayChange, mayRepeat } from './effects.ts'
import { fillInstanceId } from './instance-id.ts'
import { platformWay } from './platform-way.ts'
import { runRequest } from './run-request.ts'
import type { StepKind } from './step.ts'

/** A call of an element instance of the owner's account, as anybody makes it from outside (spec 31 §3.2). */
export const ELEMENT_REQUEST: StepKind = {
  hasEffect: ({ properties }) => mayChange(properties),
  mayRepeat: ({ properties }) => mayRepeat(properties),
  required: ['elementInstanceId', 'method', 'api'],
  check: checkElementRequest,
  run: (context, call) =>
    runRequest(call, async () => platformWay(context, call, await fillInstanceId(call, 'elementInstanceId'))),
}
