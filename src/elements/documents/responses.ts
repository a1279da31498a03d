import type { JsonSchema, SwaggerResponse } from './swagger.ts'

/** Statuses that every operation documents (spec 23 §A2). */
const FAILURES: Readonly<Record<string, SwaggerResponse>> = {
  400: { description: 'Bad request: what was sent cannot be used, or something is missing' },
  401: { description: 'Unauthorized: the user, the organization or the element token is unknown' },
  403: { description: 'Forbidden: the provider, or a missing privilege, does not allow it' },
  404: { description: 'Not found: there is no such resource' },
  405: { description: 'Method not allowed: the path does not answer this method' },
  406: { description: 'Not acceptable: there is no answer of a type that `Accept` names' },
  409: { description: 'Conflict: it exists already' },
  415: { description: 'Unsupported media type: a body of this `Content-Type` cannot be read' },
  500: { description: 'Server error: something went wrong here' },
  502: { description: 'Provider error: something went wrong at the provider' },
}

/** @param schema of a success; undefined: nothing is said of it */
export function responsesWith(schema: JsonSchema | undefined): Readonly<Record<string, SwaggerResponse>> {
  return { 200: { description: 'OK', ...(schema ? { schema } : {}) }, ...FAILURES }
}
