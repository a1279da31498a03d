import { expect } from 'vitest'
import type { Answer } from './hub.ts'

/** Written out, because clients compare it as one string (spec 00 §11). */
export const EXPOSED_HEADERS =
  'Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition'

const REQUEST_ID = /^[0-9a-f]{24}$/
const JSON_TYPE = 'application/json;charset=UTF-8'

/** A success with what every success has (spec 00 §3–5, §11); shown whole when it is none. */
export function expectOk(answer: Answer): Answer {
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers.get('elements-request-id')).toMatch(REQUEST_ID)
  expect(answer.headers.has('x-frame-options')).toBe(false)
  if (answer.text !== '') expect(answer.headers.get('content-type')).toBe(JSON_TYPE)
  return answer
}

/** A failure in the one shape that failures have (spec 00 §5), whoever noticed it. */
export function expectError(answer: Answer, ...statuses: number[]): Answer {
  expect(statuses, answer.text).toContain(answer.status)
  expect(answer.headers.get('content-type')).toBe(JSON_TYPE)
  expect(answer.body).toEqual({ requestId: expect.stringMatching(REQUEST_ID), message: expect.stringMatching(/\S/) })
  expect(answer.headers.get('elements-request-id')).toBe(answer.body.requestId)
  expect(answer.headers.has('x-frame-options')).toBe(false)
  return answer
}
