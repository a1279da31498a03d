import Type, { type Static } from 'typebox'

/**
 * The element format, `element.json` (spec 11). Wire names are kept. Unknown members are kept and returned, so every
 * shape is open; only what the engine reads, or what readers of an answer have to know, is named here.
 */
const open = { additionalProperties: true } as const
type Open = { [member: string]: unknown }
const optionalText = (description: string) => Type.Optional(Type.String({ description }))
const optionalFlag = (description: string) => Type.Optional(Type.Boolean({ description }))
const nullableText = (description: string) => Type.Optional(Type.Union([Type.String(), Type.Null()], { description }))
const id = Type.Optional(Type.Integer({ description: 'Made by the platform' }))

/** Declares one key an instance can carry; values are always strings (spec 11 §2). */
export const ConfigurationRow = Type.Object(
  {
    id,
    key: Type.String({ description: 'What instances name it by, e.g. `base.url`' }),
    name: Type.String({ description: 'What users read' }),
    description: optionalText('What is to be given'),
    type: optionalText('`TEXTFIELD_32` … `TEXTFIELD_1000`, `PASSWORD`, `BOOLEAN`, `LIST`, `MULTI_SELECT`, …'),
    defaultValue: nullableText('Value of instances that give none'),
    required: optionalFlag('An instance cannot do without it'),
    hideFromConsole: optionalFlag('Not to be asked of users'),
    internal: optionalFlag('Not to be set by callers'),
    active: optionalFlag('It counts'),
    displayOrder: Type.Optional(Type.Integer()),
    options: Type.Optional(Type.Array(Type.Object({ value: Type.String(), description: Type.String() }))),
  },
  { ...open, title: 'ConfigurationRow' },
)
export interface ConfigurationRow extends Static<typeof ConfigurationRow>, Open {}

/** Moves one value from the caller's side to the vendor's side (`source: request`) or back (spec 11 §3). */
export const Parameter = Type.Object(
  {
    id,
    name: Type.String({ description: 'Name on the side of the caller; of a constant its value' }),
    type: Type.String({ description: 'Where it is there: `query`, `path`, `header`, `body`, `bodyField`, `value`, …' }),
    vendorName: Type.String({ description: 'Name on the side of the vendor' }),
    vendorType: Type.String({ description: 'Where it goes there' }),
    source: optionalText('`request` or `response`'),
    required: optionalFlag('A call without it is refused'),
    dataType: optionalText('Type on the side of the caller'),
    vendorDataType: optionalText('Type on the side of the vendor'),
    converter: optionalText('How the value changes on the way'),
    description: optionalText('What it means'),
  },
  { ...open, title: 'Parameter' },
)
export interface Parameter extends Static<typeof Parameter>, Open {}

export const Hook = Type.Object(
  {
    id,
    type: Type.String({ description: '`preRequest`, `postRequest`, `event`, …' }),
    body: optionalText('The script'),
    isLegacy: optionalFlag('It ends with `return`, not with `done()`'),
    mimeType: optionalText('`application/javascript`'),
  },
  { ...open, title: 'Hook' },
)
export interface Hook extends Static<typeof Hook>, Open {}

/** OpenAPI 2 schema with the liberties of spec 11 §8.1 (a definition name may stand in `type`). */
export interface Schema {
  type?: string
  format?: string
  properties?: Record<string, Schema>
  items?: Schema
  required?: string[]
  enum?: unknown[]
  [member: string]: unknown
}

const Definitions = Type.Optional(
  Type.Unsafe<Record<string, Schema>>(
    Type.Object({}, { ...open, description: 'Definitions by name, as in OpenAPI 2' }),
  ),
)

export const ResourceModel = Type.Object(
  {
    name: optionalText('Name of the definition of an answer'),
    transform: optionalFlag('Answers are taken apart by it'),
    swagger: Definitions,
    requestName: optionalText('Name of the definition of a request'),
    requestSwagger: Definitions,
  },
  { ...open, title: 'ResourceModel' },
)
export interface ResourceModel extends Static<typeof ResourceModel>, Open {}

export const Resource = Type.Object(
  {
    id,
    method: Type.String(),
    path: Type.String({ description: '`/hubs/<hub>/…` with `{variables}`' }),
    vendorMethod: optionalText('Method of the call to the vendor'),
    vendorPath: optionalText('Its path, appended to `base.url`'),
    /** the lifecycle types are in spec 11 §4.3 */
    type: optionalText('`api` when absent; `onProvision`, `oauthToken`, … are called by the platform'),
    kind: optionalText('How it is made'),
    rootKey: nullableText('Where the records are in the vendor’s answer'),
    nextPageKey: nullableText('Where the vendor’s answer says that there is a next page'),
    hasMoreKey: nullableText('Where the vendor’s answer says whether there is one, when `nextPageKey` does not'),
    nextResource: nullableText('The resource that is called after this one'),
    searchResource: nullableText('The resource that answers this list when the caller gives a `where`'),
    paginationType: nullableText('`page`, `offset` or `cursor`, where it differs from the element’s'),
    operationId: optionalText('Name in the document that it was imported from; ours are made of method and path'),
    description: optionalText('What it does'),
    objectName: optionalText('Name of its records'),
    parameters: Type.Optional(Type.Unsafe<Parameter[]>(Type.Array(Parameter))),
    hooks: Type.Optional(Type.Unsafe<Hook[]>(Type.Array(Hook))),
    response: Type.Optional(
      Type.Unsafe<{ contentType?: string } & Open>(
        Type.Object({ contentType: optionalText('What the vendor answers') }, open),
      ),
    ),
    model: Type.Optional(Type.Unsafe<ResourceModel>(ResourceModel)),
  },
  { ...open, title: 'Resource' },
)
export interface Resource extends Static<typeof Resource>, Open {}

export const ElementField = Type.Object(
  { id, name: Type.Optional(Type.String()), type: optionalText('Type of its values') },
  { ...open, title: 'ElementField' },
)

/** An object of the older way to describe data (spec 11 §8.2). */
export const ElementObject = Type.Object(
  { id, name: Type.String(), fields: Type.Optional(Type.Array(ElementField)) },
  { ...open, title: 'ElementObject' },
)

/** What the records of a resource are made of (spec 11 §8.3). */
export const ElementModel = Type.Object(
  {
    id,
    name: Type.Optional(Type.String()),
    fields: Type.Optional(Type.Array(ElementField)),
    modelFields: Type.Optional(Type.Array(ElementField, { description: 'Another name of `fields`' })),
  },
  { ...open, title: 'ElementModel' },
)

const members = {
  id: Type.Integer(),
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  hub: Type.String({ description: 'Key of the hub' }),
  authentication: Type.Object({ type: Type.String({ description: '`oauth2`, `basic`, `apiKey`, `custom`, …' }) }, open),
  protocolType: optionalText('`http`, `soap`, `odata`, …'),
  active: optionalFlag('Shown in the catalog'),
  deleted: optionalFlag('Always false: deleted ones are not shown'),
  private: optionalFlag('Of one account, and of those it is shared with'),
  extended: optionalFlag('Shipped, with additions of the account'),
}

/** Without its long lists (spec 10 §2.3). */
export const ElementSummary = Type.Object(members, { ...open, title: 'ElementSummary' })

export const Element = Type.Object(
  {
    ...members,
    configuration: Type.Unsafe<ConfigurationRow[]>(Type.Array(ConfigurationRow)),
    parameters: Type.Unsafe<Parameter[]>(Type.Array(Parameter)),
    resources: Type.Unsafe<Resource[]>(Type.Array(Resource)),
    hooks: Type.Unsafe<Hook[]>(Type.Array(Hook)),
    objects: Type.Optional(Type.Unsafe<unknown[]>(Type.Array(ElementObject))),
    models: Type.Optional(Type.Unsafe<unknown[]>(Type.Array(ElementModel))),
  },
  { ...open, title: 'Element' },
)
export interface Element extends Static<typeof Element>, Open {}

/** A hub is a category of elements; it has no schema of its own (spec 10 §3, 12 §1). */
export const Hub = Type.Object(
  {
    id: Type.Integer(),
    key: Type.String(),
    name: Type.String(),
    description: Type.String(),
    videoLink: optionalText('Address of an introduction'),
    active: Type.Boolean(),
    /** shown by `GET /hubs?hydrate=true` */
    resources: Type.Array(Type.String(), { description: 'Names of the resources that its elements have in common' }),
  },
  { title: 'Hub' },
)
export type Hub = Static<typeof Hub>
