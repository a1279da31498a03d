import { isObject } from '../../model/is-object.ts'
import { ownValue } from '../../model/own-value.ts'
import { jsonObject } from './json-object.ts'
import { type PolledResource, readPolledResource, settingsOfRow } from './polled-resource.ts'

/** What an instance polls. */
export interface PollerConfiguration {
  /** in the order they are polled */
  resources: PolledResource[]
  /** sentences for the customer, each of a resource that is not polled, or of a setting that cannot be read */
  problems: string[]
}

type Configuration = Readonly<Record<string, string | null>>
type Entries = ReadonlyMap<string, unknown>

/** Key of the entry that stands for every name of `event.objects` (spec 40 §7.7). */
const ANY_OBJECT = '{objectName}'
/** All resources of an instance are polled one after the other. */
const MAX_RESOURCES = 200
const NAME = /^[\p{L}\p{N}_$][\p{L}\p{N}_$ .:-]{0,199}$/u

/**
 * The resources that an instance polls: of `event.poller.configuration`, or of the rows of `event.poller.urls`; only those that
 * `event.poller.urls` or else `event.objects` names, when one does (spec 40 §7.2, §7.3, §7.7). Entries of `event.metadata` may say how to poll, too.
 *
 * @param configuration every key of the element and of the instance with its effective value
 */
export function readPollers(configuration: Configuration): PollerConfiguration {
  const problems: string[] = []
  const settingOf = (key: string) => ownValue(configuration, key)?.trim() ?? ''
  const { rows, names } = readUrls(settingOf('event.poller.urls'))
  const entries = rows ?? entriesOf('event.poller.configuration', settingOf('event.poller.configuration'), problems)
  const offered = offeredObjects(settingOf('event.metadata'))
  const objects = namesIn(settingOf('event.objects'), /[,|\n]/)
  const named = rows ? undefined : names.length > 0 ? names : objects.length > 0 ? objects : undefined
  const isNamedOnly = named === undefined && (entries.has(ANY_OBJECT) || (entries.size === 0 && offered.size > 0))
  if (isNamedOnly) problems.push('event.objects names no object to poll')

  const resources: PolledResource[] = []
  for (const name of named ?? [...entries.keys()].filter((key) => key !== ANY_OBJECT)) {
    const read = readNamed(name, entries, offered)
    if (typeof read === 'string') problems.push(read)
    else if (resources.length === MAX_RESOURCES)
      problems.push(`${name}: an instance polls at most ${MAX_RESOURCES} resources`)
    else resources.push(read)
  }
  return { resources, problems }
}

function readNamed(name: string, entries: Entries, offered: Entries): PolledResource | string {
  if (!NAME.test(name)) return `"${name.slice(0, 50)}": this cannot be the name of a resource`
  if (offered.size > 0 && !entries.has(name) && !offered.has(name) && !offered.has(ANY_OBJECT)) {
    return `${name}: the element reports no polled events of it (event.metadata)`
  }
  const settings = [entries.get(name), offered.get(name), entries.get(ANY_OBJECT), offered.get(ANY_OBJECT)].find(
    saysHow,
  )
  if (settings === undefined)
    return `${name}: event.poller.configuration has no entry for it, nor one for ${ANY_OBJECT}`
  const read = readPolledResource(name, settings)
  return typeof read === 'string' ? read : { ...read, url: read.url.replaceAll(ANY_OBJECT, name) }
}

/** An entry that is there and wrong is told of; one of `event.metadata` mostly lists types of events only. */
function saysHow(settings: unknown): boolean {
  return settings !== undefined && !(isObject(settings) && 'eventTypes' in settings && !('url' in settings))
}

/** Three dialects (spec 40 §7.2): rows with a path as second field; or names, one a line or separated by `|`. */
function readUrls(text: string): { rows: Entries | undefined; names: string[] } {
  // a form's line breaks may come as two characters
  const lines = namesIn(text, /\r?\n|\\n/)
  const rows = lines.map((line) => line.split('|').map((field) => field.trim()))
  if (rows.some(([, url]) => url?.startsWith('/'))) {
    return { rows: new Map(rows.map((row) => [row[0] ?? '', settingsOfRow(row)])), names: [] }
  }
  return { rows: undefined, names: [...new Set(rows.flat().filter((name) => name !== ''))] }
}

function entriesOf(key: string, text: string, problems: string[]): Entries {
  const entries = jsonObject(text)
  if (!entries) problems.push(`${key}: this is no JSON object`)
  return new Map(Object.entries(entries ?? {}))
}

function offeredObjects(text: string): Entries {
  const polling = jsonObject(text)?.['polling']
  return new Map(Object.entries(isObject(polling) ? polling : {}))
}

function namesIn(text: string, separator: RegExp): string[] {
  return [...new Set(text.split(separator).map((name) => name.trim()))].filter((name) => name !== '')
}
