import type { ColumnType, Generated } from 'kysely'

/** Rows of the accounts room; the schema is `store/migrations/0001-foundation.ts` and `0004-accounts.ts`. */
export type AccountsTables = {
  organizations: OrganizationTable
  accounts: AccountTable
  users: UserTable
  login_tokens: LoginTokenTable
  roles: RoleTable
  user_roles: UserRoleTable
  account_roles: AccountRoleTable
  password_policies: PasswordPolicyTable
  previous_passwords: PreviousPasswordTable
  brandings: BrandingTable
  branding_images: BrandingImageTable
  attempts: AttemptTable
  known_addresses: KnownAddressTable
  two_factors: TwoFactorTable
  password_resets: PasswordResetTable
}

export interface OrganizationTable {
  id: Generated<number>
  name: string
  secret_ciphertext: string
  secret_lookup: string
  vdr_version: Generated<string>
  external_id: string | null
  status: Generated<'paid' | 'trial'>
  environment: Generated<'production' | 'test'>
  two_factor_required: Generated<boolean>
  active: Generated<boolean>
  deleted_at: Date | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
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
  /** flat object of spec 41 §5; written as JSON text */
  settings: ColumnType<Record<string, unknown>, string | undefined, string>
  /** its users and instances are gone; made active again, it comes back empty (spec 50 §4) */
  deleted_at: Date | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
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
  active: Generated<boolean>
  /** a date without time: "2019-04-02" */
  last_login_date: string | null
  external_id: string | null
  phone: string | null
  street1: string | null
  street2: string | null
  city: string | null
  state_province: string | null
  postal_code: string | null
  country: string | null
  password_changed_at: Date | null
  /** the row stays for what refers to it; e-mail address, password and secret are gone */
  deleted_at: Date | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

export interface LoginTokenTable {
  id: Generated<number>
  user_id: number
  token_lookup: string
  expires_at: Date
  /** good for adding an authenticator, and nothing else */
  enrolling: Generated<boolean>
  created_at: Generated<Date>
}

/** A role as one organization defines it; built-in ones are copied from `built-in-roles.ts` when the organization is made. */
export interface RoleTable {
  id: Generated<number>
  organization_id: number
  key: string
  name: string
  description: Generated<string>
  active: Generated<boolean>
  privileges: string[]
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

export interface UserRoleTable {
  user_id: number
  role_key: string
  created_at: Generated<Date>
}

export interface AccountRoleTable {
  account_id: number
  role_key: string
  created_at: Generated<Date>
}

/** Without a row the default policy counts (spec 50 §8). */
export interface PasswordPolicyTable {
  organization_id: number
  min_length: number
  min_uppercase: number
  min_lowercase: number
  min_numbers: number
  min_symbols: number
  symbol_character_set: string
  previous_password_count: number
  expiration_days: number
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

export interface PreviousPasswordTable {
  id: Generated<number>
  user_id: number
  password_hash: string
  created_at: Generated<Date>
}

export interface BrandingTable {
  organization_id: number
  document: ColumnType<Record<string, string>, string, string>
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

export interface BrandingImageTable {
  organization_id: number
  kind: 'logo' | 'favicon'
  /** names the image in its public address */
  token: string
  content_type: string
  bytes: Buffer
  updated_at: Generated<Date>
}

/** Guesses at a secret within one span of time; `attempts.ts` counts them. */
export interface AttemptTable {
  /** what they were made at or from, hashed */
  subject: string
  count: number
  /** of the span; a row of the past counts nothing */
  ends_at: Date
}

/** From where somebody signed in; `sign-in-limits.ts` lets him try again from there, whatever others do. */
export interface KnownAddressTable {
  /** e-mail and network address, hashed */
  subject: string
  last_at: Date
}

export interface TwoFactorTable {
  user_id: number
  secret_ciphertext: string
  /** null until the user showed a first code */
  confirmed_at: Date | null
  /** of the last accepted code: none is taken twice */
  last_step: number | null
  /** of codes for the day the authenticator is lost, each good once */
  recovery_lookups: Generated<string[]>
  created_at: Generated<Date>
}

export interface PasswordResetTable {
  token_lookup: string
  user_id: number
  expires_at: Date
  created_at: Generated<Date>
}
