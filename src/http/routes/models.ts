import Type from 'typebox'
import { type Definitions, deriveSchema } from '../../elements/derive-schema.ts'
import { modelCsv } from '../../elements/model-csv.ts'
import { readModelCsv } from '../../elements/read-model-csv.ts'
import { ValenceError } from '../../errors.ts'
import type { App, Request } from '../app.ts'
import { content, flag, query, uncheckedBody } from '../openapi/describe-route.ts'
import { isTrue } from '../query.ts'
import { leaveBodies, readFile } from '../read-file.ts'
import type { ReceiveUpload } from '../receive-upload.ts'

const params = Type.Object({ name: Type.String({ description: 'Name of the definition of the whole sample' }) })
const Sample = Type.Record(Type.String(), Type.Unknown())
const body = uncheckedBody({ 'application/json': Type.Union([Sample, Type.Array(Sample)]) })
const Derived = Type.Unsafe<Definitions>(
  Type.Record(Type.String(), Type.Unknown(), { description: 'Definitions by name, as in OpenAPI 2' }),
)

const File = Type.String({ contentMediaType: 'text/csv', description: 'What `/models/{name}/csv` answered' })
const CSV = { what: 'CSV file', maxBytes: 16 * 1024 * 1024 }

/** Models out of samples (spec 23 §C4). Bodies and answers are the vendor's data, so no name in them is ours. */
export function modelRoutes(app: App, { receiveUpload }: { receiveUpload: ReceiveUpload }): void {
  const config = { isVendorBody: true, operation: 'models.derive' as const }
  const sampleOf = async (request: Request) => {
    if (typeof request.body !== 'object' || request.body === null) {
      throw new ValenceError(
        'BODY_INVALID',
        'A sample, an object or a list of objects, is required as the request body',
      )
    }
    return { name: (request.params as { name: string }).name, sample: request.body }
  }

  app.post(
    '/models/:name/schema',
    {
      config,
      schema: {
        summary: 'Derive definitions from a sample',
        description: 'The body is an object, or a list of which the first one counts.',
        params,
        body,
        response: { 200: Derived },
      },
    },
    async (request) => {
      const { name, sample } = await sampleOf(request)
      return deriveSchema(name, sample)
    },
  )
  app.post(
    '/models/:name/csv',
    {
      config,
      schema: {
        summary: 'Derive fields from a sample, as CSV',
        description: 'A row for each field.',
        params,
        querystring: query({ fromSchema: flag('The body is definitions already') }),
        body,
        response: { 200: content('text/csv') },
      },
    },
    async (request, reply) => {
      const { name, sample } = await sampleOf(request)
      const isSchema = isTrue(request.query['fromSchema'])
      const csv = modelCsv(name, isSchema ? (sample as Definitions) : deriveSchema(name, sample))
      // exactly `text/csv` (spec 23 §C4): a string would get a charset
      return reply
        .header('content-type', 'text/csv')
        .header('content-disposition', `attachment; filename="${name.replace(/[^\w.-]+/g, '_')}.csv"`)
        .send(Buffer.from(csv))
    },
  )

  const fromCsv = {
    config,
    schema: {
      summary: 'Read definitions from a CSV',
      description: 'The same definitions as of the sample that the file was written of.',
      params,
      querystring: query({ list: flag('`true`: the sample was a list') }),
      body: uncheckedBody({ 'multipart/form-data': Type.Object({ file: File }), 'text/csv': File }),
      response: { 200: Derived },
    },
    bodyLimit: CSV.maxBytes,
  }
  app.register(async (scope: App) => {
    leaveBodies(scope)
    scope.post('/models/:name/schema/csv', fromCsv, async (request, reply) => {
      const file = await readFile(request, reply, receiveUpload, CSV)
      return readModelCsv(request.params.name, file.toString(), { isList: isTrue(request.query['list']) })
    })
  })
}
