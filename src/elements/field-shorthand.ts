import type { Schema } from '../model/element.ts'

/** What one line of a model says, e.g. `string(lead, contact) required` or `[price]`. */
export interface Field {
  schema: Schema
  /** name of the model that stands as type, if one does */
  model?: string
  readonly: boolean
  required: boolean
  createOnly: boolean
}

/** Type words of the manifest → OpenAPI 2 (spec 11 §8.1). */
const TYPES: Record<string, Schema> = {
  string: { type: 'string' },
  integer: { type: 'integer', format: 'int64' },
  number: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
  date: { type: 'string', format: 'date' },
  'date-time': { type: 'string', format: 'date-time' },
}
/** Words that name a type of their own and can therefore not name a model. */
export const TYPE_WORDS = Object.keys(TYPES)

const FLAGS = ['key', 'readonly', 'required', 'create-only']
const FORM = /^(?<list>\[)?(?<type>[A-Za-z_][\w-]*)(?<choices>\([^()]*\))?(?<end>\])?(?<flags>( +[a-z-]+)*)$/

/**
 * Reads the shorthand of one field: a type word or model name, in brackets for a list, choices in parentheses, then flags.
 * A flag `key` marks the primary key.
 *
 * @returns the field, or `problem`: what was expected, for the validator's message
 */
export function parseField(shorthand: string): Field | { problem: string } {
  const parts = FORM.exec(shorthand.trim())?.groups
  if (!parts?.type || Boolean(parts.list) !== Boolean(parts.end)) {
    return { problem: 'a type word, [type] for a list or type(a, b) for choices, then flags' }
  }
  const flags = (parts.flags ?? '').split(' ').filter(Boolean)
  const unknown = flags.find((name) => !FLAGS.includes(name))
  if (unknown) return { problem: `the flags ${FLAGS.join(', ')} (not "${unknown}")` }

  const known = Object.hasOwn(TYPES, parts.type) ? TYPES[parts.type] : undefined
  // A model is named by its definition in `type`, as exports do instead of `$ref` (spec 11 §8.1).
  const single: Schema = { ...(known ?? { type: parts.type }) }
  if (parts.choices)
    single.enum = parts.choices
      .slice(1, -1)
      .split(',')
      .map((choice) => choice.trim())
  const schema: Schema = parts.list ? { type: 'array', items: single } : single
  if (flags.includes('key')) schema['x-primary-key'] = true
  if (flags.includes('readonly')) schema.readOnly = true
  return {
    schema,
    ...(known ? {} : { model: parts.type }),
    readonly: flags.includes('readonly'),
    required: flags.includes('required'),
    createOnly: flags.includes('create-only'),
  }
}
