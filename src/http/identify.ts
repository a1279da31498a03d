import type { FastifyRequest } from 'fastify'
import type { Identifier } from '../accounts/identify.ts'
import { credentialsInvalid } from '../errors.ts'
import type { InstanceFinder } from '../instances/find.ts'
import type { Instance } from '../instances/instance.ts'
import type { ScriptAlias } from '../instances/script-alias.ts'
import type { Caller, Credentials } from '../model/account.ts'
import { parseAuthorization } from './authorization-header.ts'
import type { PlatformCredentials, PlatformGrant } from './platform-credentials.ts'

/**
 * Secrets of the Authorization header → who is asking and, with an Element token, for which instance.
 * Every failure is the one 401 of spec 10 §1.2.
 */
export interface Identify {
  /** Platform calls: User and Organization, or Bearer. */
  caller(request: FastifyRequest): Caller | Promise<Caller>
  /** What adds an authenticator: also who signed in without the one that his organization asks for. */
  enrollingCaller(request: FastifyRequest): Caller | Promise<Caller>
  /** Catalog reads: nobody is fine, somebody wrong is not. */
  optionalCaller(request: FastifyRequest): Caller | undefined | Promise<Caller>
  /** Resource calls: User (Organization optional) or Bearer, and Element. Of scripts of common resources: their aliases. */
  instanceCaller(request: FastifyRequest): InstanceCaller | Promise<InstanceCaller>
  /** A user at least, before the body is read: whether the rest is right, the route finds out. */
  sender(request: FastifyRequest): Caller | Promise<Caller>
  /** "This instance" forms of platform calls: User, Organization and Element; the caller is the one that the door let in. */
  callerWithInstance(request: FastifyRequest): Promise<{ caller: Caller; instance: Instance }>
}

export interface InstanceCaller {
  caller: Caller
  instance: Instance
  /** of a call that a script makes, see `ResourceCall` */
  depth?: number
  /** a script of a common resource asks, with what it holds in place of the secrets of whoever waits for it */
  isScript?: boolean
}

/**
 * @param readAlias what a script of a common resource holds in place of secrets
 * @param grantOf in whose name the hub calls itself
 */
export function createIdentify(
  accounts: Identifier,
  instances: InstanceFinder,
  readAlias: (text: string | undefined) => ScriptAlias | undefined,
  grantOf: PlatformCredentials['grantOf'],
): Identify {
  const withInstance = (caller: Caller, token: string) => {
    const instance = instances.byToken(token)
    return instance instanceof Promise ? instance.then((found) => own(caller, found)) : own(caller, instance)
  }
  const aliasIn = ({ user, organization, bearer }: Credentials) =>
    bearer === undefined && (organization === undefined || organization === user) ? readAlias(user) : undefined
  /** That instance only, whoever may see more of them. */
  const scriptCaller = async ({ userId, instanceId, depth }: ScriptAlias, token: string): Promise<InstanceCaller> => {
    const found = await withInstance(await accounts.identifyUserById(userId), token)
    if (found.instance.id !== instanceId) throw credentialsInvalid()
    return { ...found, depth, isScript: true }
  }
  const userOf = (credentials: Credentials) =>
    credentials.bearer
      ? accounts.identify(credentials)
      : accounts.identifyUser(credentials.user ?? '', credentials.organization)
  return {
    caller(request) {
      const grant = grantOf(request)
      if (grant) return grant.caller
      const credentials = parseAuthorization(request.headers.authorization)
      if (!credentials) throw credentialsInvalid()
      return accounts.identify(credentials)
    },
    enrollingCaller(request) {
      const grant = grantOf(request)
      if (grant) return grant.caller
      const credentials = parseAuthorization(request.headers.authorization)
      if (!credentials) throw credentialsInvalid()
      return accounts.identifyEnrolling(credentials)
    },
    optionalCaller(request) {
      const grant = grantOf(request)
      if (grant) return grant.caller
      const credentials = parseAuthorization(request.headers.authorization)
      // a lone Element token identifies nobody; clients leave it in the header (spec 00 §2.1)
      if (!credentials || (!credentials.user && !credentials.organization && !credentials.bearer)) return undefined
      return accounts.identify(credentials)
    },
    instanceCaller(request) {
      const grant = grantOf(request)
      if (grant) return withGranted(grant)
      const credentials = parseAuthorization(request.headers.authorization)
      const token = credentials?.element
      if (!credentials || !token) throw credentialsInvalid()
      const alias = aliasIn(credentials)
      if (alias) return scriptCaller(alias, token)
      const caller = userOf(credentials)
      // one after the other: a look-up that fails while another is pending would leave that one without a listener
      return caller instanceof Promise
        ? caller.then((someone) => withInstance(someone, token))
        : withInstance(caller, token)
    },
    sender(request) {
      const grant = grantOf(request)
      if (grant) return grant.caller
      const credentials = parseAuthorization(request.headers.authorization)
      if (!credentials) throw credentialsInvalid()
      const alias = aliasIn(credentials)
      return alias ? accounts.identifyUserById(alias.userId) : userOf(credentials)
    },
    async callerWithInstance(request) {
      const grant = grantOf(request)
      if (grant) return withGranted(grant)
      const credentials = parseAuthorization(request.headers.authorization)
      if (!credentials?.element) throw credentialsInvalid()
      return withInstance(request.caller ?? (await accounts.identify(credentials)), credentials.element)
    },
  }
}

function withGranted({ caller, instance, depth }: PlatformGrant): InstanceCaller {
  if (!instance) throw credentialsInvalid()
  return { ...own(caller, instance), ...(depth > 0 ? { depth } : {}) }
}

/** A token of another account's instance is a wrong credential: it must not tell that it exists. */
function own(caller: Caller, instance: Instance): { caller: Caller; instance: Instance } {
  if (caller.accountId !== instance.accountId) throw credentialsInvalid()
  return { caller, instance }
}

export function hasElementToken(request: FastifyRequest): boolean {
  return parseAuthorization(request.headers.authorization)?.element !== undefined
}
