import Type from 'typebox'
import type { StatusBody } from '../../bulk/status-body.ts'

const EpochMs = Type.Integer({ description: 'Milliseconds since 1970' })

/** What is said of a job (spec 22 §6). */
export const BULK_STATUS = Type.Unsafe<StatusBody>(
  Type.Object(
    {
      id: Type.Integer(),
      instanceId: Type.Integer(),
      instance_id: Type.Integer({ description: 'The same as `instanceId`' }),
      status: Type.Enum(['CREATED', 'RUNNING', 'COMPLETED', 'ABORTED', 'CANCELLATION_PENDING', 'CANCELLED']),
      object_name: Type.String(),
      job_direction: Type.Enum(['DOWNLOAD', 'UPLOAD']),
      recordsCount: Type.Integer({ description: 'Rows that are dealt with, failed ones included' }),
      recordsFailedCount: Type.Integer({ description: 'Rows that were not surely written' }),
      recordsUncertainCount: Type.Integer({ description: 'Those of them that may have been written' }),
      recordsTotal: Type.Optional(Type.Integer({ description: 'Where it is known' })),
      fileFormat: Type.String(),
      fileSize: Type.Integer({ description: 'Bytes' }),
      bulk_start_time: Type.Optional(EpochMs),
      bulk_finish_time: Type.Optional(EpochMs),
      recordsPerSecond: Type.Optional(Type.Number({ description: 'While it is under way' })),
      estimatedFinishTime: Type.Optional(EpochMs),
      vendorJobId: Type.Optional(Type.String()),
      infoMessage: Type.Optional(Type.String({ description: 'What else there is to say' })),
      error: Type.Optional(Type.String({ description: 'Why the whole job failed; absent otherwise' })),
      'callback-payload': Type.Optional(Type.Unknown({ description: 'Of `metaData`' })),
      fileName: Type.Optional(Type.Unknown({ description: 'Of `metaData`' })),
      metadata: Type.Record(Type.String(), Type.Unknown(), { description: '`metaData` of the request' }),
    },
    { title: 'BulkStatus' },
  ),
)

export const META_DATA = Type.String({
  contentMediaType: 'application/json',
  description:
    'A JSON object that comes back with the status; `fileName` names the file, with dates where it has masks: `{yyyy-MM-dd HH:mm:ss}_Name`. Of an upload its settings as well: `identifierFieldName`, `action`, `format`, `concurrency`',
})

const UploadedFile = Type.String({
  contentMediaType: 'text/csv',
  description: 'CSV with a header row, or JSON objects',
})

/** A file of records, in whatever way it comes. */
export const UPLOADED_FILE = {
  'multipart/form-data': Type.Object({ file: UploadedFile, metaData: META_DATA }),
  'text/csv': UploadedFile,
  'application/json': Type.Array(Type.Record(Type.String(), Type.Unknown())),
}

export const QUERY_REQUEST = Type.Object(
  {
    query: Type.String({ description: 'The statement, unless it is in `q`' }),
    continueFromJobId: Type.Optional(Type.Integer()),
  },
  { title: 'BulkQueryRequest' },
)

const DateTime = Type.String({ description: "`yyyy-MM-dd'T'HH:mm:ssZ`" })

/** spec 22 §4 */
export const DOWNLOAD_REQUEST = Type.Object(
  {
    objectName: Type.String(),
    format: Type.Enum(['application/json', 'txt/csv', 'application/jsonl'], {
      description: '`text/csv`, `csv`, `json` and `jsonl` are taken as well',
    }),
    where: Type.Optional(Type.String({ description: 'Condition in CEQL' })),
    selectFields: Type.Optional(Type.String({ description: 'Names of columns, as a comma list' })),
    from: Type.Optional(DateTime),
    to: Type.Optional(DateTime),
    filterDateField: Type.Optional(Type.String({ description: 'Date field that `from` and `to` are about' })),
    limit: Type.Optional(Type.Integer({ description: 'Records in all' })),
    pageSize: Type.Optional(Type.Integer({ description: 'Of the vendor’s pages' })),
    apiLimit: Type.Optional(Type.Integer({ description: 'Calls of the vendor in all' })),
    filterNulls: Type.Optional(Type.Boolean({ description: 'Members that are null are left out' })),
    notificationUrl: Type.Optional(Type.String({ description: 'As the header `Elements-Async-Callback-Url`' })),
    continueFromJobId: Type.Optional(
      Type.Integer({ description: 'An earlier job with a limit, to go on behind its last record' }),
    ),
    query: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'More parameters for the vendor' })),
    docsHubDetails: Type.Optional(
      Type.Object(
        { instanceId: Type.Integer(), path: Type.String() },
        { description: 'An instance of a documents element that gets the finished file' },
      ),
    ),
  },
  { title: 'BulkDownloadRequest' },
)
