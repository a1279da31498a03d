import { type FieldTree, pickFields } from '../../engine/body/pick-fields.ts'
import { parseColumn } from '../rows/column-path.ts'

/** Columns that somebody asked for, made ready for many records. */
export type Picking = readonly PickedMember[]

interface PickedMember {
  /** of the record */
  name: string
  /** what of it: nothing in it is all of it */
  tree: FieldTree
  /** columns that read like paths into it; a member may have such a name as a whole */
  dotted: readonly string[]
}

/** @param fields `Name`, `Parent.Name`, `lines[0].qty` */
export function pickingOf(fields: readonly string[]): Picking {
  const members = new Map<string, { tree: FieldTree; dotted: string[]; isWhole: boolean }>()
  for (const field of fields) {
    const [name = field, ...below] = parseColumn(field).filter((step) => typeof step === 'string')
    const member = members.get(name) ?? { tree: emptyTree(), dotted: [], isWhole: false }
    members.set(name, member)
    if (below.length === 0) member.isWhole = true
    let node = member.tree
    for (const step of below) node = node[step] ??= emptyTree()
    if (field !== name) member.dotted.push(field)
  }
  return [...members].map(([name, { tree, dotted, isWhole }]) => ({
    ...{ name, dotted },
    tree: isWhole ? emptyTree() : tree,
  }))
}

/** The record with the members that were asked for, in that order; those that it lacks stay missing. */
export function pickColumns(record: Readonly<Record<string, unknown>>, picking: Picking): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  for (const { name, tree, dotted } of picking) {
    if (Object.hasOwn(record, name)) picked[name] = pickFields(record[name], tree)
    for (const whole of dotted) if (Object.hasOwn(record, whole)) picked[whole] = record[whole]
  }
  return picked
}

function emptyTree(): FieldTree {
  return Object.create(null)
}
