import { isPart, type Part, textOf } from './part-kinds.ts'

/**
 * `$address` or `$address.city` as sample value of a field refers to another model of the element (spec 23 §C1): the field
 * shows its id in `relatedModelId`, and the two models name each other as parent and child.
 *
 * @param models completed, with ids
 */
export function linkModels(models: readonly Part[]): Part[] {
  const byName = new Map(models.map((model) => [model['name'], model]))
  const children = new Map<Part, Set<unknown>>()
  const parents = new Map<Part, Set<unknown>>()
  const note = (links: Map<Part, Set<unknown>>, model: Part, id: unknown) =>
    links.set(model, (links.get(model) ?? new Set()).add(id))

  const linked = models.map((model) => {
    const members: Record<string, unknown> = {}
    for (const member of ['fields', 'modelFields']) {
      const fields = model[member]
      if (!Array.isArray(fields)) continue
      members[member] = fields.filter(isPart).map((field) => {
        const related = byName.get(/^\$([^.]+)/.exec(textOf(field, 'sampleValue') ?? '')?.[1])
        if (!related) return field
        note(children, model, related['id'])
        note(parents, related, model['id'])
        return { ...field, relatedModelId: related['id'] }
      })
    }
    return { model, members }
  })
  return linked.map(({ model, members }) => ({
    ...model,
    ...members,
    ...united('parentModelIds', model, parents),
    ...united('childModelIds', model, children),
  }))
}

function united(member: string, model: Part, links: ReadonlyMap<Part, ReadonlySet<unknown>>): Part {
  const found = links.get(model)
  if (!found) return {}
  const given = Array.isArray(model[member]) ? model[member] : []
  return { [member]: [...new Set([...given, ...found])] }
}
