/** Where the value of a column stands in a record: names of members, places in lists. */
export type ColumnPath = readonly (string | number)[]

/** Objects that are nested deeper stay whole, as JSON text in one cell. */
export const MAX_STEPS = 32

/** A name that needs no brackets around it. */
const PLAIN = /^[^.[\]]+$/
const PLAIN_PART = /[^.[\]]+/y
const PLACE = /\[(\d{1,9})\]/y

/**
 * Name of a column to the place of its value: `Parent.Name`, `lines[0].qty`, and `['a.b']` for a member whose name is no plain word.
 * Blanks around it do not count. Never throws: what is no path is the name of one member.
 */
export function parseColumn(column: string): ColumnPath {
  const text = column.trim()
  return stepsOf(text) ?? [text]
}

/** The name of a column that leads to a member of a member …: `parseColumn` finds it again, whatever the names are. */
export function printColumn(names: readonly string[]): string {
  let column = ''
  for (const name of names) {
    if (!PLAIN.test(name) || name.trim() !== name) column += `['${name.replaceAll(/[\\']/g, '\\$&')}']`
    else column += column === '' ? name : `.${name}`
  }
  return column
}

function stepsOf(text: string): ColumnPath | undefined {
  const steps: (string | number)[] = []
  let at = 0
  while (at < text.length) {
    if (steps.length === MAX_STEPS) return undefined
    const step = bracketAt(text, at, steps.length === 0) ?? partAt(text, at, steps.length === 0)
    if (!step) return undefined
    steps.push(step.value)
    at = step.end
  }
  return steps.length === 0 ? undefined : steps
}

interface FoundStep {
  value: string | number
  end: number
}

function partAt(text: string, at: number, isFirst: boolean): FoundStep | undefined {
  if (!isFirst && text[at] !== '.') return undefined
  PLAIN_PART.lastIndex = isFirst ? at : at + 1
  const found = PLAIN_PART.exec(text)
  return found ? { value: found[0], end: PLAIN_PART.lastIndex } : undefined
}

function bracketAt(text: string, at: number, isFirst: boolean): FoundStep | undefined {
  if (text.startsWith("['", at)) return quotedAt(text, at + 2)
  PLACE.lastIndex = at
  const found = isFirst ? null : PLACE.exec(text)
  return found ? { value: Number(found[1]), end: PLACE.lastIndex } : undefined
}

function quotedAt(text: string, start: number): FoundStep | undefined {
  let value = ''
  for (let at = start; at < text.length; at++) {
    if (text[at] === "'") return text[at + 1] === ']' ? { value, end: at + 2 } : undefined
    if (text[at] === '\\') at++
    value += text[at] ?? ''
  }
  return undefined
}
