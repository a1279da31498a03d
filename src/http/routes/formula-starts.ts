import Type from 'typebox'
import { ValenceError } from '../../errors.ts'
import type { FormulaContext } from '../../formulas/context.ts'
import type { InstanceName } from '../../formulas/instances/find-instance.ts'
import { CHAIN_HEADER, readChain } from '../../formulas/triggers/chain.ts'
import { startByHand } from '../../formulas/triggers/manual.ts'
import { StartedBody, toStartedBody } from '../../formulas/triggers/started-body.ts'
import type { App, Request } from '../app.ts'
import { FORMULA_INSTANCE_PATHS, formulaInstanceOf } from '../formula-instance-paths.ts'
import { arrayOf, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'

const Members = Type.Record(Type.String(), Type.Unknown())
const body = uncheckedBody(
  {
    'application/json': Type.Union([
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'For a trigger of type `manual`: becomes `trigger.args`',
      }),
      Type.Object(
        {
          message: Type.Object({
            events: Type.Array(Members, { description: 'One execution for each' }),
            instance_id: Type.Optional(Type.Integer({ description: 'Of the element instance' })),
            eventId: Type.Optional(Type.String()),
            raw: Type.Optional(Members),
          }),
        },
        { description: 'For a trigger of type `event`: what receivers of events get, or its `message` alone' },
      ),
      Type.Object(
        { request: Members, response: Members },
        { description: 'For a trigger of type `elementRequest`: what was asked, and what was answered' },
      ),
    ]),
  },
  { required: false },
)

/** Starts of formulas by hand (spec 32 §2), which is also how callbacks of jobs and other formulas start them. What ran is in `executions.ts`. */
export function formulaStartRoutes(app: App, { formulas: context }: { formulas: FormulaContext }): void {
  // what starts a formula is its author's business: no name in it is ours
  const config = { operation: 'executions.start' as const, isVendorBody: true }
  for (const { root, params } of FORMULA_INSTANCE_PATHS)
    app.post(
      `${root}/executions`,
      {
        config,
        schema: {
          summary: 'Start a formula instance',
          description:
            'Whatever its trigger is. The answer comes when the executions are stored, not when they have ended. Of a trigger of type `scheduled` the body is not looked at.',
          params,
          body,
          response: { 200: arrayOf(StartedBody) },
        },
      },
      async (request) => start(request, formulaInstanceOf(request.params)),
    )

  async function start(request: Request, instance: InstanceName) {
    if (request.upload !== undefined)
      throw new ValenceError(
        'MEDIA_TYPE_UNSUPPORTED',
        `Content-Type "${request.headers['content-type']}": expected application/json`,
      )
    const started = await startByHand(context, callerOf(request), instance, {
      body: request.body,
      chain: readChain(request.headers[CHAIN_HEADER]),
    })
    return started.map(toStartedBody)
  }
}
