import type { Privilege } from './roles/privileges.ts'

/** Who an operation is for, before any role or privilege is asked for. */
export type Tenant =
  /** anybody; credentials are not looked at */
  | 'public'
  /** anybody, unless the server closes its catalog; who signs in must hold the privilege (spec 00 §2.2) */
  | 'catalog'
  /** the same as `user`, and who signed in without the authenticator that his organization asks for */
  | 'enrolling'
  /** anybody signed in, on what is his own by its nature */
  | 'user'
  /** users of the account that owns the instance of the Element token; of an organization they need not say */
  | 'instance'
  /** users of the account that owns the row */
  | 'account'
  /** users of the account that owns the row, and administrators of its organization */
  | 'administered'
  /** users of the organization that owns the row */
  | 'organization'
  /** the same, and customer administrators */
  | 'customer'
  /** whoever has the role, on rows of the whole server */
  | 'server'

export type Role = 'organizationAdmin' | 'accountAdmin' | 'customerAdmin' | 'vdrAdmin'

export interface Rule {
  tenant: Tenant
  /** one of these roles, see `Caller` */
  role?: Role | readonly Role[]
  /** one of these privileges (spec 50 §7) */
  privilege?: Privilege | readonly Privilege[]
}

const rule = (tenant: Tenant, needs: Omit<Rule, 'tenant'> = {}): Rule => ({ tenant, ...needs })
const organizationAdmin = { role: 'organizationAdmin' } as const
const accountAdmin = { role: 'accountAdmin' } as const
const customerAdmin = { role: 'customerAdmin' } as const

/** Who may do what, keyed by operation. `valence routes` prints it beside the routes that are one. Sources: spec 50 §3–§9, 41, 00 §2.2. */
export const OPERATIONS = {
  'authentication.signIn': rule('public'),
  'authentication.signOut': rule('enrolling'),
  'authentication.secrets': rule('user'),
  'authentication.password': rule('user'),
  'authentication.resetPassword': rule('public'),
  'authentication.twoFactor': rule('enrolling'),

  'customers.signUp': rule('server', customerAdmin),
  'organizations.create': rule('server', customerAdmin),
  'organizations.list': rule('server', customerAdmin),
  'organizations.delete': rule('server', customerAdmin),
  'organizations.accounts': rule('customer', { role: ['organizationAdmin', 'customerAdmin'] }),
  'organization.read': rule('user'),
  'organization.update': rule('organization', { privilege: 'modifySecurity' }),
  'organization.rotateSecret': rule('organization', { ...organizationAdmin, privilege: 'modifySecurity' }),
  'passwordPolicy.read': rule('user'),
  'passwordPolicy.update': rule('organization', { privilege: 'modifySecurity' }),
  'branding.read': rule('user'),
  'branding.update': rule('organization', { privilege: 'manageUiBranding' }),
  'brandingImages.read': rule('public'),

  'accounts.list': rule('organization', organizationAdmin),
  'accounts.read': rule('organization', organizationAdmin),
  'accounts.create': rule('organization', organizationAdmin),
  'accounts.update': rule('organization', organizationAdmin),
  'accounts.delete': rule('organization', organizationAdmin),
  'accounts.roles': rule('administered', accountAdmin),
  'accounts.grantRole': rule('organization', organizationAdmin),
  'accounts.instances': rule('administered', accountAdmin),
  'accountSettings.read': rule('administered'),
  'accountSettings.update': rule('administered', accountAdmin),

  'accountUsers.list': rule('administered', { privilege: 'viewUsersAccount' }),
  'accountUsers.create': rule('administered', { privilege: 'addUsersAccount' }),
  'accountUsers.update': rule('administered', { privilege: 'editUsersAccount' }),
  'accountUsers.delete': rule('administered', { privilege: 'deleteUsersAccount' }),
  'organizationUsers.list': rule('organization', { privilege: 'viewUsersOrg' }),
  'organizationUsers.create': rule('organization', { privilege: 'addUsersOrg' }),
  'organizationUsers.update': rule('organization', { privilege: ['editUsersOrg', 'editUsersAccount'] }),
  'organizationUsers.delete': rule('organization', { privilege: 'deleteUsersOrg' }),
  // how far within the organization, `user-scope.ts` says: the privileges decide
  'users.list': rule('organization'),
  'users.update': rule('organization', { privilege: ['editUsersOrg', 'editUsersAccount'] }),
  'users.delete': rule('organization', { privilege: ['deleteUsersOrg', 'deleteUsersAccount'] }),
  'users.rotateSecret': rule('administered'),
  'users.resetPassword': rule('administered', { privilege: ['editUsersOrg', 'editUsersAccount'] }),
  'users.removeTwoFactor': rule('administered', accountAdmin),
  'users.roles': rule('administered'),
  'users.grantRole': rule('administered', accountAdmin),
  'roles.list': rule('organization', { privilege: 'configureRoles' }),
  'roles.configure': rule('organization', { privilege: 'configureRoles' }),

  'elements.read': rule('catalog', { privilege: 'viewElements' }),
  'elements.export': rule('user', { privilege: 'viewElements' }),
  'elements.create': rule('account', { privilege: 'createElements' }),
  'elements.convert': rule('account', { privilege: 'createElements' }),
  'elements.clone': rule('account', { privilege: 'createElements' }),
  'elements.update': rule('account', { privilege: 'editElements' }),
  'elements.extend': rule('account', { privilege: 'editElements' }),
  'elements.share': rule('account', { privilege: 'editElements' }),
  'elements.shareWithOrganization': rule('account', { ...organizationAdmin, privilege: 'editElements' }),
  'elements.delete': rule('account', { privilege: 'deleteElements' }),
  'elements.packages': rule('user'),
  'documents.read': rule('catalog'),
  'documents.list': rule('user', { privilege: 'viewElements' }),
  'hubs.read': rule('catalog'),
  'hubs.create': rule('account', { privilege: 'createElements' }),
  'hubs.delete': rule('account', { privilege: 'deleteElements' }),
  'models.derive': rule('user'),
  'catalogProperties.read': rule('user'),
  'catalogProperties.own': rule('user'),
  'catalogProperties.account': rule('account', accountAdmin),
  'catalogProperties.organization': rule('organization', organizationAdmin),

  'oauth.url': rule('catalog'),
  'oauthProxies.return': rule('public'),
  'oauthProxies.manage': rule('organization', organizationAdmin),
  'applications.manage': rule('organization', organizationAdmin),

  'instances.list': rule('account'),
  'instances.read': rule('account'),
  'instances.create': rule('account', { privilege: 'createElementInstances' }),
  'instances.update': rule('account', { privilege: 'createElementInstances' }),
  'instances.configure': rule('account', { privilege: 'createElementInstances' }),
  'instances.switch': rule('account'),
  'instances.delete': rule('account'),
  'traces.read': rule('account'),
  'resources.call': rule('account'),
  'bulk.read': rule('instance'),
  'bulk.start': rule('instance'),
  'bulk.cancel': rule('instance'),
  'bulkLoader.read': rule('account'),

  // what levels of it a caller may write, `resources/level-owner.ts` says
  'commonResources.read': rule('administered', { privilege: 'viewCommonObjects' }),
  'commonResources.create': rule('administered', { privilege: 'createCommonObjects' }),
  'commonResources.update': rule('administered', { privilege: 'editCommonObjects' }),
  'commonResources.save': rule('administered', { privilege: ['createCommonObjects', 'editCommonObjects'] }),
  'commonResources.delete': rule('administered', { privilege: 'deleteCommonObjects' }),
  'transformations.read': rule('administered', { privilege: 'viewCommonObjects' }),
  'transformations.create': rule('administered', { privilege: 'createCommonObjects' }),
  'transformations.update': rule('administered', { privilege: 'editCommonObjects' }),
  'transformations.save': rule('administered', { privilege: ['createCommonObjects', 'editCommonObjects'] }),
  'transformations.execute': rule('account', { privilege: 'viewCommonObjects' }),
  'transformations.delete': rule('administered', { privilege: 'deleteCommonObjects' }),
  // which levels of it, `resources/level-owner.ts` says; what the caller does not see is not there
  'vdrs.read': rule('user', { privilege: 'viewCommonObjects' }),
  'vdrs.create': rule('user', { privilege: 'createCommonObjects' }),
  'vdrs.clone': rule('user', { privilege: 'createCommonObjects' }),
  'vdrs.import': rule('user', { privilege: ['createCommonObjects', 'editCommonObjects'] }),
  'vdrs.update': rule('user', { privilege: 'editCommonObjects' }),
  'vdrs.delete': rule('user', { privilege: 'deleteCommonObjects' }),
  'vdrs.upgrade': rule('organization', { role: ['organizationAdmin', 'vdrAdmin'] }),
  'vdrTransformations.create': rule('user', { privilege: 'createCommonObjects' }),
  'vdrTransformations.update': rule('user', { privilege: 'editCommonObjects' }),
  'vdrTransformations.delete': rule('user', { privilege: 'deleteCommonObjects' }),
  'snippets.read': rule('user', { privilege: 'viewCommonObjects' }),
  'snippets.create': rule('user', { privilege: 'createCommonObjects' }),
  'snippets.update': rule('user', { privilege: 'editCommonObjects' }),
  'snippets.delete': rule('user', { privilege: 'deleteCommonObjects' }),

  // which of them (spec 30 §7): those of the own account and of the default account; an administrator of the organization sees all
  'formulas.read': rule('user', { privilege: 'viewFormulas' }),
  'formulas.create': rule('account', { privilege: 'createFormulas' }),
  'formulas.update': rule('administered', { privilege: 'editFormulas' }),
  'formulas.delete': rule('administered', { privilege: 'deleteFormulas' }),
  'formulas.monitor': rule('server', customerAdmin),
  'formulaInstances.list': rule('user'),
  'formulaInstances.read': rule('administered'),
  'formulaInstances.create': rule('account', { privilege: 'createFormulaInstances' }),
  'formulaInstances.update': rule('administered', { privilege: 'createFormulaInstances' }),
  'formulaInstances.switch': rule('administered', { privilege: 'createFormulaInstances' }),
  'formulaInstances.delete': rule('administered', { privilege: 'createFormulaInstances' }),
  'executions.read': rule('administered'),
  'executions.start': rule('administered'),
  'executions.cancel': rule('administered'),
  'executions.retry': rule('administered'),
  'formulaResources.call': rule('administered'),
  'integrations.read': rule('administered'),
  'integrations.create': rule('account'),
  'integrations.update': rule('administered'),
  'integrations.delete': rule('administered'),

  'events.receive': rule('public'),
  'events.read': rule('account'),
  'events.retry': rule('account'),

  // of stored calls the own ones, of all others those of the account: `schedules/api/find-jobs.ts`
  'jobs.read': rule('account'),
  'jobs.create': rule('account'),
  'jobs.update': rule('account'),
  'jobs.delete': rule('account'),
  'notifications.read': rule('account'),
  'notifications.create': rule('account'),
  'notifications.acknowledge': rule('account'),
  'notifications.delete': rule('account'),
  'subscriptions.read': rule('account'),
  'subscriptions.create': rule('account'),
  'subscriptions.delete': rule('account'),
  'subscriptions.release': rule('account'),
  'mails.read': rule('account'),
  'mails.send': rule('account'),

  'usage.read': rule('user'),
  'metrics.read': rule('user'),
  'auditLogs.read': rule('user', { privilege: ['viewLogsOrg', 'viewLogsAccount'] }),
} as const satisfies Record<string, Rule>

export type Operation = keyof typeof OPERATIONS
