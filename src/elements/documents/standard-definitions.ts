import { referenceTo } from './clean-schema.ts'
import type { JsonSchema } from './swagger.ts'

const string: JsonSchema = { type: 'string' }
const boolean: JsonSchema = { type: 'boolean' }
const integer: JsonSchema = { type: 'integer', format: 'int32' }
const long: JsonSchema = { type: 'integer', format: 'int64' }
const dateTime: JsonSchema = { type: 'string', format: 'date-time' }

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

export function object(properties: Readonly<Record<string, JsonSchema>>, more: JsonSchema = {}): JsonSchema {
  return { type: 'object', ...more, properties }
}

const STATUSES = ['200', '400', '401', '403', '404', '405', '406', '409', '415', '500', '502']

/** Its one member is called `$ref`, which readers of documents would take for a reference of ours. */
const REFERENCE: JsonSchema = { type: 'object', description: 'A reference: `{"$ref": "#/definitions/contacts"}`' }

/** Of this very format: what `/objects/{objectName}/docs` answers. */
const SWAGGER_DOCS: Readonly<Record<string, JsonSchema>> = {
  swaggerDocs: object({
    swagger: { ...string, 'x-samplevalue': '2.0' },
    host: string,
    basePath: { ...string, 'x-samplevalue': '/elements/api-v2' },
    schemes: { ...listOf(string), 'x-samplevalue': ['https'] },
    info: referenceTo('swaggerinfo'),
    tags: listOf(referenceTo('swaggertags')),
    paths: referenceTo('swaggerpaths'),
    definitions: referenceTo('swaggerdefinitions'),
  }),
  swaggerinfo: object({ title: string, version: string, contact: referenceTo('swaggercontact') }),
  swaggercontact: object({ email: string }),
  swaggertags: object({ name: string }),
  swaggerpaths: object({ '/contacts': referenceTo('swagger-contacts-path') }),
  'swagger-contacts-path': object({ post: referenceTo('swaggerpost') }),
  swaggerpost: object({
    summary: string,
    operationId: { ...string, 'x-samplevalue': 'createContact' },
    tags: listOf(string),
    parameters: listOf(referenceTo('swaggerparameters')),
    responses: referenceTo('swaggerresponses'),
  }),
  swaggerparameters: object({
    name: string,
    in: string,
    description: string,
    type: string,
    required: boolean,
    schema: referenceTo('swaggerparametersschema'),
  }),
  swaggerparametersschema: REFERENCE,
  swaggerresponses: object(Object.fromEntries(STATUSES.map((status) => [status, referenceTo(`swagger${status}`)]))),
  ...Object.fromEntries(
    STATUSES.map((status) => [
      `swagger${status}`,
      object({ description: string, ...(status === '200' ? { schema: referenceTo('swaggerschema') } : {}) }),
    ]),
  ),
  swaggerschema: REFERENCE,
  swaggerdefinitions: object({ 'definition-name': referenceTo('swaggerdefinition-name') }),
  'swaggerdefinition-name': object({ properties: referenceTo('swaggerproperties') }),
  swaggerproperties: object({ 'definition-property': referenceTo('swaggerdefinition-property') }),
  'swaggerdefinition-property': object({ type: string }),
}

/** What every document defines (spec 23 §A5). */
export const STANDARD_DEFINITIONS: Readonly<Record<string, JsonSchema>> = {
  Object: object({ objectField: string }, { description: 'A record of an object, which has members of its own' }),
  Pong: object({ dateTime, endpoint: string, valid: boolean }),
  objectsMetadata: object({ fields: listOf(referenceTo('objectsMetadataFields')) }),
  objectsMetadataFields: object({
    mask: string,
    type: string,
    vendorDisplayName: string,
    vendorPath: string,
    vendorReadOnly: boolean,
    vendorRequired: boolean,
  }),
  ...SWAGGER_DOCS,
}

/** The same where there are bulk calls. */
export const BULK_DEFINITIONS: Readonly<Record<string, JsonSchema>> = {
  BulkQuery: object({ id: string, status: string, instance_id: { type: 'number' } }),
  BulkStatus: object({
    batchId: { type: 'number' },
    status: string,
    message: string,
    numOfLeadsProcessed: { type: 'number', description: 'Records that were read or written' },
    numOfRowsFailed: { type: 'number' },
    numOfRowsWithWarning: { type: 'number' },
  }),
  BulkJobList: object({
    id: long,
    instanceId: long,
    object_name: string,
    job_direction: { ...string, 'x-samplevalue': 'DOWNLOAD' },
    job_query: string,
    job_state: string,
    job_reset_attempt: integer,
    status: { ...string, 'x-samplevalue': 'COMPLETED' },
    record_count: integer,
    error_count: integer,
    fileFormat: string,
    notification_url: string,
    createdDate: long,
    completion_time: long,
  }),
  BulkUploadResponse: object({ id: string, instanceId: long, status: string }),
  bulkDownloadRequest: object(
    {
      objectName: string,
      format: { ...string, enum: ['application/json', 'txt/csv', 'application/jsonl'] },
      where: string,
      selectFields: string,
      filterDateField: string,
      from: dateTime,
      to: dateTime,
      filterNulls: boolean,
      limit: integer,
      pageSize: integer,
      apiLimit: integer,
      continueFromJobId: integer,
      notificationUrl: string,
      query: referenceTo('bulkDownloadRequestQuery'),
      docsHubDetails: referenceTo('bulkDownloadRequestDocsHubDetails'),
    },
    { required: ['objectName', 'format'] },
  ),
  bulkDownloadRequestQuery: object({ anyKey: string }),
  bulkDownloadRequestDocsHubDetails: object({ instanceId: string, path: string }),
}
