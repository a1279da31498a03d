/** Members of a user that are plain text and may be missing: wire name → column. */
export const OPTIONAL_TEXTS = {
  externalId: 'external_id',
  phone: 'phone',
  street1: 'street1',
  street2: 'street2',
  city: 'city',
  stateProvince: 'state_province',
  postalCode: 'postal_code',
  country: 'country',
} as const

/** Those that every user has. */
export const REQUIRED_TEXTS = { firstName: 'first_name', lastName: 'last_name', email: 'email' } as const

/** `lastLoginDate` of who never signed in (spec 00 §13) */
export const NEVER_LOGGED_IN = '1970-01-01'

export type OptionalText = keyof typeof OPTIONAL_TEXTS
