import { stringify } from 'csv-stringify/sync'
import { ValenceError } from '../errors.ts'
import type { Definitions } from './derive-schema.ts'
import { isPart, type Part, textOf } from './part-kinds.ts'

/** spec 23 §C4, in this order */
const COLUMNS =
  'sampleValue,name,type,format,subFormat,displayName,description,request,response,defaultValue,max,min,precision,nullable,searchOperators,searchNames,mask,enums,conditionalDescription,reference,hidden,primaryKey,readOnly,required,vendorReferenceName,vendorName,customFields,searchable,whereFields,searchableJoins'.split(
    ',',
  )
/** definitions may name each other any number of times */
export const MAX_CSV_ROWS = 20_000
export const MAX_CSV_DEPTH = 100

/**
 * `POST /models/{name}/csv`: one row for each leaf of the model, names with dots and `[*]` for lists of objects.
 * @throws ValenceError BODY_INVALID when there is no definition of that name, or they go round in a circle
 */
export function modelCsv(name: string, definitions: Definitions): string {
  const root = definitionOf(definitions, name)
  if (!root)
    throw new ValenceError(
      'BODY_INVALID',
      `There is no definition "${name}" among ${Object.keys(definitions).join(', ')}`,
    )
  const items = isPart(root['items']) ? root['items'] : undefined
  const target = items ? (definitionOf(definitions, textOf(items, 'type')) ?? items) : root
  const rows: Part[] = []
  collect(definitions, target, '', 0, rows)
  // an empty text has quotes, no value has none: the file has to be read again
  const options = { header: true, columns: COLUMNS, cast: { boolean: String }, quoted_match: /^$/ }
  return stringify(rows, options)
}

function collect(definitions: Definitions, definition: Part, prefix: string, depth: number, rows: Part[]): void {
  if (depth > MAX_CSV_DEPTH)
    throw new ValenceError('BODY_INVALID', `The definitions nest deeper than ${MAX_CSV_DEPTH}, or in a circle`)
  const properties = isPart(definition['properties']) ? definition['properties'] : {}
  for (const [member, property] of Object.entries(properties)) {
    if (!isPart(property)) continue
    const items = isPart(property['items']) ? property['items'] : undefined
    const below = definitionOf(definitions, textOf(items ?? property, 'type'))
    if (below && !isEmpty(below)) {
      collect(definitions, below, `${prefix}${member}${items ? '[*]' : ''}.`, depth + 1, rows)
    } else if (below) rows.push(rowOf(`${prefix}${member}`, { type: 'object' }, items && { type: 'object' }))
    else rows.push(rowOf(`${prefix}${member}`, property, items))
    if (rows.length > MAX_CSV_ROWS)
      throw new ValenceError('BODY_INVALID', `The model has more than ${MAX_CSV_ROWS} fields`)
  }
}

/** An object of which nothing is known is a row of its own. */
function isEmpty({ properties }: Part): boolean {
  return !isPart(properties) || Object.keys(properties).length === 0
}

function rowOf(name: string, property: Part, items: Part | undefined): Part {
  const sample = property['x-samplevalue']
  return {
    sampleValue: typeof sample === 'object' && sample !== null ? JSON.stringify(sample) : sample,
    name,
    type: items ? `array-${textOf(items, 'type') ?? 'string'}` : property['type'],
    format: property['format'],
    request: true,
    response: true,
    nullable: false,
    mask: property['x-mask'],
    hidden: false,
    primaryKey: false,
    readOnly: false,
    required: false,
  }
}

function definitionOf(definitions: Definitions, name: string | undefined): Part | undefined {
  if (name === undefined || !Object.hasOwn(definitions, name)) return undefined
  const definition = definitions[name]
  return isPart(definition) ? definition : undefined
}
