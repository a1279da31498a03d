import { createHash } from 'node:crypto'
import type { Element } from '../model/element.ts'

/**
 * Gives every nested row of an element an id. Ids are made from what identifies the row, not from its position, so that
 * adding a resource to a manifest leaves the ids that clients may have stored as they were.
 *
 * @returns a copy; configuration rows, parameters, hooks and resources carry positive 31-bit ids, unique in the element
 */
export function withStableIds(element: Element): Element {
  const taken = new Set<number>()
  const idOf = (...identity: unknown[]) => {
    let id =
      createHash('sha256')
        .update(JSON.stringify([element.key, ...identity]))
        .digest()
        .readUInt32BE(0) & 0x7fffffff
    while (id === 0 || taken.has(id)) id = (id + 1) & 0x7fffffff
    taken.add(id)
    return id
  }
  const parametersOf = (owner: string, rows: Element['parameters']) =>
    rows.map((row) => ({
      ...row,
      id: idOf('parameter', owner, row.type, row.name, row.vendorType, row.vendorName, row.source),
    }))
  const hooksOf = (owner: string, hooks: Element['hooks']) =>
    hooks.map((hook) => ({ ...hook, id: idOf('hook', owner, hook.type) }))
  return {
    ...element,
    configuration: element.configuration.map((row) => ({ ...row, id: idOf('configuration', row.key) })),
    parameters: parametersOf('', element.parameters),
    hooks: hooksOf('', element.hooks),
    resources: element.resources.map((resource) => {
      const owner = `${resource.method} ${resource.path} ${resource.type}`
      return {
        ...resource,
        id: idOf('resource', owner),
        parameters: parametersOf(owner, resource.parameters ?? []),
        hooks: hooksOf(owner, resource.hooks ?? []),
      }
    }),
  }
}
