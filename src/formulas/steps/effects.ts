import type { StepCall } from './step.ts'

type Properties = StepCall['properties']

/** A method that the step has as it is written; one that a reference names may be any. */
function isMethod(method: unknown, ...expected: string[]): boolean {
  return expected.includes(String(method).trim().toUpperCase())
}

/** Whether a request may change something: one that only reads is made again without a word (RFC 9110 §9.2.1). */
export function mayChange({ method }: Properties): boolean {
  return !isMethod(method, 'GET')
}

/** Whether a request that may have been sent may be sent again: by its method (RFC 9110 §9.2.2), or because the step says so. */
export function mayRepeat({ retry, method }: Properties, writes: unknown = method): boolean {
  return isMethod(writes, 'GET', 'PUT') || String(retry).trim().toLowerCase() === 'true'
}
