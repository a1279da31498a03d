/** Minutes in the body of a switch, which is optional (spec 41 §10). */
export function durationIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['duration'] : undefined
}
