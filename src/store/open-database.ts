import { mkdir } from 'node:fs/promises'
import { type Config, ConfigError } from '../config.ts'
import { openStore, type Store } from './database.ts'
import { openKeyRing } from './key-ring.ts'
import { migrate } from './migrate.ts'
import type { Log } from './tables.ts'

/**
 * Opens the configured database, or the embedded one in the data folder; migrates it.
 * @param onFailure told when the embedded database ended by itself
 * @param shared another process may have the same embedded database open
 * @returns `url` leads to it, perhaps with a password
 * @throws ConfigError, ValenceError with one sentence for whoever starts the hub
 */
export async function openDatabase(
  config: Config,
  log: Log,
  onFailure: (error: Error) => void,
  { shared = false }: { shared?: boolean } = {},
): Promise<{ store: Store; url: string; close(): Promise<void> }> {
  // the database's own user passes through here when root started the hub; every file in it is closed
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 }).catch((cause) => {
    throw new ConfigError([`VALENCE_DATA_DIR: "${config.dataDir}" cannot be used as a folder (${cause.message})`])
  })
  const keyRing = await openKeyRing({ keys: config.keys, dataDir: config.dataDir })
  const embedded = config.databaseUrl ? undefined : await startEmbedded(config.dataDir, shared, log, onFailure)
  const url = config.databaseUrl ?? embedded?.url ?? ''
  try {
    await migrate(url)
    const store = await openStore({ url, keyRing, log })
    return {
      store,
      url,
      async close() {
        await store.close()
        await embedded?.stop()
      },
    }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/** Loaded only when it is used: with `DATABASE_URL` its platform package need not be installed. */
async function startEmbedded(dataDir: string, shared: boolean, log: Log, onFailure: (error: Error) => void) {
  const { startEmbeddedPostgres } = await import('./embedded-postgres.ts')
  return startEmbeddedPostgres({
    dataDir,
    shared,
    log: (line) => log.debug({}, line),
    onExit: (reason) => onFailure(new Error(`The embedded database ended by itself: ${reason}`)),
  })
}
