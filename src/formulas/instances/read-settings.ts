import { ValenceError } from '../../errors.ts'
import type { FormulaContext } from '../context.ts'

/** What of the settings has columns of its own. */
export interface KnownSettings {
  api: { method: string; uri: string } | undefined
  /** seconds */
  timeToLive: number | undefined
}

export const TIME_TO_LIVE = 'formula.instance.time.to.live'
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
/** ten years */
const MAX_SECONDS = 315_360_000
/** texts: addresses, separated by commas */
const TEXTS = ['notification.email', 'notification.webhook.url'] as const

/**
 * Settings that the platform knows (spec 30 §3.3); others are kept.
 * @throws ValenceError PARAMETER_INVALID naming the setting and its value
 */
export function readSettings(
  { isPlatformPath }: Pick<FormulaContext, 'isPlatformPath'>,
  settings: Readonly<Record<string, unknown>>,
): KnownSettings {
  for (const name of TEXTS)
    if (settings[name] !== undefined && typeof settings[name] !== 'string')
      throw invalid(name, 'text, addresses separated by commas', settings[name])
  const api = readApi(settings['api'])
  if (api && isPlatformPath(api.method, api.uri))
    throw invalid('api', 'a path that the platform does not have itself', settings['api'])
  return { api, timeToLive: readTimeToLive(settings[TIME_TO_LIVE]) }
}

/** `GET /my-uri` (spec 30 §5.4) */
function readApi(value: unknown): KnownSettings['api'] {
  if (value === undefined || value === '') return undefined
  const [method = '', uri = '', ...rest] = typeof value === 'string' ? value.trim().split(/\s+/) : []
  const isMethod = METHODS.includes(method.toUpperCase())
  if (isMethod && /^\/[^?#]+$/.test(uri) && rest.length === 0) return { method: method.toUpperCase(), uri }
  throw invalid('api', `a method and a path with a leading slash, such as "GET /my-uri"`, value)
}

function readTimeToLive(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value.trim()) ? Number(value) : value
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_SECONDS) return seconds
  throw invalid(TIME_TO_LIVE, `a whole number of seconds from 1 to ${MAX_SECONDS}`, value)
}

function invalid(name: string, expected: string, value: unknown): ValenceError {
  const shown = JSON.stringify(value)?.slice(0, 100)
  return new ValenceError('PARAMETER_INVALID', `settings.${name}: expected ${expected}, got ${shown}`)
}
