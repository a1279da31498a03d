import type { ResourceRules, Row } from './simulation.ts'
import { compileTemplate } from './template.ts'

/**
 * A row as the vendor shows it: what was asked for, in the member where it keeps fields, with what it adds.
 * @param selected names that the caller asked for; undefined: what the vendor shows unasked
 */
export type DressRow = (row: Row, selected?: ReadonlySet<string>) => Row

export function rowDresser({ nested, select, adds }: ResourceRules, type: string): DressRow {
  const added = adds === undefined ? undefined : compileTemplate(adds)
  const outside = new Set(nested?.except ?? [])
  const unasked = select?.defaults && new Set(select.defaults)
  const always = new Set(select?.always ?? [])
  if (!nested && !select && !added) return (row, selected) => (selected ? picked(row, selected) : row)
  return (row, selected) => {
    const wanted = selected ?? unasked
    const isShown = (name: string) => !wanted || wanted.has(name) || always.has(name)
    const extra = (added?.({ ...row, type }) ?? {}) as Row
    const names = Object.keys(row)
    if (!nested) return { ...extra, ...pickedNames(row, names.filter(isShown)) }
    const inner = names.filter((name) => !outside.has(name) && isShown(name))
    const outer = names.filter((name) => outside.has(name))
    return { ...pickedNames(row, outer), [nested.member]: pickedNames(row, inner), ...extra }
  }
}

function picked(row: Row, selected: ReadonlySet<string>): Row {
  return pickedNames(
    row,
    Object.keys(row).filter((name) => selected.has(name)),
  )
}

function pickedNames(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name]]))
}
