import { printName } from '../../ceql/print.ts'
import type { Part } from '../../elements/part-kinds.ts'
import { ValenceError } from '../../errors.ts'
import { type DateMask, dateMask, ISO } from '../../transform/date-mask.ts'
import type { Mapping } from '../../transform/mapping.ts'

/** By which field, how compared and how written an object is asked for what changed (spec 22 §3.1); names are the vendor's. */
export interface DateSettings {
  field: string
  operator: '=' | '>=' | '>'
  mask: DateMask
}

export interface DateWindow {
  from?: Date
  to?: Date
}

const OPERATORS = new Set(['=', '>=', '>'])

/**
 * What the object says, else what the element's configuration says in the older way. Dates of creation alone are no such setting: asked by
 * them, a vendor would be silent about what changed.
 *
 * @param declared entries of `objects` for the object
 * @param field the caller's own choice (`filterDateField`), in the vendor's name
 * @returns undefined when nobody said by what to ask: the window is ignored
 */
export function dateSettings(
  declared: readonly Part[],
  configuration: Readonly<Record<string, string | null>>,
  field?: string,
): DateSettings | undefined {
  const of = (member: string) => firstText(declared.map((part) => part[member]))
  const queried = [
    { name: of('queryDateName'), mask: of('queryDateFormat'), operator: of('queryDateOperator') },
    { name: of('updatedDateName'), mask: of('updatedDateFormat'), operator: of('queryDateOperator') },
    ...['bulk.query.field_name', 'bulk.attribute.modified_time'].map((key) => ({
      name: firstText([configuration[key]]),
      mask: firstText([configuration['bulk.query.date_mask']]),
      operator: firstText([configuration['bulk.query.operator']]),
    })),
  ]
  const created = { name: of('createdDateName'), mask: of('createdDateFormat'), operator: of('queryDateOperator') }
  const usual = queried.find(({ name }) => name)
  const found = field === undefined ? usual : fieldOf(field, [...queried, created], usual)
  if (!found?.name) return undefined
  const { name, mask, operator } = found
  return { field: name, operator: operatorOf(operator), mask: (mask && dateMask(mask)) || ISO }
}

type Named = Record<'name' | 'mask' | 'operator', string | undefined>

/** Only the field is the caller's choice: it is compared and written as the setting for it says, else as the usual one does. */
function fieldOf(field: string, known: readonly Named[], usual: Named | undefined): Named {
  const own = known.find(({ name }) => name === field)
  return { name: field, mask: own?.mask ?? usual?.mask, operator: own?.operator ?? usual?.operator }
}

function operatorOf(text: string | undefined): DateSettings['operator'] {
  return text !== undefined && OPERATORS.has(text) ? (text as DateSettings['operator']) : '>='
}

/** Settings that somebody left empty say nothing. */
function firstText(values: readonly unknown[]): string | undefined {
  return values.map((value) => (typeof value === 'string' ? value.trim() : '')).find((text) => text !== '')
}

/**
 * The window as a `where`: `createdDate='2017-05-24T18:31:01Z'`, in UTC.
 *
 * @param mapping of the common resource that is asked; the field then stands in a query of common names
 * @param isMatchedHere the rows are compared with it by ourselves; `=` is how some vendors are asked for what came after, and no comparison
 * @returns undefined for an empty window
 */
export function windowText(
  { field, operator, mask }: DateSettings,
  { from, to }: DateWindow,
  { mapping, isMatchedHere = false }: { mapping?: Mapping | undefined; isMatchedHere?: boolean },
): string | undefined {
  const name = printName(mapping ? nameFor(mapping, field) : field)
  const after = isMatchedHere && operator === '=' ? '>=' : operator
  const condition = (sign: string, date: Date) => `${name}${sign}'${mask.format(date.getTime())}'`
  const conditions = [from && condition(after, from), to && condition('<=', to)].filter(Boolean)
  return conditions.length === 0 ? undefined : conditions.join(' AND ')
}

/** Names that no mapping knows go to the vendor as they are; one that means something else there goes by its common name. */
function nameFor(mapping: Mapping, field: string): string {
  if (mapping.vendorAttribute(field) === field) return field
  return mapping.fields.find(({ vendorPath }) => vendorPath === field)?.path ?? field
}

/** @throws ValenceError PARAMETER_INVALID */
export function assertInOrder({ from, to }: DateWindow): void {
  if (!from || !to || from <= to) return
  throw new ValenceError('PARAMETER_INVALID', `from: ${from.toISOString()} is after to, ${to.toISOString()}`)
}

/**
 * @returns undefined for none
 * @throws ValenceError PARAMETER_INVALID
 */
export function readDate(value: unknown, name: string): Date | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const isMillis = typeof value === 'number' || (typeof value === 'string' && /^\d{11,14}$/.test(value))
  const time = isMillis ? ISO.parse(Number(value)) : typeof value === 'string' ? ISO.parse(value) : undefined
  if (time !== undefined) return new Date(time)
  throw new ValenceError(
    'PARAMETER_INVALID',
    `${name}: expected a date-time such as 2014-10-06T13:22:17-08:00, got ${JSON.stringify(value).slice(0, 100)}`,
  )
}
