import type { Doubtful } from '../doubts.ts'
import type { Credential, Operation, OperationParameter } from '../vendor-api.ts'

const CREDENTIAL =
  /^authorization$|^(x-)?([a-z]+[-_])*(api|app|access|auth|client|subscription|application)?[-_]?(key|token|secret)$/i

/** Most operations must want it; a token of one resource is that resource's matter. */
const SHARE = 0.8

/**
 * A document without security schemes may still want a key in each call, declared like any other parameter. Those that most
 * operations require become credentials of the instance.
 */
export function credentialParameters(operations: readonly Operation[], doubt: Doubtful): Credential[] {
  const wanted = new Map<string, { parameter: OperationParameter; count: number }>()
  for (const parameter of operations.flatMap(({ parameters }) => parameters)) {
    if (parameter.in === 'path' || parameter.fixed !== undefined || !CREDENTIAL.test(parameter.name)) continue
    const isSaid = parameter.required || parameter.name.toLowerCase() === 'authorization'
    const place = `${parameter.in} ${parameter.name.toLowerCase()}`
    if (isSaid) wanted.set(place, { parameter, count: (wanted.get(place)?.count ?? 0) + 1 })
  }
  const shared = [...wanted.values()].filter(({ count }) => count >= operations.length * SHARE)
  for (const { parameter } of shared) {
    doubt('security', `the ${parameter.in} parameter ${parameter.name} of most operations is taken for a credential`)
  }
  return shared.map(({ parameter: { name, description, ...parameter } }) => ({
    kind: 'key',
    in: parameter.in === 'query' ? 'query' : 'header',
    name,
    ...(description === undefined ? {} : { description }),
  }))
}
