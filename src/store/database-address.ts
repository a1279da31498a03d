import { ValenceError } from '../errors.ts'

/**
 * Host, port and name of a database for messages: "127.0.0.1:5432/valence". User and password never appear.
 *
 * @param databaseUrl a `postgres://` URL; an unreadable one gives "the configured database"
 */
export function databaseAddress(databaseUrl: string): string {
  const url = URL.parse(databaseUrl)
  if (!url) return 'the configured database'
  const host = url.hostname || url.searchParams.get('host') || 'localhost'
  const port = url.port || url.searchParams.get('port') || '5432'
  return `${host}:${port}${url.pathname}`
}

/** UNAVAILABLE: "cannot reach PostgreSQL at 127.0.0.1:5432/valence: connect ECONNREFUSED …; …", with the way out. */
export function databaseUnreachable(databaseUrl: string, cause: unknown): ValenceError {
  return new ValenceError(
    'UNAVAILABLE',
    `cannot reach PostgreSQL at ${databaseAddress(databaseUrl)}: ${reasonOf(cause)}; check that it runs and that DATABASE_URL names it`,
    { cause },
  )
}

/** The sentence of an error, also of Node's `AggregateError` of several addresses, whose own message is empty. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ')
  return cause instanceof Error ? cause.message : String(cause)
}
