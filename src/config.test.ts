import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const noFile = (path: string): string => {
  throw new Error(`no file ${path}`)
}

test('a clone runs with no configuration at all', () => {
  const config = readConfig({}, noFile)
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    publicUrl: 'http://127.0.0.1:8080',
    dataDir: '.valence',
    databaseUrl: undefined,
    simulate: 'off',
    anonymousCatalog: true,
    corsOrigins: ['*'],
    trustProxy: false,
    logLevel: 'info',
  })
  expect(Object.isFrozen(config)).toBe(true)
})

for (const [name, value, expected] of [
  ['VALENCE_PORT', '80800', 'VALENCE_PORT: expected a port number from 0 (any free one) to 65535, got "80800"'],
  ['VALENCE_PORT', 'http', 'VALENCE_PORT: expected a port number from 0 (any free one) to 65535, got "http"'],
  ['VALENCE_SIMULATE', 'yes', 'VALENCE_SIMULATE: expected off, 1 or auto, got "yes"'],
  [
    'VALENCE_TRUST_PROXY',
    'maybe',
    'VALENCE_TRUST_PROXY: expected off, on (one proxy) or the number of proxies from 1 to 9, got "maybe"',
  ],
  ['VALENCE_ADMIN_EMAIL', 'ada', 'VALENCE_ADMIN_EMAIL: expected an e-mail address, got "ada"'],
  ['VALENCE_ADMIN_PASSWORD', 'short', 'VALENCE_ADMIN_PASSWORD: expected at least 8 characters, got something else'],
  [
    'DATABASE_URL',
    'mysql://root:hunter2@db/x',
    'DATABASE_URL: expected a URL like postgres://user:password@host:5432/database, got something else',
  ],
  [
    'VALENCE_SMTP_URL',
    'https://u:hunter2@mail.example.com',
    'VALENCE_SMTP_URL: expected a URL like smtps://user:password@mail.example.com:465 or smtp://mail.example.com:587, got something else',
  ],
  ['VALENCE_MAIL_FROM', 'Ada <ada>', 'VALENCE_MAIL_FROM: expected an e-mail address, got "Ada <ada>"'],
  [
    'VALENCE_LOG_LEVEL',
    'loud',
    'VALENCE_LOG_LEVEL: expected trace, debug, info, warn, error, fatal, silent, got "loud"',
  ],
  ['VALENCE_BULK_FILES', 'ftp://files/x', 'VALENCE_BULK_FILES: expected a folder, or s3://bucket/prefix, got "ftp://'],
  ['VALENCE_BULK_FILES', 's3://Files', 'expected a folder, or s3://bucket/prefix'],
  ['VALENCE_BULK_FILES', 's3://files/../x', 'expected a folder, or s3://bucket/prefix'],
  ['VALENCE_BULK_DAYS', '0', 'VALENCE_BULK_DAYS: expected a whole number of days from 1 to 3650, got "0"'],
  ['VALENCE_BULK_FILE_GB', '0.001', 'VALENCE_BULK_FILE_GB: expected GB, from 0.01 to 100000, got "0.001"'],
  ['VALENCE_S3_SECRET_KEY', 'hunter 2', 'VALENCE_S3_SECRET_KEY: expected the secret of an access key, got something'],
  ['VALENCE_S3_SECRET_KEY', 'hunter2', 'VALENCE_S3_ACCESS_KEY, VALENCE_S3_SECRET_KEY: expected both or neither'],
] as const) {
  test(`${name}=${value} is refused with what it expects and what it got`, () => {
    expect(() => readConfig({ [name]: value }, noFile)).toThrow(expected)
  })
}

test('proxies are believed as many as there are', () => {
  const read = (VALENCE_TRUST_PROXY: string) => readConfig({ VALENCE_TRUST_PROXY }, noFile).trustProxy
  expect(['off', '0', 'on', '1', 'TRUE', '3'].map(read)).toEqual([false, false, 1, 1, 1, 3])
  expect(() => read('10')).toThrow('VALENCE_TRUST_PROXY')
})

test('files of bulk jobs are in a folder or a bucket', () => {
  const read = (VALENCE_BULK_FILES: string) => readConfig({ VALENCE_BULK_FILES }, noFile).bulkFiles
  expect(['', 'files', '/srv/files', 's3://files', 's3://files/', 's3://files/a/b/'].map(read)).toEqual([
    undefined,
    { folder: 'files' },
    { folder: '/srv/files' },
    { bucket: 'files', prefix: '' },
    { bucket: 'files', prefix: '' },
    { bucket: 'files', prefix: 'a/b' },
  ])
})

test('all wrong values are named at once', () => {
  expect(() => readConfig({ VALENCE_PORT: 'x', VALENCE_SIMULATE: 'x' }, noFile)).toThrow(
    /VALENCE_PORT[\s\S]*VALENCE_SIMULATE/,
  )
})

test('the file gives what the environment does not', () => {
  const file = '# my hub\nVALENCE_PORT=9000\nexport VALENCE_HOST="0.0.0.0"\n'
  const config = readConfig({ VALENCE_CONFIG: 'hub.env', VALENCE_PORT: '9001' }, () => file)
  expect(config).toMatchObject({ host: '0.0.0.0', port: 9001, publicUrl: 'http://127.0.0.1:9001' })
})

test('a name the file misspells is refused with its line', () => {
  expect(() => readConfig({ VALENCE_CONFIG: 'hub.env' }, () => 'VALENCE_PROT=1')).toThrow(
    'hub.env, line 1: expected NAME=value with the name of a setting, got "VALENCE_PROT"',
  )
})

test('an unknown name in the environment is reported, not fatal', () => {
  expect(readConfig({ VALENCE_PROT: '1', VALENCE_TEST_EXPORTS: 'x' }, noFile).unknown).toEqual(['VALENCE_PROT'])
})
