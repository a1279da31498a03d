import { type Place, Refusal, type SignedRequest } from './declaration.ts'

/** Signatures of 4096-bit keys take 700 characters, tokens with certificates a few thousand. */
const MAX_HEADER = 8192
const MAX_TOKEN_BODY = 256 * 1024

/**
 * The value of a header that must be there exactly once: of two, one could be judged here and the other one used elsewhere.
 * @throws Refusal
 */
export function singleHeader({ headers }: Pick<SignedRequest, 'headers'>, name: string): string {
  const values = headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value)
  return single(values, `header ${name}`)
}

/** @throws Refusal unless the proof stands in its place exactly once, neither empty nor oversized */
export function valueAt(place: Place, request: SignedRequest): string {
  if (place.in === 'header') return singleHeader(request, place.name)
  if (place.in === 'query') {
    const url = new URL(request.url)
    return single(url.searchParams.getAll(place.name), `query parameter ${place.name}`)
  }
  if (request.body.length > MAX_TOKEN_BODY) throw new Refusal(`the body has more than ${MAX_TOKEN_BODY} bytes`)
  const text = request.body.toString('latin1').trim()
  if (text === '') throw new Refusal('the body is empty')
  return text
}

function single(values: readonly string[], what: string): string {
  const [value] = values
  if (value === undefined) throw new Refusal(`${what} is missing`)
  if (values.length > 1) throw new Refusal(`${what} is there ${values.length} times`)
  if (value === '') throw new Refusal(`${what} is empty`)
  if (value.length > MAX_HEADER) throw new Refusal(`${what} has more than ${MAX_HEADER} characters`)
  return value
}

/** @throws Refusal when the text does not begin so */
export function withoutPrefix(text: string, prefix: string, place: Place): string {
  if (text.startsWith(prefix)) return text.slice(prefix.length)
  throw new Refusal(`${describe(place)} does not begin with "${prefix}"`)
}

export function describe(place: Place): string {
  if (place.in === 'body') return 'the body'
  return place.in === 'header' ? `header ${place.name}` : `query parameter ${place.name}`
}
