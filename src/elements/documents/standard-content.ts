import type { Element } from '../../model/element.ts'
import { isPart } from '../part-kinds.ts'
import { referenceTo } from './clean-schema.ts'
import { AUTHORIZATION, FIELDS, NEXT_PAGE } from './operation-parameters.ts'
import { responsesWith } from './responses.ts'
import { BULK_DEFINITIONS, listOf, STANDARD_DEFINITIONS } from './standard-definitions.ts'
import type { JsonSchema, Method, SwaggerOperation, SwaggerParameter } from './swagger.ts'

/** An operation that has no id yet: that depends on the whole document. */
export interface Draft {
  method: Method
  path: string
  operation: Omit<SwaggerOperation, 'operationId'>
}

const path = (name: string, description: string): SwaggerParameter => ({
  name,
  in: 'path',
  description,
  type: 'string',
  required: true,
})
const query = (name: string, description: string, type = 'string'): SwaggerParameter => ({
  name,
  in: 'query',
  description,
  type,
  required: false,
})
const OBJECT_NAME = path('objectName', 'Name of the object')
const OBJECT_ID = path('objectId', 'Id of the record')
const CHILD_NAME = path('childObjectName', 'Name of the object below it')
const CHILD_ID = path('childObjectId', 'Id of the record below it')
const WHERE = query('where', 'Condition in CEQL, without the word WHERE')
const PAGE_SIZE: SwaggerParameter = {
  ...query('pageSize', 'Records a page: 200 unless said, 5000 at most', 'integer'),
  format: 'int64',
}
const ELEMENTS_VERSION: SwaggerParameter = {
  name: 'Elements-Version',
  in: 'header',
  description: 'Shape of the answer',
  type: 'string',
  enum: ['Hydrogen', 'Helium'],
  required: false,
}
const RECORD: SwaggerParameter = {
  name: 'body',
  in: 'body',
  description: 'The record',
  required: true,
  schema: referenceTo('Object'),
}
const DOCS = [
  query('discovery', 'With fields that the instance has of its own', 'boolean'),
  query('resolveReferences', 'References are written out', 'boolean'),
  query('basic', 'Without extensions', 'boolean'),
  { ...query('version', 'Version of the document; `-1` is the newest'), default: '-1' },
]
const RECORD_SCHEMA = referenceTo('Object')

interface Row {
  call: `${Uppercase<Method>} /${string}`
  summary: string
  parameters?: readonly SwaggerParameter[]
  answer?: JsonSchema
  produces?: readonly string[]
  consumes?: readonly string[]
}

const LIST = [WHERE, PAGE_SIZE, NEXT_PAGE]
const ONE = [OBJECT_NAME, OBJECT_ID]
const CHILDREN = [...ONE, CHILD_NAME]
const CHILD = [...CHILDREN, CHILD_ID]

/** spec 23 §A5; `/query` is a resource of the elements that have it */
const ROWS: readonly Row[] = [
  { call: 'GET /ping', summary: 'Ask whether the instance works', answer: referenceTo('Pong') },
  {
    call: 'GET /objects',
    summary: 'List objects',
    parameters: [ELEMENTS_VERSION],
    answer: listOf({ type: 'string' }),
  },
  {
    call: 'GET /objects/{objectName}/metadata',
    summary: 'List fields of an object',
    parameters: [OBJECT_NAME, ELEMENTS_VERSION],
    answer: referenceTo('objectsMetadata'),
  },
  {
    call: 'GET /objects/{objectName}/docs',
    summary: 'Read the document of an object',
    parameters: [OBJECT_NAME, ...DOCS],
    answer: referenceTo('swaggerDocs'),
  },
  {
    call: 'GET /{objectName}',
    summary: 'Search an object',
    parameters: [OBJECT_NAME, ...LIST],
    answer: listOf(RECORD_SCHEMA),
  },
  { call: 'POST /{objectName}', summary: 'Create a record', parameters: [OBJECT_NAME, RECORD] },
  {
    call: 'GET /{objectName}/{objectId}',
    summary: 'Read a record',
    parameters: ONE,
    answer: RECORD_SCHEMA,
    produces: ['application/json', 'application/pdf'],
  },
  {
    call: 'PATCH /{objectName}/{objectId}',
    summary: 'Change a record',
    parameters: [...ONE, RECORD],
    answer: RECORD_SCHEMA,
  },
  {
    call: 'PUT /{objectName}/{objectId}',
    summary: 'Replace a record',
    parameters: [...ONE, RECORD],
    answer: RECORD_SCHEMA,
  },
  { call: 'DELETE /{objectName}/{objectId}', summary: 'Delete a record', parameters: ONE },
  {
    call: 'GET /{objectName}/{objectId}/{childObjectName}',
    summary: 'Search what is below a record',
    parameters: [...CHILDREN, ...LIST],
    answer: listOf(RECORD_SCHEMA),
  },
  {
    call: 'POST /{objectName}/{objectId}/{childObjectName}',
    summary: 'Create a record below another',
    parameters: [...CHILDREN, RECORD],
  },
  {
    call: 'GET /{objectName}/{objectId}/{childObjectName}/{childObjectId}',
    summary: 'Read a record below another',
    parameters: CHILD,
    answer: RECORD_SCHEMA,
  },
  {
    call: 'PATCH /{objectName}/{objectId}/{childObjectName}/{childObjectId}',
    summary: 'Change a record below another',
    parameters: [...CHILD, RECORD],
    answer: RECORD_SCHEMA,
  },
  {
    call: 'PUT /{objectName}/{objectId}/{childObjectName}/{childObjectId}',
    summary: 'Replace a record below another',
    parameters: [...CHILD, RECORD],
    answer: RECORD_SCHEMA,
  },
  {
    call: 'DELETE /{objectName}/{objectId}/{childObjectName}/{childObjectId}',
    summary: 'Delete a record below another',
    parameters: CHILD,
  },
]

const JOB = path('id', 'Id of the bulk job')
const CALLBACK: SwaggerParameter = {
  name: 'Elements-Async-Callback-Url',
  in: 'header',
  description: 'Address that is told when the job is done',
  type: 'string',
  required: false,
}
const META_DATA: SwaggerParameter = {
  name: 'metaData',
  in: 'formData',
  description: 'JSON that comes back with the notification, and settings of the file',
  type: 'string',
  required: false,
}
const MULTIPART = ['multipart/form-data']
const QUERY_ROW: Row = {
  call: 'POST /bulk/query',
  summary: 'Start a download by a query',
  parameters: [
    CALLBACK,
    query('q', 'The query in CEQL: select * from contacts limit 100'),
    query('lastRunDate', 'The same as from'),
    query('from', 'Only what changed since, ISO 8601'),
    query('to', 'Only what changed until'),
    META_DATA,
  ],
  consumes: MULTIPART,
  answer: referenceTo('BulkQuery'),
}
const DOWNLOAD_ROW: Row = {
  call: 'POST /bulk/download',
  summary: 'Start a download',
  parameters: [{ ...RECORD, description: 'What to download', schema: referenceTo('bulkDownloadRequest') }],
  answer: referenceTo('BulkQuery'),
}
const UPLOAD_ROW: Row = {
  call: 'POST /bulk/{objectName}',
  summary: 'Upload a file of records',
  parameters: [
    CALLBACK,
    OBJECT_NAME,
    META_DATA,
    {
      name: 'file',
      in: 'formData',
      description: 'CSV with a header row, or JSON objects',
      type: 'file',
      required: false,
    },
  ],
  consumes: MULTIPART,
  answer: referenceTo('BulkUploadResponse'),
}
const JOB_ROWS: readonly Row[] = [
  {
    call: 'GET /bulk/jobs',
    summary: 'List bulk jobs',
    parameters: [WHERE, NEXT_PAGE, PAGE_SIZE],
    answer: referenceTo('BulkJobList'),
  },
  {
    call: 'GET /bulk/{id}/status',
    summary: 'Read the state of a bulk job',
    parameters: [JOB],
    answer: referenceTo('BulkStatus'),
  },
  {
    call: 'GET /bulk/{id}/errors',
    summary: 'List errors of a bulk job',
    parameters: [JOB, PAGE_SIZE, NEXT_PAGE],
    answer: listOf({ type: 'string' }),
  },
  {
    call: 'GET /bulk/{id}/{objectName}',
    summary: 'Read what a bulk job downloaded',
    parameters: [JOB, OBJECT_NAME],
    produces: ['text/csv', 'application/json', 'application/jsonl'],
    answer: { type: 'file' },
  },
  {
    call: 'PUT /bulk/{id}/cancel',
    summary: 'Cancel a bulk job',
    parameters: [JOB],
    answer: referenceTo('BulkStatus'),
  },
]

/** What every element answers beside its own resources. @param takesFields as in `operationParameters` */
export function standardOperations({ takesFields }: { takesFields: boolean }): Draft[] {
  return ROWS.map((row) => {
    const isList = row.parameters?.includes(WHERE) ?? false
    return toDraft(isList && takesFields ? { ...row, parameters: [...(row.parameters ?? []), FIELDS] } : row)
  })
}

export function standardDefinitions(element: Element): Readonly<Record<string, JsonSchema>> {
  return bulkRows(element).length > 0 ? { ...STANDARD_DEFINITIONS, ...BULK_DEFINITIONS } : STANDARD_DEFINITIONS
}

/** By flags of the element and of its objects (spec 22 §12). */
export function bulkOperations(element: Element): Draft[] {
  return bulkRows(element).map(toDraft)
}

function bulkRows(element: Element): readonly Row[] {
  const objects = (Array.isArray(element.objects) ? element.objects : []).filter(isPart)
  const has = (flag: string) => objects.some((object) => object[flag] === true)
  const rows = [
    ...(element['bulkDownloadEnabled'] === true || has('bulkDownloadEnabled') ? [QUERY_ROW] : []),
    ...(element['bulkUploadEnabled'] === true || has('bulkUploadEnabled') ? [UPLOAD_ROW] : []),
    ...(has('hulkDownloadEnabled') ? [DOWNLOAD_ROW] : []),
  ]
  return rows.length > 0 ? [...rows, ...JOB_ROWS] : []
}

function toDraft({ call, summary, parameters = [], answer, produces, consumes }: Row): Draft {
  const [method = '', where = ''] = call.split(' ')
  return {
    method: method.toLowerCase() as Method,
    path: where,
    operation: {
      summary,
      tags: [tagOf(where)],
      parameters: [AUTHORIZATION, ...parameters],
      responses: responsesWith(answer),
      ...(consumes ? { consumes } : {}),
      ...(produces ? { produces } : {}),
    },
  }
}

/** First segment of the path, without braces (spec 23 §A2). */
export function tagOf(where: string): string {
  return (where.split('/')[1] ?? '').replace(/^\{(.*)\}$/, '$1')
}
