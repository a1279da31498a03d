import { ValenceError } from '../errors.ts'

/** Clients tell "nothing there" by the text `No … found`, of definitions and transformations alike (spec 20 §3). */
export function noDefinitions(): ValenceError {
  return new ValenceError('NOTHING_FOUND', 'No object definitions found')
}

export function noDefinition(objectName: string): ValenceError {
  return new ValenceError('NOTHING_FOUND', `No object definition named "${objectName}" found`)
}

export function noTransformations(): ValenceError {
  return new ValenceError('NOTHING_FOUND', 'No transformations found')
}

export function noTransformation(objectName: string): ValenceError {
  return new ValenceError('NOTHING_FOUND', `No transformation of "${objectName}" found`)
}

export function noCommonResource(name: string): ValenceError {
  return new ValenceError('NOTHING_FOUND', `No common resource named "${name}" found`)
}
