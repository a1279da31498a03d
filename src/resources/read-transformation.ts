import { ValenceError } from '../errors.ts'
import type { ConfigurationEntry, MappingScript } from '../model/common-resource.ts'
import { isObject } from '../model/is-object.ts'
import { LIMITS } from './limits.ts'
import { type Body, otherMembers, readList, readObject, readSwitch, readText } from './read-body.ts'
import { readPath } from './read-definition.ts'
import type { LevelInput, MappingInput } from './write-transformation.ts'

/**
 * One level of a transformation as clients send it (spec 20 §4): missing parts are tolerated, `configuration: null` is `[]`, ids and owners
 * of where the body comes from are ignored. Of `scripts`, one per level, that of the level is taken where `script` is absent.
 *
 * @throws ValenceError BODY_INVALID naming the member
 */
export function readLevelInput(body: Body, level?: string): LevelInput {
  const fields = readList(body['fields'], 'fields', LIMITS.fields)
  return {
    vendorName: readText(body['vendorName'], 'vendorName', LIMITS.pathLength),
    isLegacy: readSwitch(body['isLegacy'], 'isLegacy'),
    configuration: readConfiguration(body['configuration'], 'configuration'),
    fields: fields.map((field, index) => readMapping(field, `fields[${index}]`)),
    script: readScript(body['script'], 'script') ?? scriptOf(body['scripts'], level),
  }
}

/** @param name of the line in complaints */
export function readMapping(value: unknown, name: string): MappingInput {
  const field = readObject(value, name)
  const text = (member: string, max: number) => {
    const found = readText(field[member], `${name}.${member}`, max)
    return found === undefined ? {} : { [member]: found }
  }
  const configuration = readConfiguration(field['configuration'], `${name}.configuration`)
  return {
    ...otherMembers(field, ['path', 'type', 'vendorPath', 'vendorType', 'configuration']),
    path: readPath(field['path'], `${name}.path`),
    ...text('type', LIMITS.textLength),
    ...text('vendorPath', LIMITS.pathLength),
    ...text('vendorType', LIMITS.textLength),
    ...(configuration.length === 0 ? {} : { configuration }),
  }
}

/** Entries of types that nobody here knows are kept as they are (spec 20 §8). */
export function readConfiguration(value: unknown, name: string): ConfigurationEntry[] {
  return readList(value, name, LIMITS.configurations).map((item, index) => {
    const at = `${name}[${index}]`
    const entry = readObject(item, at)
    const type = readText(entry['type'], `${at}.type`, LIMITS.textLength)
    if (type === undefined) throw new ValenceError('BODY_INVALID', `${at}.type: expected a text, as in "passThrough"`)
    const properties = entry['properties']
    return {
      ...otherMembers(entry, ['type', 'properties']),
      type,
      ...(properties === undefined || properties === null
        ? {}
        : { properties: readObject(properties, `${at}.properties`) }),
    }
  })
}

/** An object without a body is no script (spec 20 §7). */
export function readScript(value: unknown, name: string): MappingScript | undefined {
  if (value === undefined || value === null) return undefined
  const script = readObject(value, name)
  const body = readText(script['body'], `${name}.body`, LIMITS.scriptChars)
  if (body === undefined) return undefined
  return {
    ...otherMembers(script, ['body', 'mimeType', 'filterEmptyResponse']),
    body,
    mimeType: readText(script['mimeType'], `${name}.mimeType`, LIMITS.textLength) ?? 'application/javascript',
    filterEmptyResponse: readSwitch(script['filterEmptyResponse'], `${name}.filterEmptyResponse`) ?? false,
  }
}

function scriptOf(value: unknown, level: string | undefined): MappingScript | undefined {
  const scripts = readList(value, 'scripts', LIMITS.configurations).filter(isObject)
  const own = scripts.find((script) => script['level'] === level) ?? scripts.find(({ level }) => !level)
  const only = scripts.length === 1 ? scripts[0] : undefined
  return readScript(own ?? only, 'scripts')
}
