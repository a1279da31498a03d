import { ValenceError } from '../../errors.ts'

const SEGMENT = '[A-Za-z0-9_-][A-Za-z0-9._-]*'
const KEY = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`)
const MAX_CHARS = 512

/**
 * Keys are made by us; one of another form is a mistake of ours, and must not lead out of the store.
 *
 * @throws ValenceError INTERNAL
 */
export function checkFileKey(key: string): void {
  if (key.length <= MAX_CHARS && KEY.test(key)) return
  throw new ValenceError('INTERNAL', `"${key.slice(0, 100)}" is no key of a file store`)
}
