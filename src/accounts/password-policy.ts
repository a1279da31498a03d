import { ValenceError } from '../errors.ts'

export const PASSWORD_MIN_LENGTH = 8

interface Person {
  email: string
  firstName: string
  lastName: string
}

/**
 * What the default policy finds wrong; each rule names the word that clients look for in the message. Source: spec 50 §8.
 * Empty names forbid nothing.
 */
const RULES: [violates: (password: string, person: Person) => boolean, complaint: string][] = [
  [(password) => password.length < PASSWORD_MIN_LENGTH, `have at least ${PASSWORD_MIN_LENGTH} characters`],
  [(password) => !/\d/.test(password), 'have a numeric character'],
  [(password) => !/\p{Lu}/u.test(password), 'have an uppercase character'],
  [(password) => !/\p{Ll}/u.test(password), 'have a lowercase character'],
  [(password) => !/[^\p{L}\p{N}\s]/u.test(password), 'have a special character'],
  [(password, { firstName }) => contains(password, firstName), 'not contain the first name'],
  [(password, { lastName }) => contains(password, lastName), 'not contain the last name'],
  [(password, { email }) => contains(password, email.split('@')[0] ?? ''), 'not contain the username'],
]

/** @throws ValenceError BODY_INVALID naming every rule that the password breaks */
export function checkPassword(password: string, person: Person): void {
  const complaints = RULES.filter(([violates]) => violates(password, person)).map(([, complaint]) => complaint)
  if (complaints.length === 0) return
  throw new ValenceError('BODY_INVALID', `password must ${complaints.join(', ')}`)
}

function contains(password: string, name: string): boolean {
  return name !== '' && password.toLowerCase().includes(name.toLowerCase())
}
