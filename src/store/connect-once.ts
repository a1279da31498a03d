import type { Pool } from 'pg'
import { databaseUnreachable } from './database-address.ts'

/**
 * Opens one connection and gives it back, so that a start fails at once and says which database it wanted.
 *
 * @throws ValenceError UNAVAILABLE
 */
export async function connectOnce(pool: Pool, databaseUrl: string): Promise<void> {
  try {
    const client = await pool.connect()
    client.release()
  } catch (cause) {
    throw databaseUnreachable(databaseUrl, cause)
  }
}
