import type { ConfigurationRow, Element } from '../../../src/model/element.ts'

/** What the customer does not type in, or what has a meaning of its own. */
const NOT_ASKED =
  /^(base\.url$|event|bulk|pagination|filter\.|default\.select|oauth\.(user|scope|basic|callback|request\.authorization))/

/**
 * Configuration that a customer would type in: every key that has no value yet and is not the platform's own affair.
 * Where the address is left open, it is the simulator's own host of this vendor (docs/simulator.md).
 *
 * @param name of the vendor at the simulator
 * @param keyStore a Java key store in base64 and its password, for elements that want one
 */
export function plausibleConfiguration(
  element: Element,
  name: string,
  keyStore: { store: string; password: string } | undefined,
): Record<string, string> {
  const host = `${name.toLowerCase()}.simulator.test`
  const known: Record<string, string | undefined> = {
    'oauth.authorization.url': `https://${host}/oauth2/authorize`,
    'oauth.token.url': `https://${host}/oauth2/token`,
    'oauth.token.refresh_url': undefined,
    'oauth.token.revoke_url': undefined,
    'base64.encoded.jks': keyStore?.store,
    'jks.password': keyStore?.password,
  }
  const hooks = [element.hooks, ...element.resources.map((resource) => resource.hooks ?? [])].flat()
  const scripts = hooks.map(({ body = '' }) => body)
  const given = element.configuration.filter(isAsked).map((row): [string, string | undefined] => {
    return [row.key, row.key in known ? known[row.key] : plausible(row, scripts)]
  })
  return {
    ...Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined)),
    ...openAddress(element, host),
  }
}

function isAsked({ key, defaultValue, internal }: ConfigurationRow): boolean {
  // some leave the addresses of a login to the platform
  const isPlatforms = internal && !/^oauth\..*url$/.test(key)
  return (!defaultValue || defaultValue === 'None') && !isPlatforms && !NOT_ASKED.test(key)
}

function plausible({ key, type = '', options }: ConfigurationRow, scripts: readonly string[]): string {
  if (type.startsWith('BOOLEAN')) return 'true'
  // a long text that a script reads as JSON had better be some
  const isParsed = scripts.some((text) => text.includes(key) && text.includes('JSON.parse'))
  if (type === 'CODE_EDITOR') return '{}'
  return options?.[0]?.value ?? (type === 'TEXTAREA' && isParsed ? '[]' : `v${key.length}`)
}

function openAddress(element: Element, host: string): Record<string, string> {
  const base = element.configuration.find(({ key }) => key === 'base.url')?.defaultValue ?? ''
  const [, scheme = '', placeholder] = /^(https?:\/\/)?\{([^}]*)\}(?=\/|$)/.exec(base) ?? []
  if (placeholder === undefined) return isAddress(base) ? {} : { 'base.url': `https://${host}` }
  const row = element.parameters.find(
    ({ type, vendorType, vendorName }) =>
      type === 'configuration' && vendorType === 'path' && vendorName === placeholder,
  )
  return { [row?.name ?? placeholder]: scheme === '' ? `https://${host}` : host }
}

function isAddress(base: string): boolean {
  return /^https?:\/\/[^[\]<>]+$/.test(base) && URL.parse(base.replaceAll(/\{[^}]*\}/g, 'x')) !== null
}
