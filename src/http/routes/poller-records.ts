import { listPollerRecords, PollerRecordBody } from '../../events/poll/poller-records.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import type { Identify } from '../identify.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import type { TokenSigner } from '../paging.ts'

/** How far the polls of an instance have come (spec 40 §7.6). */
export function pollerRecordRoutes(
  app: App,
  { context, identify, signer }: { context: InstanceContext; identify: Identify; signer: TokenSigner },
): void {
  app.get(
    '/instances/event-poller-records',
    {
      config: { operation: 'instances.read' },
      schema: {
        summary: 'List what this instance polls',
        description: 'One entry for each resource that is polled for events, with the time its polls have come to.',
        ofInstance: true,
        querystring: query(PAGING),
        response: { 200: arrayOf(PollerRecordBody) },
      },
    },
    async (request, reply) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      const list = `poller records of instance ${instance.id}`
      return answerItems(request, reply, list, signer, await listPollerRecords(context, caller, instance))
    },
  )
}
