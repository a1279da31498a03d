import Type from 'typebox'
import { type Definitions, deriveSchema } from '../../elements/derive-schema.ts'
import { modelCsv } from '../../elements/model-csv.ts'
import { ValenceError } from '../../errors.ts'
import type { App, Request } from '../app.ts'
import { isTrue, type Query } from '../query.ts'

const params = Type.Object({ name: Type.String() })

/** Models out of samples (spec 23 §C4). Bodies and answers are the vendor's data, so no name in them is ours. */
export function modelRoutes(app: App): void {
  const options = { schema: { params }, config: { isVendorBody: true, operation: 'models.derive' as const } }
  const sampleOf = async (request: Request) => {
    if (typeof request.body !== 'object' || request.body === null) {
      throw new ValenceError(
        'BODY_INVALID',
        'A sample, an object or a list of objects, is required as the request body',
      )
    }
    return { name: (request.params as { name: string }).name, sample: request.body }
  }

  app.post('/models/:name/schema', options, async (request) => {
    const { name, sample } = await sampleOf(request)
    return deriveSchema(name, sample)
  })
  app.post('/models/:name/csv', options, async (request, reply) => {
    const { name, sample } = await sampleOf(request)
    const isSchema = isTrue((request.query as Query)['fromSchema'])
    const csv = modelCsv(name, isSchema ? (sample as Definitions) : deriveSchema(name, sample))
    // exactly `text/csv` (spec 23 §C4): a string would get a charset
    return reply
      .header('content-type', 'text/csv')
      .header('content-disposition', `attachment; filename="${name.replace(/[^\w.-]+/g, '_')}.csv"`)
      .send(Buffer.from(csv))
  })
}
