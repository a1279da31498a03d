import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { PlatformReply, PlatformRequest } from '../model/platform-call.ts'
import type { CallPlatform } from './call-platform.ts'

/** A call in the name of whoever owns a stored row, with the Element token of an instance where the row names one. */
export type CallAsOwner = (
  owner: { userId: number },
  instanceId: number | undefined,
  request: PlatformRequest,
) => Promise<PlatformReply>

/**
 * @param lookUp by id: the user, who must be active (CREDENTIALS_INVALID); the instance, if it is there
 */
export function createCallAsOwner(
  callPlatform: CallPlatform,
  lookUp: {
    caller(userId: number): Caller | Promise<Caller>
    instance(id: number): Promise<Instance | undefined>
  },
): CallAsOwner {
  return async ({ userId }, instanceId, request) => {
    const caller = await lookUp.caller(userId)
    const instance = instanceId === undefined ? undefined : await lookUp.instance(instanceId)
    // one of another account is not there for this owner
    if (instanceId !== undefined && instance?.accountId !== caller.accountId)
      throw new ValenceError('INSTANCE_NOT_FOUND', `There is no element instance with id ${instanceId}`)
    return callPlatform(caller, instance, request)
  }
}
