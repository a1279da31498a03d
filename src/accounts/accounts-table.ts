import type { Generated } from 'kysely'

/** Rows of the accounts room; the schema is `store/migrations/0001-foundation.ts`. */
export type AccountsTables = {
  organizations: OrganizationTable
  accounts: AccountTable
  users: UserTable
  login_tokens: LoginTokenTable
}

export interface OrganizationTable {
  id: Generated<number>
  name: string
  secret_ciphertext: string
  secret_lookup: string
  vdr_version: Generated<string>
  created_at: Generated<Date>
}

export interface AccountTable {
  id: Generated<number>
  organization_id: number
  name: string
  description: string | null
  external_id: string | null
  type: Generated<'Default' | 'CompanyAccount'>
  default_account: Generated<boolean>
  active: Generated<boolean>
  created_at: Generated<Date>
}

export interface UserTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  email: string
  first_name: string
  last_name: string
  /** null: the user calls the API with its secret but cannot sign in (spec 50 §5) */
  password_hash: string | null
  secret_ciphertext: string
  secret_lookup: string
  organization_admin: Generated<boolean>
  active: Generated<boolean>
  /** a date without time: "2019-04-02" */
  last_login_date: string | null
  created_at: Generated<Date>
}

export interface LoginTokenTable {
  id: Generated<number>
  user_id: number
  token_lookup: string
  expires_at: Date
  created_at: Generated<Date>
}
