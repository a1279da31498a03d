import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { FileStore } from './file-store.ts'
import { createLocalFolder } from './local-folder.ts'

/** Where the settings say that files of jobs are kept. */
export async function openFileStore({ dataDir, bulkFiles }: Pick<Config, 'dataDir' | 'bulkFiles'>): Promise<FileStore> {
  return createLocalFolder(bulkFiles?.folder ?? join(dataDir, 'bulk'))
}
