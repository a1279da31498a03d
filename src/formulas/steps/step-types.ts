import type { StepType } from '../../model/formula.ts'
import { AMQP_REQUEST } from './amqp-request.ts'
import { ELEMENT_REQUEST } from './element-request.ts'
import { ELEMENT_REQUEST_STREAM } from './element-request-stream.ts'
import { FILTER } from './filter.ts'
import { FORMULA } from './formula.ts'
import { HTTP_REQUEST } from './http-request.ts'
import { LOOP } from './loop.ts'
import { NOTIFICATION } from './notification.ts'
import { REQUEST } from './request.ts'
import { RETRY_FORMULA_EXECUTION } from './retry-formula-execution.ts'
import { SCRIPT } from './script.ts'
import type { StepKind } from './step.ts'

/** What each type of step does: a file of the same name beside this one, and a row here. */
export const STEP_KINDS: Readonly<Record<StepType, StepKind>> = {
  script: SCRIPT,
  filter: FILTER,
  notification: NOTIFICATION,
  elementRequest: ELEMENT_REQUEST,
  request: REQUEST,
  httpRequest: HTTP_REQUEST,
  loop: LOOP,
  formula: FORMULA,
  retryFormulaExecution: RETRY_FORMULA_EXECUTION,
  elementRequestStream: ELEMENT_REQUEST_STREAM,
  amqpRequest: AMQP_REQUEST,
}
