import Type, { type Static } from 'typebox'
import { ValenceError } from '../../errors.ts'

const count = Type.Integer({ minimum: 0, maximum: 10 })

/** What an organization asks of passwords. Bounds: spec 50 §8; the upper ones of length and days, which it does not know, are ours. */
export const PasswordPolicy = Type.Object({
  minLength: Type.Integer({ minimum: 8, maximum: 128 }),
  minUppercase: count,
  minLowercase: count,
  minNumbers: count,
  minSymbols: count,
  symbolCharacterSet: Type.String({
    maxLength: 200,
    description: 'Every character of it counts as a symbol, no other does',
  }),
  previousPasswordCount: Type.Integer({
    minimum: 0,
    maximum: 9,
    description: 'A new password is none of so many last ones, the present one among them; 0: whatever',
  }),
  expirationDays: Type.Integer({
    minimum: 0,
    maximum: 36_500,
    description: 'After so many days nobody signs in with it; 0: never',
  }),
})
export type PasswordPolicy = Static<typeof PasswordPolicy>

export const PASSWORD_MIN_LENGTH = 8

/** Of an organization that has none of its own. */
export const DEFAULT_POLICY: PasswordPolicy = {
  minLength: PASSWORD_MIN_LENGTH,
  minUppercase: 1,
  minLowercase: 1,
  minNumbers: 1,
  minSymbols: 1,
  symbolCharacterSet: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  previousPasswordCount: 0,
  expirationDays: 0,
}

export interface Person {
  email: string
  firstName: string
  lastName: string
}

const MAX_LENGTH = 1_000
/** A shorter name is part of too many words: "Al" could hardly find a password. */
const MIN_NAME_LENGTH = 3
const DAY_MS = 86_400_000

/** @throws ValenceError BODY_INVALID naming every rule that the password breaks, with the words that clients look for */
export function checkPassword(password: string, person: Person, policy: PasswordPolicy = DEFAULT_POLICY): void {
  const broken = brokenRules(password, person, policy)
  if (broken.length > 0) throw passwordRefused(broken)
}

export function passwordRefused(broken: readonly string[]): ValenceError {
  return new ValenceError('BODY_INVALID', `password must ${broken.join(', ')}`)
}

function brokenRules(password: string, { email, firstName, lastName }: Person, policy: PasswordPolicy): string[] {
  const characters = [...password]
  const symbols = new Set(policy.symbolCharacterSet)
  const count = (pattern: RegExp) => characters.filter((character) => pattern.test(character)).length
  const special = characters.filter((character) => symbols.has(character)).length
  const rules: [isKept: boolean, rule: string][] = [
    [characters.length >= policy.minLength, `have at least ${policy.minLength} characters`],
    [characters.length <= MAX_LENGTH, `have no more than ${MAX_LENGTH} characters`],
    [count(/\d/) >= policy.minNumbers, `have ${amount(policy.minNumbers, 'numeric character')}`],
    [count(/\p{Lu}/u) >= policy.minUppercase, `have ${amount(policy.minUppercase, 'uppercase character')}`],
    [count(/\p{Ll}/u) >= policy.minLowercase, `have ${amount(policy.minLowercase, 'lowercase character')}`],
    [
      special >= policy.minSymbols,
      `have ${amount(policy.minSymbols, 'special character')} of ${policy.symbolCharacterSet}`,
    ],
    [!contains(password, firstName), 'not contain the first name'],
    [!contains(password, lastName), 'not contain the last name'],
    [!contains(password, email.split('@')[0] ?? ''), 'not contain the username'],
  ]
  return rules.filter(([isKept]) => !isKept).map(([, rule]) => rule)
}

function amount(count: number, what: string): string {
  if (count !== 1) return `${count} ${what}s`
  return /^[aeiou]/.test(what) ? `an ${what}` : `a ${what}`
}

function contains(password: string, name: string): boolean {
  return name.length >= MIN_NAME_LENGTH && password.toLowerCase().includes(name.toLowerCase())
}

/** @param changedAt when the password was set */
export function isExpired({ expirationDays }: PasswordPolicy, changedAt: Date, now: Date): boolean {
  return expirationDays > 0 && now.getTime() >= changedAt.getTime() + expirationDays * DAY_MS
}
