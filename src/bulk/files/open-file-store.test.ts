import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startS3LookAlike } from '../../../test/support/s3-look-alike.ts'
import { readConfig } from '../../config.ts'
import { openFileStore } from './open-file-store.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'valence-files-'))
})
afterAll(() => rm(root, { recursive: true }))

const open = (settings: Record<string, string>) =>
  openFileStore(readConfig({ VALENCE_DATA_DIR: join(root, 'data'), ...settings }, () => ''))

test('files are in the data folder unless a place is given', async () => {
  const files = await open({})
  await files.put('1/a', Buffer.from('a'))
  expect(await readdir(join(root, 'data', 'bulk', '1'))).toEqual(['a'])
})

test('they are in the folder that is given', async () => {
  const files = await open({ VALENCE_BULK_FILES: join(root, 'elsewhere') })
  await files.put('2/a', Buffer.from('a'))
  expect(await readdir(join(root, 'elsewhere'))).toEqual(['2'])
})

test('they are in the bucket that is given, below its prefix', async () => {
  const s3 = await startS3LookAlike()
  const { endpoint = '', region, accessKey = '', secretKey = '' } = s3.settings
  const files = await open({
    VALENCE_BULK_FILES: 's3://files/of/bulk/',
    VALENCE_S3_ENDPOINT: endpoint,
    VALENCE_S3_REGION: region,
    VALENCE_S3_ACCESS_KEY: accessKey,
    VALENCE_S3_SECRET_KEY: secretKey,
  })
  await files.put('3/a', Buffer.from('a'))
  expect([...s3.objects.keys()]).toEqual(['of/bulk/3/a'])
  await files.close()
  await s3.close()
})
