import Type, { type Static } from 'typebox'
import type { InstanceContext } from '../../instances/context.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import { checkpointDb } from './checkpoint-table.ts'

/** How far the polls of one resource have come (spec 40 §7.6). */
export const PollerRecordBody = Type.Object(
  {
    id: Type.Integer(),
    elementInstanceId: Type.Integer(),
    objectType: Type.String({ description: 'Name of the resource' }),
    lastPollDate: Type.String({
      ...IsoSeconds,
      description: 'When the last poll that succeeded began; before the first, since when changes are told',
    }),
    failures: Type.Integer({ description: 'Polls that failed since then' }),
    nextPollAfter: Type.Optional(
      Type.String({ ...IsoSeconds, description: 'After failures: the resource is left alone until then' }),
    ),
    message: Type.Optional(Type.String({ description: 'What went wrong with the last poll' })),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
  },
  { title: 'EventPollerRecord' },
)
export type PollerRecordBody = Static<typeof PollerRecordBody>

/**
 * One entry for each resource that an instance polls, from when polling is switched on.
 * @throws ValenceError FORBIDDEN for an instance of another account
 */
export async function listPollerRecords(
  { store, authorize }: Pick<InstanceContext, 'store' | 'authorize'>,
  caller: Caller,
  instance: Instance,
): Promise<PollerRecordBody[]> {
  authorize(caller, 'instances.read', instance)
  const rows = await checkpointDb(store)
    .selectFrom('poller_checkpoints')
    .select([
      'id',
      'object_type',
      'last_poll_date',
      'switched_on',
      'failures',
      'next_allowed_at',
      'message',
      'created_at',
      'updated_at',
    ])
    .where('instance_id', '=', instance.id)
    .where('account_id', '=', instance.accountId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    elementInstanceId: instance.id,
    objectType: row.object_type,
    lastPollDate: isoSeconds(row.last_poll_date ?? row.switched_on),
    failures: row.failures,
    ...(row.next_allowed_at ? { nextPollAfter: isoSeconds(row.next_allowed_at) } : {}),
    ...(row.message === null ? {} : { message: row.message }),
    createdDate: isoSeconds(row.created_at),
    updatedDate: isoSeconds(row.updated_at),
  }))
}
