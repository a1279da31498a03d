import { PRIVILEGE_KEYS, type Privilege } from './privileges.ts'

/** A role as the server ships it; organizations have rows of their own, which start as these (spec 50 §6). */
export interface BuiltInRole {
  key: string
  name: string
  description: string
  privileges: readonly Privilege[]
}

const ORGANIZATION_ONLY: readonly Privilege[] = [
  'viewUsersOrg',
  'addUsersOrg',
  'editUsersOrg',
  'deleteUsersOrg',
  'viewLogsOrg',
  'modifySecurity',
  'configureRoles',
  'manageUiBranding',
]

const ADMIN = PRIVILEGE_KEYS.filter((key) => !ORGANIZATION_ONLY.includes(key))
const MEMBER: readonly Privilege[] = ADMIN.filter((key) => !key.endsWith('UsersAccount'))

/** Roles that every organization has. Default privileges: spec 50 §7, last paragraph. */
export const BUILT_IN_ROLES: readonly BuiltInRole[] = [
  {
    key: 'org-admin',
    name: 'Organization Administrator',
    description: 'Everything in the organization; held by users of its default account',
    privileges: PRIVILEGE_KEYS,
  },
  { key: 'admin', name: 'Administrator', description: 'Everything inside one account', privileges: ADMIN },
  {
    key: 'org',
    name: 'Organization User',
    description: 'Users of the default account who hold no other role',
    privileges: MEMBER,
  },
  {
    key: 'default-user',
    name: 'Default User',
    description: 'Users of other accounts who hold no other role',
    privileges: MEMBER,
  },
  { key: 'account', name: 'Account', description: 'A role to grant to whole accounts', privileges: MEMBER },
]

/** Roles of the server: held by the first administrator, in no organization's gift (spec 01 §3). */
export const SERVER_ROLES: readonly BuiltInRole[] = [
  {
    key: 'sys-admin',
    name: 'System Administrator',
    description: 'The operator of the server; nobody signs in as it',
    privileges: [],
  },
  {
    key: 'customer-admin',
    name: 'Customer Administrator',
    description: 'Signs up and deletes organizations',
    privileges: [],
  },
  {
    key: 'vdrAdmin',
    name: 'Common Resource Administrator',
    description: 'Keeps common resources of the whole server',
    privileges: [],
  },
]

export const IMPLICIT_ROLE = { defaultAccount: 'org', otherAccount: 'default-user' } as const
