import { pino } from 'pino'
import { OPERATIONS, type Operation, type Role, type Rule, type Tenant } from '../accounts/operations.ts'
import type { Privilege } from '../accounts/roles/privileges.ts'
import type { DeclaredRoute } from './collect-routes.ts'
import { createServer, type ServerDeps } from './server.ts'

/** A route and what it asks of a caller. */
export interface ListedRoute {
  method: string
  /** whole, with the API prefix */
  url: string
  /** absent outside the API, where nobody is asked who he is */
  operation?: Operation
  tenant: Tenant
  /** one of these is needed; none: nothing */
  roles: readonly Role[]
  /** one of these is needed; none: nothing */
  privileges: readonly Privilege[]
}

/** Every registered route beside its row of the authorization table, by path. */
export async function listRoutes(): Promise<ListedRoute[]> {
  const routes = await declaredRoutes()
  return routes.map(withRule).toSorted((a, b) => compareTexts(a.url, b.url) || rankOf(a) - rankOf(b))
}

/** What a server registers, as it was declared. Takes neither settings nor a database. */
export async function declaredRoutes(): Promise<readonly DeclaredRoute[]> {
  const app = createServer({
    log: pino({ level: 'silent' }),
    corsOrigins: [],
    trustProxy: false,
    mounts: {},
    uploads: { folder: '' },
    gatewayHost: '',
    ...STAND_INS,
  })
  await app.ready()
  await app.close()
  return app.declaredRoutes
}

/** Registration hands these on to handlers and calls none of them. */
type Rooms = Omit<ServerDeps, 'log' | 'corsOrigins' | 'trustProxy' | 'mounts' | 'uploads' | 'gatewayHost'>
const STAND_INS: Rooms = {
  identify: neverCalled('identify'),
  accountsContext: neverCalled('accountsContext'),
  elementContext: neverCalled('elementContext'),
  resourceContext: neverCalled('resourceContext'),
  audit: neverCalled('audit'),
  schedules: neverCalled('schedules'),
  bulk: neverCalled('bulk'),
  formulas: neverCalled('formulas'),
  executions: neverCalled('executions'),
  notifications: neverCalled('notifications'),
  context: neverCalled('context'),
  documents: neverCalled('documents'),
  call: neverCalled('call'),
  intake: neverCalled('intake'),
  eventStore: neverCalled('eventStore'),
  usage: neverCalled('usage'),
  signer: neverCalled('signer'),
  metrics: neverCalled('metrics'),
  isReady: neverCalled('isReady'),
}

/** Has every member, each of them like itself, so that routes may take it apart; whoever calls one learns its name. */
function neverCalled<T>(name: string): T {
  const target = () => undefined
  return new Proxy(target, {
    get: (_target, member) => neverCalled(`${name}.${String(member)}`),
    apply() {
      throw new Error(`${name} was called while routes were being registered: routes may do so only in their handlers`)
    },
  }) as T
}

function withRule({ method, url, operation }: DeclaredRoute): ListedRoute {
  if (operation === undefined) return { method, url, tenant: 'public', roles: [], privileges: [] }
  const { tenant, role = [], privilege = [] }: Rule = OPERATIONS[operation]
  return { method, url, operation, tenant, roles: [role].flat(), privileges: [privilege].flat() }
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

function rankOf({ method }: ListedRoute): number {
  return METHODS.indexOf(method)
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
