/** Header names and values as HTTP takes them (RFC 9110 §5.1, §5.5); no other byte can be sent, a line break least of all. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Where one `Name: value` ends and the next one begins; a comma or semicolon within a value is none, nor is the colon of a URL. */
const SEPARATOR = /[\r\n]|[;,](?=[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:(?!\/\/))/
/** Of the connection (RFC 9110 §7.6.1), of the body, and whom it is sent to. */
const OURS = new Set(
  'connection content-encoding content-length content-type expect host keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)
/** What a receiver believes, because it is signed or ours: `elements-webhook-…`, `webhook-…`. */
const OURS_BY_PREFIX = /^(?:elements-)?webhook-/

const MAX_HEADERS = 50

/**
 * Reads extra headers of a callback: a JSON object, or `Name: value` separated by newline, `;` or `,` (spec 40 §2).
 *
 * @returns names in lower case; and why each entry that is left out cannot be sent
 */
export function readCallbackHeaders(text: string): { headers: Record<string, string>; refused: string[] } {
  const headers: Record<string, string> = {}
  const refused: string[] = []
  for (const [rawName, value] of entriesOf(text.trim())) {
    const name = rawName.trim().toLowerCase()
    const why = objection(name, value)
    if (why !== undefined) refused.push(`"${rawName.trim().slice(0, 60)}" ${why}`)
    else if (Object.keys(headers).length === MAX_HEADERS) refused.push(`there are more than ${MAX_HEADERS} headers`)
    else headers[name] = value.trim()
  }
  return { headers, refused }
}

function objection(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'is no name of a header'
  if (OURS.has(name) || OURS_BY_PREFIX.test(name)) return 'is set by the hub'
  return VALUE.test(value.trim()) ? undefined : 'has a value that no header can have'
}

function entriesOf(text: string): (readonly [string, string])[] {
  if (text.startsWith('{')) return membersOf(text)
  return text
    .split(SEPARATOR)
    .filter((entry) => entry.trim() !== '')
    .map((entry) => {
      const colon = entry.indexOf(':')
      return colon === -1 ? [entry, '\0'] : [entry.slice(0, colon), entry.slice(colon + 1)]
    })
}

function membersOf(text: string): (readonly [string, string])[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return [[text, '\0']]
  }
  const isText = (member: unknown) => ['string', 'number', 'boolean'].includes(typeof member)
  return Object.entries(value as object).map(([name, member]) => [name, isText(member) ? String(member) : '\0'])
}
