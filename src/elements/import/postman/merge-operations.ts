import type { Doubtful } from '../doubts.ts'
import type { Operation } from '../vendor-api.ts'

/** Requests that differ only in values are one operation; what any of them has, it has. */
export function mergeOperations(operations: readonly Operation[], doubt: Doubtful): Operation[] {
  const byIdentity = new Map<string, Operation>()
  for (const operation of operations) {
    const shape = operation.path.replace(/\{[^{}]+\}/g, '{}')
    const identity = `${operation.method} ${operation.server?.url ?? ''} ${shape}`
    const first = byIdentity.get(identity)
    if (!first) {
      byIdentity.set(identity, operation)
      continue
    }
    const isOtherBody = JSON.stringify(first.body?.schema) !== JSON.stringify(operation.body?.schema)
    if (isOtherBody)
      doubt(`${first.method} ${first.path}`, 'several requests send different bodies there: the first is taken')
    const known = new Set(first.parameters.map(({ name, in: place }) => `${place} ${name}`))
    byIdentity.set(identity, {
      ...first,
      parameters: [
        ...first.parameters,
        ...operation.parameters.filter(({ name, in: place }) => place !== 'path' && !known.has(`${place} ${name}`)),
      ],
      ...(first.answer ? {} : { answer: operation.answer }),
    })
  }
  return [...byIdentity.values()]
}
