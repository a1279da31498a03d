import type { Method } from './swagger.ts'

const VERBS: Readonly<Record<Method, string>> = {
  get: 'get',
  post: 'create',
  put: 'replace',
  patch: 'update',
  delete: 'delete',
  head: 'head',
  options: 'options',
}

/**
 * Name of an operation, the same as the original platform gives it: `PATCH /contacts/{id}/notes/{noteId}` is
 * `updateContactsNoteByNoteId`. Two operations may get one name; `uniqueIds` tells them apart.
 * Source: spec 23 §A3.
 */
export function operationId(method: Method, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  const last = variableIn(segments.at(-1))
  const names = (last === undefined ? segments : segments.slice(0, -1)).flatMap((segment) => {
    const variable = variableIn(segment)
    if (variable === undefined) return [pascal(segment)]
    return variable === 'objectName' ? ['ObjectName'] : []
  })
  const isSingular = (at: number) => method === 'post' || (last !== undefined && at === names.length - 1)
  const words = names.map((name, at) => (isSingular(at) ? singular(name) : name))
  return VERBS[method] + words.join('') + (last === undefined ? '' : `By${pascal(last)}`)
}

/**
 * Ids in the order of the document; one that is taken already is counted: `createListCommodity2`.
 * @param operations sorted by path
 */
export function uniqueIds(operations: readonly { method: Method; path: string }[]): string[] {
  const taken = new Set<string>()
  return operations.map(({ method, path }) => {
    const id = operationId(method, path)
    let unique = id
    for (let count = 2; taken.has(unique); count++) unique = `${id}${count}`
    taken.add(unique)
    return unique
  })
}

/** The older spelling, which tests and old clients still ask by: `GET-contacts-{id}` (spec 23 §A1). */
export function oldOperationId(method: Method, path: string): string {
  return method.toUpperCase() + path.replaceAll('/', '-')
}

function variableIn(segment: string | undefined): string | undefined {
  return segment === undefined ? undefined : /^\{(.+)\}$/.exec(segment)?.[1]
}

/** By dashes only; underscores, digits and dots stay. */
function pascal(name: string): string {
  return name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
}

/** As blindly as the original: `Address` becomes `Addres`. */
function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`
  return name.endsWith('s') ? name.slice(0, -1) : name
}
