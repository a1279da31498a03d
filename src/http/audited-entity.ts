import type { Operation } from '../accounts/operations.ts'
import type { EntityType } from '../audit/entity-type.ts'

/**
 * Reads that take a body; calls that are the vendor's business, and jobs of many of them; what does nothing but again, and messages: they are a
 * record themselves.
 */
const READS = [
  'oauth.url',
  'models.derive',
  'elements.convert',
  'elements.packages',
  'resources.call',
  'bulk.start',
  'bulk.cancel',
  'executions.start',
  'executions.cancel',
  'executions.retry',
  'formulaResources.call',
  'transformations.execute',
  'events.receive',
  'events.retry',
  'notifications.create',
  'notifications.acknowledge',
  'mails.send',
] as const

type Read = (typeof READS)[number] | `${string}.${'read' | 'list'}`
type SubjectOf<O> = O extends `${infer Subject}.${string}` ? Subject : never

/** What an operation changes, by the word before its dot; and the path segments behind one of which the thing is named. */
const ENTITIES: Record<SubjectOf<Exclude<Operation, Read>>, readonly [EntityType, ...segments: string[]]> = {
  authentication: ['authentication'],
  customers: ['organization', 'organizations'],
  organizations: ['organization', 'organizations'],
  organization: ['organization'],
  passwordPolicy: ['password-policy'],
  branding: ['branding'],
  accounts: ['account', 'accounts'],
  accountSettings: ['settings', 'accounts'],
  accountUsers: ['user', 'users'],
  organizationUsers: ['user', 'users'],
  users: ['user', 'users'],
  roles: ['role', 'roles'],
  elements: ['element', 'elements'],
  hubs: ['hub', 'hubs'],
  catalogProperties: ['catalog-properties'],
  oauthProxies: ['oauth-proxy', 'oauthProxies'],
  applications: ['oauth-application', 'elements'],
  instances: ['element-instance', 'instances'],
  commonResources: ['common-resource', 'objects', 'common-resources'],
  transformations: ['common-resource', 'transformations'],
  vdrs: ['common-resource', 'vdrs'],
  vdrTransformations: ['common-resource', 'vdrs'],
  snippets: ['snippet', 'snippets'],
  formulas: ['formula', 'formulas'],
  formulaInstances: ['formula-instance', 'instances'],
  integrations: ['integration', 'integrations'],
  jobs: ['job', 'jobs'],
  notifications: ['notification', 'notifications'],
  subscriptions: ['notification-subscription', 'subscriptions'],
}

/** What a call would have changed. */
export interface AuditedEntity {
  entity: EntityType
  /** as the path names it: an id, a key, an e-mail address */
  id: string | undefined
  /** the word behind the dot of the operation */
  action: string
}

/**
 * @param url of the route: `/elements/api-v2/elements/:keyOrId/instances/:id`
 * @returns undefined for an operation that changes nothing, whatever its method
 */
export function auditedEntity(
  operation: Operation,
  url: string,
  params: Readonly<Record<string, string>>,
): AuditedEntity | undefined {
  const [subject = '', action = ''] = operation.split('.')
  if ((READS as readonly string[]).includes(operation) || !Object.hasOwn(ENTITIES, subject)) return undefined
  const [entity, ...segments] = ENTITIES[subject as keyof typeof ENTITIES]
  const steps = url.split('/')
  const segment = segments.find((one) => steps.includes(one))
  const name = segment === undefined ? undefined : steps[steps.lastIndexOf(segment) + 1]
  return { entity, id: name?.startsWith(':') ? params[name.slice(1)] : undefined, action }
}
