import Type from 'typebox'
import type { BulkContext } from '../../bulk/context.ts'
import { listRuns } from '../../bulk/workflows/list-runs.ts'
import { BulkLoaderBody } from '../../bulk/workflows/run-body.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, type Query, single } from '../query.ts'

/** What bulk workflows of the account did (spec 22 §10). */
export function bulkLoaderRoutes(app: App, { bulk, signer }: { bulk: BulkContext; signer: TokenSigner }): void {
  app.get(
    '/bulkloader',
    {
      config: { operation: 'bulkLoader.read' },
      schema: {
        summary: 'List steps of bulk workflows, the newest first',
        querystring: query({
          ...PAGING,
          jobId: Type.String({ description: 'Id of a job (`GET /jobs`): steps of the workflows that it began' }),
          parentBulkLoaderId: Type.String({ description: 'Id of a step: those that waited for it' }),
        }),
        response: { 200: arrayOf(BulkLoaderBody) },
      },
    },
    async (request, reply) => {
      const asked = request.query as Query
      const filter = { jobId: single(asked['jobId']) ?? '', parent: single(asked['parentBulkLoaderId']) ?? '' }
      return answerPage(request, reply, 'bulkloader', signer, filter, ({ filter: kept, ...page }) => {
        const id = (name: 'jobId' | 'parent') => (kept[name] ? idOf(String(kept[name])) : undefined)
        return listRuns(bulk, callerOf(request), { ...page, scheduleId: id('jobId'), parentRunId: id('parent') })
      })
    },
  )
}
