/** Whoever writes a formula is not shown who its callers are. */
const SECRET = new Set(['authorization', 'cookie', 'proxy-authorization', 'elements-user-password'])

/** Of a call, without what tells who made it. */
export function textHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || SECRET.has(name) ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  )
}
