/** Field names as a tree: `id, address.city` → `{ id: {}, address: { city: {} } }`. */
export interface FieldTree {
  [name: string]: FieldTree
}

/** @param fields the `fields` parameter: comma list, blanks allowed, dotted nested names (spec 21 §3) */
export function parseFields(fields: string | string[]): FieldTree {
  const tree: FieldTree = Object.create(null)
  for (const name of String(fields).split(',')) {
    let node = tree
    for (const segment of name.trim().split('.')) if (segment !== '') node = node[segment] ??= Object.create(null)
  }
  return tree
}

/** The record with only the named fields; unknown names are ignored. */
export function pickFields(value: unknown, tree: FieldTree): unknown {
  const names = Object.keys(tree)
  if (names.length === 0) return value
  if (Array.isArray(value)) return value.map((item) => pickFields(item, tree))
  if (typeof value !== 'object' || value === null) return value
  const picked: Record<string, unknown> = {}
  for (const name of names) {
    if (Object.hasOwn(value, name)) {
      picked[name] = pickFields((value as Record<string, unknown>)[name], tree[name] as FieldTree)
    }
  }
  return picked
}
