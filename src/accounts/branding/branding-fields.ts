import { ValenceError } from '../../errors.ts'

/** What the look of a portal is made of (spec 50 §9): the fields of 2017, all of which are needed, and those that came later. */
export const REQUIRED_FIELDS = [
  'headerFont',
  'headerColor',
  'bodyFont',
  'bodyColor',
  'themePrimaryColor',
  'themeSecondaryColor',
  'themeHighlightColor',
  'buttonPrimaryBackgroundColor',
  'buttonPrimaryTextColor',
  'buttonSecondaryBackgroundColor',
  'buttonSecondaryTextColor',
  'buttonDeleteBackgroundColor',
  'buttonDeleteTextColor',
  'logoBackgroundColor',
  'topBarBackgroundColor',
  'navigationBackgroundColor',
  'contextBackgroundColor',
] as const

export const OPTIONAL_FIELDS = [
  'cardHeaderColor',
  'cardBackground',
  'cardMenuBackground',
  'cardMenuLinkColor',
  'navigationLinkBackground',
  'navigationLinkForeground',
  'navigationLinkBackgroundHover',
  'navigationLinkForegroundHover',
  'navigationLinkBackgroundActive',
  'navigationLinkForegroundActive',
  'topBarNavigationColor',
  'topBarTitleColor',
  'tableHeaderBackground',
  'tableHeaderForeground',
  'tableBodyBackground',
  'tableBodyForeground',
  'navigationIconSize',
  'navigationLabelSize',
  'navigationWidth',
  'navigationItemBorderColor',
  'componentsBorderColor',
  'documentationUrl',
] as const

export type BrandingField = (typeof REQUIRED_FIELDS)[number] | (typeof OPTIONAL_FIELDS)[number]

/** A name, or one in quotation marks of which both are there. */
const FAMILY = String.raw`(?:[\p{L}\d_-][\p{L}\d_ -]{0,99}|'[\p{L}\d_ -]{1,99}'|"[\p{L}\d_ -]{1,99}")`

/** Pages put these values into style sheets and links as they are: nothing may end a declaration or run. */
const FORMS: [fields: RegExp, form: RegExp][] = [
  [/Font$/, new RegExp(`^${FAMILY}(?:, ?${FAMILY}){0,9}$`, 'u')],
  [/(Size|Width)$/, /^\d{1,4}(\.\d{1,3})?(px|pt|em|rem|%)?$/],
  [/Url$/, /^https?:\/\/[^\s"'<>\\]{1,1000}$/],
  [/./, /^#([\da-f]{3}|[\da-f]{6})$/i],
]

/**
 * The fields of a request, whatever else it holds.
 * @throws ValenceError BODY_INVALID with the texts that clients look for (spec 50 §9)
 */
export function readBranding(body: Readonly<Record<string, unknown>>): Partial<Record<BrandingField, string>> {
  const missing = REQUIRED_FIELDS.filter((field) => isAbsent(body[field]))
  if (missing.length > 0) {
    throw new ValenceError('BODY_INVALID', `Branding missing required field(s): ${missing.join(', ')}`)
  }
  const present = [...REQUIRED_FIELDS, ...OPTIONAL_FIELDS].filter((field) => !isAbsent(body[field]))
  const invalid = present.filter((field) => !isInForm(field, body[field]))
  if (invalid.length > 0) {
    throw new ValenceError('BODY_INVALID', `Branding contains invalid field(s): ${invalid.join(', ')}`)
  }
  return Object.fromEntries(present.map((field) => [field, String(body[field])]))
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function isInForm(field: BrandingField, value: unknown): boolean {
  const [, form] = FORMS.find(([fields]) => fields.test(field)) ?? []
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && form !== undefined && form.test(text)
}
