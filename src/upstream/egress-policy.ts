import type { LookupAddress } from 'node:dns'
import { ValenceError } from '../errors.ts'
import { type AddressRange, parseAddress, parseRange, rangeContains, whyNotPublic } from './address-ranges.ts'

/**
 * Which hosts may be called: public ones, and what VALENCE_EGRESS_ALLOW opens. Elements, hooks, formula steps and
 * callbacks name addresses of their own, so none of them may reach what only this machine or its network can see.
 */
export interface EgressPolicy {
  /**
   * Judges the host of a URL before anything is resolved.
   * @param hostname as `URL.hostname` gives it: lower-case, IPv6 in brackets, IPv4 in dotted decimals
   * @returns `open`: nothing more to check; `judge-addresses`: what the name resolves to must pass `refusalOf`
   * @throws ValenceError EGRESS_REFUSED
   */
  admit(hostname: string, port: number): 'open' | 'judge-addresses'
  /**
   * Judges what a name resolved to. One address that is not public refuses the name, even beside public ones: honest
   * services do not publish such answers, DNS rebinding does.
   */
  refusalOf(name: string, port: number, addresses: readonly LookupAddress[]): ValenceError | undefined
}

/** Never public: RFC 6761 §6.3 (localhost), RFC 6762 §3 (local), RFC 8375 (home.arpa), ICANN resolution 2024.07.29.06 (internal). */
const REFUSED_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'home.arpa']
/** Cloud metadata services and loopback aliases by name; the first two clouds also answer to the short names. */
const REFUSED_NAMES = new Set([
  'metadata',
  'metadata.goog',
  'instance-data',
  'ip6-localhost',
  'ip6-loopback',
  'broadcasthost',
])

interface AllowRule {
  /** undefined: every port */
  port: number | undefined
  name?: string
  /** with its leading dot */
  suffix?: string
  range?: AddressRange
}

/**
 * @param allow entries of VALENCE_EGRESS_ALLOW: `host`, `*.example.org` (not example.org itself), an IP address, CIDR, each host
 * also as `host:port` or `[v6]:port` for that port alone
 * @throws ValenceError CONFIGURATION_INVALID naming the entry
 */
export function createEgressPolicy(allow: readonly string[]): EgressPolicy {
  const rules = allow.map(parseAllowEntry)
  const opensName = (name: string, port: number) =>
    rules.some(
      (rule) =>
        portFits(rule, port) && (rule.name === name || (rule.suffix !== undefined && name.endsWith(rule.suffix))),
    )
  const opensAddress = (address: Uint8Array, port: number) =>
    rules.some((rule) => portFits(rule, port) && rule.range !== undefined && rangeContains(rule.range, address))

  return {
    admit(hostname, port) {
      const address = parseAddress(hostname.replace(/^\[|\]$/g, ''))
      if (address !== undefined) {
        if (opensAddress(address, port)) return 'open'
        const why = whyNotPublic(address)
        if (why !== undefined) throw egressRefused(hostname, port, `is ${why}`)
        return 'open'
      }
      const name = withoutTrailingDot(hostname)
      if (opensName(name, port)) return 'open'
      if (isRefusedName(name)) throw egressRefused(name, port, 'is a name of this host or its network')
      return 'judge-addresses'
    },
    refusalOf(name, port, addresses) {
      for (const { address } of addresses) {
        const bytes = parseAddress(address)
        if (bytes !== undefined && (opensAddress(bytes, port) || whyNotPublic(bytes) === undefined)) continue
        // the address itself stays unsaid: whoever asks may not be allowed to map this network
        return egressRefused(withoutTrailingDot(name), port, 'resolves to a private address')
      }
      return undefined
    },
  }
}

/**
 * Reads VALENCE_EGRESS_ALLOW.
 * @param text entries separated by commas or white space
 * @returns the entries, for `createEgressPolicy` and `createUpstream`
 * @throws ValenceError CONFIGURATION_INVALID naming the entry and what is expected
 */
export function parseEgressAllow(text: string): readonly string[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  entries.forEach(parseAllowEntry)
  return entries
}

function parseAllowEntry(entry: string): AllowRule {
  const range = parseRange(entry)
  if (range !== undefined) return { range, port: undefined }
  const match = /^(?<wild>\*\.)?(?<host>\[[^\]]+\]|[^:/?#@[\]*\s\\]+)(?::(?<port>\d{1,5}))?$/.exec(entry)
  const { wild, host = '', port } = match?.groups ?? {}
  const hostname = URL.parse(`http://${host}`)?.hostname
  if (match === null || !hostname || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) throw allowInvalid(entry)
  const portNumber = port === undefined ? undefined : Number(port)
  const literal = parseRange(hostname.replace(/^\[|\]$/g, ''))
  if (literal !== undefined && wild === undefined) return { range: literal, port: portNumber }
  if (literal !== undefined) throw allowInvalid(entry)
  const name = withoutTrailingDot(hostname)
  return wild === undefined ? { name, port: portNumber } : { suffix: `.${name}`, port: portNumber }
}

function allowInvalid(entry: string): ValenceError {
  return new ValenceError(
    'CONFIGURATION_INVALID',
    `VALENCE_EGRESS_ALLOW: "${entry}" is not a host, *.host, IP address, CIDR, host:port or [IPv6]:port (without http://)`,
  )
}

function egressRefused(host: string, port: number, why: string): ValenceError {
  return new ValenceError(
    'EGRESS_REFUSED',
    `Requests to "${host}" are refused: it ${why}. To allow it, add ${host}:${port} to VALENCE_EGRESS_ALLOW.`,
  )
}

function isRefusedName(name: string): boolean {
  return REFUSED_NAMES.has(name) || REFUSED_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))
}

function portFits(rule: AllowRule, port: number): boolean {
  return rule.port === undefined || rule.port === port
}

function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
