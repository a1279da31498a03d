import Type, { type Static } from 'typebox'

const text = (description: string) => Type.Optional(Type.String({ description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))

/** A field of an object (spec 23 §B2). Only `vendorPath` and `type` are always there; a native source may say more. */
export const FieldMetadata = Type.Object(
  {
    path: text('Common name; the vendor’s where there is no common resource'),
    vendorPath: Type.String({ description: 'Name as the vendor has it, `a.b[*].c` inside of others' }),
    type: Type.String({ description: '`string`, `number`, `boolean`, `date`, `array`, `object` or `unknown`' }),
    displayName: text('What users read'),
    vendorDisplayName: text('The same, in the words of the vendor'),
    vendorNativeType: text('Type in the words of the vendor'),
    vendorRequired: flag('A new record needs it'),
    vendorReadOnly: flag('The vendor writes it'),
    mask: text('Pattern of its dates'),
    hidden: flag('Not for users'),
    filterable: flag('`where` may name it'),
    createable: flag('A new record may have it'),
    updateable: flag('A change may have it'),
    custom: flag('The customer made it'),
    picklistValues: Type.Optional(Type.Array(Type.Unknown(), { description: 'Its choices' })),
    restrictedPicklist: flag('There are no other values'),
    method: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), request: Type.Boolean(), response: Type.Boolean() }), {
        description: 'Where it appears',
      }),
    ),
  },
  { additionalProperties: true, title: 'FieldMetadata' },
)
export type FieldMetadata = Static<typeof FieldMetadata>

export interface ObjectMetadata {
  fields: FieldMetadata[]
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  number: 'number integer int int32 int64 long short float double decimal numeric currency money percent'.split(' '),
  boolean: 'boolean bool checkbox toggle'.split(' '),
  date: 'date datetime date-time date_time timestamp time'.split(' '),
  array:
    'array list set multiselect multi_select multi_select_list multipicklist multiselectpicklist multi_checkbox tags'.split(
      ' ',
    ),
  object: 'object map struct reference_object'.split(' '),
  string:
    'string text textarea varchar char email phone url uri uuid id password enum picklist select dropdown single_select_list radio address geo'.split(
      ' ',
    ),
}
const TYPES = new Map(Object.entries(WORDS).flatMap(([type, words]) => words.map((word) => [word, type] as const)))

/** One of the six types for a vendor's word; `unknown` for one that nobody knows. */
export function normalType(word: unknown): string {
  return (typeof word === 'string' && TYPES.get(word.toLowerCase())) || 'unknown'
}
