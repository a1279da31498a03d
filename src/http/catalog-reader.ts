import type { Authorize, Operation } from '../accounts/authorize.ts'
import type { Caller } from '../model/account.ts'
import type { Request } from './app.ts'
import type { Identify } from './identify.ts'

/** Who reads the catalog: somebody who may, or nobody where that is allowed (spec 00 §2.2). */
export function catalogReader(
  identify: Identify,
  authorize: Authorize,
  operation: Operation,
): (request: Request) => Promise<Caller | undefined> {
  return async (request) => {
    const caller = await identify.optionalCaller(request)
    authorize(caller, operation)
    return caller
  }
}
