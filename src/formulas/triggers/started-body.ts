import Type, { type Static } from 'typebox'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import type { StartedByHand } from './manual.ts'

/** An execution that has just begun: what there is to say of one is in `executions/execution-body.ts`. */
export const StartedBody = Type.Object(
  {
    id: Type.Integer(),
    formulaInstanceId: Type.Integer(),
    status: Type.String({ description: '`pending`, or `queued` behind another one of its instance' }),
    createdDate: IsoSeconds,
    eventId: Type.Optional(Type.String({ description: 'Of the event that it was started with' })),
  },
  { title: 'FormulaExecutionStarted' },
)
export type StartedBody = Static<typeof StartedBody>

export function toStartedBody({ id, formulaInstanceId, status, createdAt, eventId }: StartedByHand): StartedBody {
  return {
    ...{ id, formulaInstanceId, status, createdDate: isoSeconds(createdAt) },
    ...(eventId === undefined ? {} : { eventId }),
  }
}
