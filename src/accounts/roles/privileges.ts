/**
 * What a role can allow. Keys and what they guard: spec 50 §7; `operations.ts` says which operation asks for which.
 * `system` and `intelligence` are the server's own and in no organization's gift.
 */
export const PRIVILEGES = {
  viewFormulas: ['View formulas', 'formulas'],
  createFormulas: ['Create formulas', 'formulas'],
  editFormulas: ['Edit formulas', 'formulas'],
  deleteFormulas: ['Delete formulas', 'formulas'],
  createFormulaInstances: ['Create and change formula instances', 'formulas'],
  viewElements: ['View elements', 'elements'],
  createElements: ['Create and clone elements', 'elements'],
  editElements: ['Edit elements', 'elements'],
  deleteElements: ['Delete elements', 'elements'],
  createElementInstances: ['Create and change element instances', 'elements'],
  viewCommonObjects: ['View common resources', 'common resources'],
  createCommonObjects: ['Create common resources', 'common resources'],
  editCommonObjects: ['Edit common resources', 'common resources'],
  deleteCommonObjects: ['Delete common resources', 'common resources'],
  manageUiBranding: ['Change the branding', 'organization'],
  viewUsersAccount: ['View users of an account', 'users'],
  addUsersAccount: ['Add users to an account', 'users'],
  editUsersAccount: ['Edit users of an account', 'users'],
  deleteUsersAccount: ['Delete users of an account', 'users'],
  viewUsersOrg: ['View users of the organization', 'users'],
  addUsersOrg: ['Add users to the organization', 'users'],
  editUsersOrg: ['Edit users of the organization', 'users'],
  deleteUsersOrg: ['Delete users of the organization', 'users'],
  viewLogsOrg: ['View logs of the organization', 'logs'],
  viewLogsAccount: ['View logs of the own account', 'logs'],
  modifySecurity: ['Change security rules', 'organization'],
  configureRoles: ['Configure roles', 'organization'],
} as const satisfies Record<string, readonly [name: string, category: string]>

export type Privilege = keyof typeof PRIVILEGES

export const PRIVILEGE_KEYS = Object.keys(PRIVILEGES) as Privilege[]

export function isPrivilege(key: string): key is Privilege {
  return Object.hasOwn(PRIVILEGES, key)
}
