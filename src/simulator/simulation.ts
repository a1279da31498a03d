import { type Static, Type } from 'typebox'

/**
 * `catalog/<key>/simulation.yaml`: what a vendor does that its element.json cannot say. Every member is optional;
 * docs/simulator.md explains each one. The schema is the only description of the shape.
 */
const closed = { additionalProperties: false }
const Text = Type.String({ minLength: 1 })
const Whole = Type.Integer({ minimum: 0 })
const Conditions = Type.Record(Type.String(), Type.Unknown())

/** How filters are written: one function each in `filter-languages.ts`. */
export const FILTER_LANGUAGES = ['condition', 'groups', 'criteria', 'operators', 'terms', 'term', 'boolean'] as const
export type FilterLanguage = (typeof FILTER_LANGUAGES)[number]

export const Reference = Type.Union([
  Text,
  Type.Object({ by: Text, to: Type.Record(Type.String(), Type.String()) }, closed),
])

export const Derivation = Type.Object(
  {
    when: Type.Optional(Conditions),
    text: Type.Optional(Text),
    value: Type.Optional(Type.Unknown()),
    field: Type.Optional(Text),
    through: Type.Optional(Text),
    past: Type.Optional(Text),
  },
  closed,
)

export const FieldRule = Type.Object(
  {
    type: Type.Optional(
      Type.Enum([
        'string',
        'integer',
        'number',
        'decimal',
        'boolean',
        'date',
        'date-time',
        'strings',
        'array',
        'object',
      ]),
    ),
    readOnly: Type.Optional(Type.Boolean()),
    createOnly: Type.Optional(Type.Boolean()),
    required: Type.Optional(Type.Boolean()),
    requiredWhen: Type.Optional(Conditions),
    requiredWithout: Type.Optional(Text),
    enum: Type.Optional(Type.Array(Type.Unknown())),
    reference: Type.Optional(Reference),
    default: Type.Optional(Type.Unknown()),
    stamp: Type.Optional(Type.Enum(['now', 'me'])),
    on: Type.Optional(Text),
    derive: Type.Optional(Type.Array(Derivation)),
    sample: Type.Optional(Type.Unknown()),
    makes: Type.Optional(Type.Record(Type.String(), Text)),
    label: Type.Optional(Text),
    custom: Type.Optional(Type.Boolean()),
    filterable: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type FieldRule = Static<typeof FieldRule>

const SampleGroup = Type.Object(
  { count: Whole, fields: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
  closed,
)

const Paging = Type.Object(
  {
    style: Type.Optional(Type.Enum(['page', 'offset', 'cursor', 'after', 'none'])),
    position: Type.Optional(Text),
    size: Type.Optional(Text),
    first: Type.Optional(Whole),
    defaultSize: Type.Optional(Type.Integer({ minimum: 1 })),
    maxSize: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
)

const Sort = Type.Object(
  {
    parameter: Type.Optional(Text),
    direction: Type.Optional(Text),
    grammar: Type.Optional(Type.Enum(['colon', 'space', 'minus', 'any'])),
    default: Type.Optional(Text),
  },
  closed,
)

const Envelope = Type.Object(
  {
    list: Type.Optional(Type.Unknown()),
    listItem: Type.Optional(Type.Unknown()),
    item: Type.Optional(Type.Unknown()),
    request: Type.Optional(
      Type.Object(
        { root: Type.Optional(Text), required: Type.Optional(Type.Boolean()), lift: Type.Optional(Text) },
        closed,
      ),
    ),
  },
  closed,
)

/** What a write is answered with where it is not the row. */
const WriteAnswer = Type.Object(
  {
    status: Type.Optional(Whole),
    body: Type.Optional(Type.Unknown()),
    headers: Type.Optional(Type.Record(Type.String(), Text)),
  },
  closed,
)

const Writes = Type.Object(
  {
    created: Type.Optional(WriteAnswer),
    updated: Type.Optional(WriteAnswer),
    deleted: Type.Optional(WriteAnswer),
  },
  closed,
)
export type WriteAnswer = Static<typeof WriteAnswer>

const Find = Type.Object(
  {
    language: Type.Enum([...FILTER_LANGUAGES]),
    parameter: Text,
    aliases: Type.Optional(Type.Record(Type.String(), Text)),
    path: Type.Optional(Text),
    method: Type.Optional(Type.Enum(['GET', 'POST'])),
    given: Type.Optional(Type.Record(Type.String(), Text)),
    paging: Type.Optional(Paging),
    envelope: Type.Optional(Envelope),
    sorts: Type.Optional(Type.Object({ member: Text, field: Text, direction: Text }, closed)),
  },
  closed,
)

const Statement = Type.Object(
  {
    parameter: Text,
    method: Type.Optional(Type.Enum(['GET', 'POST'])),
    flat: Type.Optional(Type.Boolean()),
    maxOffset: Type.Optional(Whole),
    maxAllFields: Type.Optional(Whole),
  },
  closed,
)

const Describes = Type.Object(
  {
    parameter: Type.Optional(Text),
    resource: Type.Optional(Text),
    body: Type.Optional(Type.Unknown()),
    each: Type.Optional(Type.Unknown()),
    option: Type.Optional(Type.Unknown()),
    types: Type.Optional(Type.Record(Type.String(), Text)),
    customOnly: Type.Optional(Type.Boolean()),
  },
  closed,
)

const Select = Type.Object(
  {
    parameter: Text,
    defaults: Type.Optional(Type.Array(Text)),
    always: Type.Optional(Type.Array(Text)),
  },
  closed,
)

/** What a POST below one row does to it. */
const Action = Type.Object(
  {
    method: Type.Optional(Type.Enum(['POST', 'PUT', 'PATCH', 'DELETE'])),
    path: Type.Optional(Text),
    set: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    makes: Type.Optional(Type.Boolean()),
    status: Type.Optional(Whole),
  },
  closed,
)
export type Action = Static<typeof Action>

export const OPERATIONS = ['list', 'create', 'read', 'update', 'patch', 'delete', 'upsert'] as const

export const ResourceRules = Type.Object(
  {
    path: Type.Optional(Text),
    alsoAt: Type.Optional(Type.Array(Text)),
    selfPath: Type.Optional(Text),
    single: Type.Optional(Type.Boolean()),
    operations: Type.Optional(Type.Array(Type.Enum([...OPERATIONS]))),
    type: Type.Optional(Text),
    id: Type.Optional(Text),
    ids: Type.Optional(Type.Enum(['integer', 'text', 'uuid'])),
    sort: Type.Optional(Sort),
    filters: Type.Optional(Type.Array(Text)),
    filterDefaults: Type.Optional(Type.Record(Type.String(), Type.String())),
    search: Type.Optional(Type.Record(Type.String(), Type.String())),
    paging: Type.Optional(Paging),
    envelope: Type.Optional(Envelope),
    shows: Type.Optional(Type.Object({ resource: Text, by: Type.Optional(Text) }, closed)),
    actions: Type.Optional(Type.Record(Type.String(), Action)),
    unknownFields: Type.Optional(Type.Enum(['keep', 'drop'])),
    fields: Type.Optional(Type.Record(Type.String(), FieldRule)),
    samples: Type.Optional(Type.Array(SampleGroup)),
    calls: Type.Optional(
      Type.Object({ member: Text, id: Text, list: Text, create: Text, update: Text, delete: Text }, closed),
    ),
    open: Type.Optional(Type.Boolean()),
    holds: Type.Optional(Type.Record(Type.String(), Type.Object({ resource: Text, by: Text }, closed))),
    object: Type.Optional(Text),
    idFormat: Type.Optional(Text),
    find: Type.Optional(Find),
    select: Type.Optional(Select),
    nested: Type.Optional(Type.Object({ member: Text, except: Type.Array(Text) }, closed)),
    adds: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    writes: Type.Optional(Writes),
    statement: Type.Optional(Statement),
    describes: Type.Optional(Describes),
  },
  closed,
)
export type ResourceRules = Static<typeof ResourceRules>

/** One call of a vendor that keeps files and folders; where a value stands is written `path.id`, `query.x`, `body.x.y`. */
const TreeCall = Type.Object(
  {
    method: Type.Enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: Text,
    does: Type.Enum(['list', 'read', 'download', 'upload', 'makeFolder', 'delete', 'copy', 'move', 'search']),
    when: Type.Optional(Text),
    by: Type.Optional(Type.Enum(['id', 'path'])),
    at: Type.Optional(Text),
    name: Type.Optional(Text),
    to: Type.Optional(Text),
    toBy: Type.Optional(Type.Enum(['id', 'path'])),
    toPath: Type.Optional(Type.Boolean()),
    makesParents: Type.Optional(Type.Boolean()),
    refusesTaken: Type.Optional(Type.Boolean()),
    query: Type.Optional(Text),
    size: Type.Optional(Text),
    offset: Type.Optional(Text),
    cursor: Type.Optional(Text),
    status: Type.Optional(Whole),
    each: Type.Optional(Type.Unknown()),
    body: Type.Optional(Type.Unknown()),
    headers: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
)
export type TreeCall = Static<typeof TreeCall>

const TreeRules = Type.Object(
  {
    root: Type.Optional(Type.String()),
    idFormat: Type.Optional(Text),
    status: Type.Optional(Type.Record(Type.String(), Whole)),
    file: Type.Unknown(),
    folder: Type.Unknown(),
    samples: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    calls: Type.Array(TreeCall),
  },
  closed,
)
export type TreeRules = Static<typeof TreeRules>

const ErrorText = Type.Object(
  { code: Type.Optional(Text), message: Type.Optional(Text), details: Type.Optional(Text) },
  closed,
)

/** How the vendor tells whoever subscribed of its rows. */
const Webhooks = Type.Object(
  {
    /** template of the body; names of facts: docs/simulator.md */
    body: Type.Optional(Type.Unknown()),
    /** the vendor's words for what happened */
    changes: Type.Optional(
      Type.Object({ created: Type.Optional(Text), updated: Type.Optional(Text), deleted: Type.Optional(Text) }, closed),
    ),
    /** HMAC-SHA256 */
    signature: Type.Optional(
      Type.Object(
        {
          header: Text,
          value: Text,
          content: Text,
          encoding: Type.Enum(['hex', 'base64']),
          /** where the answer to the subscription has the key; otherwise a known one signs */
          key: Type.Optional(Text),
          headers: Type.Optional(Type.Record(Type.String(), Text)),
        },
        closed,
      ),
    ),
  },
  closed,
)

export const SimulationFile = Type.Object(
  {
    vendor: Type.Optional(Text),
    requestContentType: Type.Optional(Text),
    me: Type.Optional(Text),
    oauth: Type.Optional(
      Type.Object(
        {
          scope: Type.Optional(Text),
          rotateRefreshTokens: Type.Optional(Type.Boolean()),
          accessTokenSeconds: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        closed,
      ),
    ),
    status: Type.Optional(
      Type.Object(
        {
          created: Type.Optional(Whole),
          deleted: Type.Optional(Whole),
          invalid: Type.Optional(Whole),
          emptyList: Type.Optional(Whole),
        },
        closed,
      ),
    ),
    webhooks: Type.Optional(Webhooks),
    credentials: Type.Optional(
      Type.Object(
        {
          header: Type.Optional(Text),
          scheme: Type.Optional(Text),
          query: Type.Optional(Text),
          accepts: Type.Optional(Text),
        },
        closed,
      ),
    ),
    writes: Type.Optional(Writes),
    errors: Type.Optional(
      Type.Object(
        {
          body: Type.Optional(Type.Unknown()),
          problem: Type.Optional(Type.Unknown()),
          texts: Type.Optional(Type.Record(Type.String(), ErrorText)),
        },
        closed,
      ),
    ),
    envelope: Type.Optional(Envelope),
    paging: Type.Optional(Paging),
    sort: Type.Optional(Sort),
    tree: Type.Optional(TreeRules),
    unknownPaths: Type.Optional(Type.Enum(['refuse', 'echo'])),
    resources: Type.Optional(Type.Record(Type.String(), ResourceRules)),
  },
  closed,
)
export type SimulationFile = Static<typeof SimulationFile>

/** A row as the vendor would send it. */
export type Row = Record<string, unknown>

export interface Simulation extends SimulationFile {
  /** rows given as data instead of generated, by resource name (`fixtures/<resource>.yaml`) */
  fixtures?: Record<string, Row[]>
}
