import { parseField } from '../field-shorthand.ts'
import { type Check, type Checked, either, isPlainObject, mapOf, refuseProblems, shape, text } from '../shape.ts'
import type { CanonicalField, HubModel } from './hub-model.ts'

const PATH = /^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/

const fieldText: Check<string> = (value, path, report) => {
  if (typeof value !== 'string') return report(path, 'a field such as "string readonly"', value)
  const field = parseField(value)
  if ('problem' in field) report(path, field.problem, value)
  else if (field.model !== undefined || field.schema.type === 'array') report(path, 'one plain value', value)
}
const field = either(isPlainObject, shape({ type: fieldText }, { description: text() }), fieldText)

const modelShape = mapOf(
  shape({ description: text(), fields: mapOf(field, PATH, 'a dotted path of letters, digits and _') }, {}),
  /^[a-z][A-Za-z0-9-]*$/,
  'the name of an object',
)
/** What several objects share is written once, at the top level, as an anchor. */
const isObject = ([, entry]: [string, unknown]) => isPlainObject(entry) && ('fields' in entry || 'description' in entry)

/**
 * One `<hub>.model.yaml`.
 * @throws ValenceError MANIFEST_INVALID, one line per problem
 */
export function readHubModel(hub: string, value: unknown, source: string): HubModel {
  const objects = isPlainObject(value) ? Object.fromEntries(Object.entries(value).filter(isObject)) : value
  refuseProblems(source, (report) => modelShape(objects, '', report))
  const checked = objects as Checked<typeof modelShape>
  return {
    hub,
    objects: new Map(
      Object.entries(checked).map(([name, { description, fields }]) => [
        name,
        { name, description, fields: Object.entries(fields).map(toField) },
      ]),
    ),
  }
}

function toField([path, given]: [string, Checked<typeof field>]): CanonicalField {
  const { type: shorthand, description } = typeof given === 'string' ? { type: given, description: undefined } : given
  const parsed = parseField(shorthand)
  if ('problem' in parsed) throw new Error(`${path}: ${parsed.problem}`)
  const { type = 'string', format } = parsed.schema
  const isDate = format === 'date' || format === 'date-time'
  return {
    path,
    type: isDate ? 'date' : type === 'integer' ? 'number' : type,
    format,
    description,
    isReadOnly: parsed.readonly,
  }
}
