import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { FileStore } from './file-store.ts'
import { createLocalFolder } from './local-folder.ts'
import { openS3 } from './s3.ts'

/** Where the settings say that files of jobs are kept. Nothing is asked of a bucket yet: a hub starts while its bucket is away. */
export async function openFileStore({
  dataDir,
  bulkFiles = { folder: join(dataDir, 'bulk') },
  s3,
}: Pick<Config, 'dataDir' | 'bulkFiles' | 's3'>): Promise<FileStore> {
  return 'folder' in bulkFiles ? createLocalFolder(bulkFiles.folder) : openS3({ ...bulkFiles, ...s3 })
}
