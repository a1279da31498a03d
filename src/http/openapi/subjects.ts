import type { Operation } from '../../accounts/operations.ts'

/** Subjects of the API in reading order, with what a newcomer has to know of each. */
export const TAGS = {
  Authentication: 'Sign-in, and the secrets that other calls are signed with.',
  Hubs: 'Categories of elements: a hub names the resources that its elements have in common.',
  Elements: 'Vendors, described: the catalog, and the elements of the own account with their parts.',
  OAuth: 'Step 1 of provisioning: where to send the customer, and whose application asks.',
  Instances: 'Elements that a customer connected. Their token is the `Element` part of the header of resource calls.',
  Resources: 'Calls of a vendor through an instance.',
  'Bulk jobs': 'Many records of an instance at once, into a file and out of one.',
  Documents:
    'Descriptions of APIs: of elements, instances, hubs and of the platform itself, as Swagger 2.0 or OpenAPI 3.1.',
  Events: 'What happened at vendors: how it arrives, and what became of it.',
  'Common resources':
    'Objects in words of one’s own: which fields they have, and how they are mapped to those of each element.',
  'Derived models': 'Definitions of samples.',
  Formulas: 'Workflows: what starts them, their steps, and their instances, which run.',
  Executions: 'Runs of formulas: how they stand, what each step came to.',
  Integrations: 'Formulas and their instances under one name.',
  Notifications: 'Messages on topics, who hears of them, and what became of each.',
  Organizations: 'The organization, its security rules and its branding.',
  Accounts: 'Accounts of the organization and their users.',
  Users: 'Users of the own account, and oneself.',
  Roles: 'What users may do.',
  Jobs: 'Calls that are made again and again, and the other schedules of the account.',
  Usage: 'What was called, how often and how long it took.',
  'Audit logs': 'Who changed what.',
} as const

type SubjectOf<Name> = Name extends `${infer Subject}.${string}` ? Subject : never

/** The first word of an operation decides under which subject its routes stand. */
export const SUBJECTS: Readonly<Record<SubjectOf<Operation>, keyof typeof TAGS>> = {
  authentication: 'Authentication',
  customers: 'Organizations',
  organizations: 'Organizations',
  organization: 'Organizations',
  passwordPolicy: 'Organizations',
  branding: 'Organizations',
  brandingImages: 'Organizations',
  accounts: 'Accounts',
  accountSettings: 'Accounts',
  accountUsers: 'Accounts',
  organizationUsers: 'Users',
  users: 'Users',
  roles: 'Roles',
  elements: 'Elements',
  catalogProperties: 'Elements',
  hubs: 'Hubs',
  documents: 'Documents',
  models: 'Derived models',
  oauth: 'OAuth',
  oauthProxies: 'OAuth',
  applications: 'OAuth',
  instances: 'Instances',
  traces: 'Instances',
  resources: 'Resources',
  bulk: 'Bulk jobs',
  bulkLoader: 'Bulk jobs',
  events: 'Events',
  commonResources: 'Common resources',
  transformations: 'Common resources',
  vdrs: 'Common resources',
  vdrTransformations: 'Common resources',
  snippets: 'Common resources',
  formulas: 'Formulas',
  formulaInstances: 'Formulas',
  formulaResources: 'Formulas',
  executions: 'Executions',
  integrations: 'Integrations',
  jobs: 'Jobs',
  notifications: 'Notifications',
  subscriptions: 'Notifications',
  mails: 'Notifications',
  usage: 'Usage',
  metrics: 'Usage',
  auditLogs: 'Audit logs',
}

export function tagOf(operation: Operation): keyof typeof TAGS {
  return SUBJECTS[operation.split('.', 1)[0] as SubjectOf<Operation>]
}
