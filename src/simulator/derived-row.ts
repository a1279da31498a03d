import type { Upload } from './read-body.ts'
import type { ResourcePlan } from './resource-plan.ts'
import { withMember } from './root-path.ts'
import type { FieldRule, Row } from './simulation.ts'

/**
 * Applies what a caller sent to a row of a resource of which only the element tells: nothing is refused, because models
 * of strangers are no contracts.
 * @param before the row to change, or a made-up one that the new row starts from
 */
export function derivedRow(resource: ResourcePlan, before: Row, input: unknown, uploads: readonly Upload[]): Row {
  const row = structuredClone(before)
  if (Array.isArray(input)) applyPatch(row, input)
  else if (typeof input === 'object' && input !== null) {
    for (const [name, value] of Object.entries(input).slice(0, 1000)) {
      if (name !== resource.idField) withMember(row, name, merged(row[name], typed(value, resource.fields.get(name))))
    }
  } else if (typeof input === 'string') withMember(row, 'content', input.slice(0, 10_000))
  if (uploads[0]) addFile(row, uploads[0])
  return row
}

function merged(before: unknown, value: unknown): unknown {
  return isObject(before) && isObject(value) ? { ...before, ...value } : value
}

/** Forms and XML carry texts only. */
function typed(value: unknown, rule: FieldRule | undefined): unknown {
  if (typeof value !== 'string') return value
  if (rule?.type === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  const isNumber = rule?.type === 'integer' || rule?.type === 'number'
  return isNumber && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}

const MAX_OPERATIONS = 500

/** JSON Patch (RFC 6902): `add`, `replace`, `remove`; the others are passed over. */
function applyPatch(row: Row, operations: readonly unknown[]): void {
  for (const operation of operations.slice(0, MAX_OPERATIONS)) {
    if (!isObject(operation) || typeof operation.path !== 'string') continue
    const steps = operation.path.split('/').slice(1, 20).map(unescaped)
    const last = steps.pop()
    if (last === undefined) continue
    let target: Row = row
    for (const step of steps) {
      const inner = Object.hasOwn(target, step) ? target[step] : undefined
      const next: Row = isObject(inner) ? inner : {}
      withMember(target, step, next)
      target = next
    }
    if (operation.op === 'remove') delete target[last]
    else if (operation.op === 'add' || operation.op === 'replace') withMember(target, last, operation.value)
  }
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** What a vendor keeps of a file, under the names that its rows have for it. */
function addFile(row: Row, { field, fileName, contentType, sizeBytes }: Upload): void {
  const facts: [RegExp, unknown][] = [
    [/^file_?name$|^name$/i, fileName],
    [/^(file_?)?size$/i, sizeBytes],
    [/^(content|mime)_?type$/i, contentType],
  ]
  for (const name of Object.keys(row)) {
    const fact = facts.find(([pattern]) => pattern.test(name))?.[1]
    if (fact !== undefined) withMember(row, name, fact)
  }
  withMember(row, field === '' ? 'file' : field, { name: fileName ?? null, size: sizeBytes, type: contentType })
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
