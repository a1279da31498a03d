import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { PlatformReply, PlatformRequest, PlatformStream } from '../model/platform-call.ts'

/** A call in the name of whoever owns a stored row, with the Element token of an instance where the row names one. */
export type AsOwner<Answer> = (
  owner: { userId: number },
  instanceId: number | undefined,
  request: PlatformRequest,
) => Promise<Answer>
export type CallAsOwner = AsOwner<PlatformReply>
export type StreamAsOwner = AsOwner<PlatformStream>

/**
 * @param lookUp by id: the user, who must be active (CREDENTIALS_INVALID); the instance, if it is there
 */
export function createCallAsOwner<Answer>(
  call: (caller: Caller, instance: Instance | undefined, request: PlatformRequest) => Promise<Answer>,
  lookUp: {
    caller(userId: number): Caller | Promise<Caller>
    instance(id: number): Promise<Instance | undefined>
  },
): AsOwner<Answer> {
  return async ({ userId }, instanceId, request) => {
    const caller = await lookUp.caller(userId)
    const instance = instanceId === undefined ? undefined : await lookUp.instance(instanceId)
    // one of another account is not there for this owner
    if (instanceId !== undefined && instance?.accountId !== caller.accountId)
      throw new ValenceError('INSTANCE_NOT_FOUND', `There is no element instance with id ${instanceId}`)
    return call(caller, instance, request)
  }
}
