import { availableParallelism } from 'node:os'

/**
 * The settings of a hub, read once at start from environment variables and an optional file (`VALENCE_CONFIG`).
 * Nothing else looks at the environment. Every wrong value fails here with the variable's name, what it expects and
 * what it got; secrets are never echoed.
 */
export interface Config {
  host: string
  port: number
  /** base of links and callbacks, without a trailing slash */
  publicUrl: string
  dataDir: string
  /** external PostgreSQL; without it the embedded one runs in `dataDir` */
  databaseUrl: string | undefined
  adminEmail: string | undefined
  adminPassword: string | undefined
  /** key ring text, `id:base64` comma list */
  keys: string | undefined
  simulate: 'off' | 'page' | 'auto'
  originMap: string
  egressAllow: string
  anonymousCatalog: boolean
  corsOrigins: readonly string[]
  /** of the gateway that documents for `provider=aws` name (spec 23 §A1) */
  gatewayHost: string
  /** how many proxies stand before the hub: so many last addresses of `X-Forwarded-For` are believed */
  trustProxy: false | number
  /** whether this process answers callers, works at jobs, or both */
  role: 'all' | 'api' | 'worker'
  /** processes for user scripts that are kept warm */
  scriptRunners: number
  /** how long the usage log is kept; 0: there is none */
  usageDays: number
  /** how long events are kept, with what became of them */
  eventDays: number
  /** between two times of a cron that a user gives (spec 30 §2.5) */
  scheduleMinutes: number
  /** where files of bulk jobs are kept; the folder `bulk` of `dataDir` unless given */
  bulkFiles: FilesPlace | undefined
  /** how a bucket is reached */
  s3: S3Access
  /** how long files of bulk jobs are kept after the end of the job */
  bulkDays: number
  /** what all files of an account may take */
  bulkAccountGb: number
  /** how large one may be */
  bulkFileGb: number
  /** how long executions of formulas are kept */
  formulaDays: number
  /** how long one of their scripts may take */
  formulaScriptSeconds: number
  /** how many steps an execution may visit */
  formulaSteps: number
  /** what vendors must say in a handshake before their challenge is answered (spec 40 §4.4) */
  webhookVerifyToken: string
  /** where mails are handed to; without it they are stored and not sent */
  smtpUrl: string | undefined
  /** whom mails and notifications of the hub itself are from */
  mailFrom: string
  logLevel: LogLevel
  /** names that look like settings but are none of this version; main logs them */
  unknown: readonly string[]
}

/** A folder, or a bucket of S3 and what stands before its keys. */
export type FilesPlace = { folder: string } | { bucket: string; prefix: string }

export interface S3Access {
  /** of something that speaks like S3; without it: Amazon's own, of the region */
  endpoint: string | undefined
  region: string
  /** without them: what the AWS client finds by itself, such as the role of the machine */
  accessKey: string | undefined
  secretKey: string | undefined
}

export type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
  }
}

interface Setting<T> {
  /** completes the sentence "expected …" */
  expects: string
  read(text: string): T | undefined
  fallback: T
  secret?: boolean
}

const setting = <T>(definition: Setting<T>): Setting<T> => definition

const SETTINGS = {
  VALENCE_HOST: setting({
    expects: 'a host name or address to listen on',
    read: (text) => (/^[\w.:%-]+$/.test(text) ? text : undefined),
    fallback: '127.0.0.1',
  }),
  VALENCE_PORT: setting({ expects: 'a port number from 0 (any free one) to 65535', read: readPort, fallback: 8080 }),
  VALENCE_PUBLIC_URL: setting<string | undefined>({
    expects: 'an http or https URL without query, for example https://hub.example.com',
    read: readBaseUrl,
    fallback: undefined,
  }),
  VALENCE_DATA_DIR: setting({ expects: 'a folder', read: nonEmpty, fallback: '.valence' }),
  DATABASE_URL: setting<string | undefined>({
    expects: 'a URL like postgres://user:password@host:5432/database',
    read: (text) => (/^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text) ? text : undefined),
    fallback: undefined,
    secret: true,
  }),
  VALENCE_ADMIN_EMAIL: setting<string | undefined>({
    expects: 'an e-mail address',
    read: (text) => (/^[^\s@]+@[^\s@]+$/.test(text) ? text : undefined),
    fallback: undefined,
  }),
  VALENCE_ADMIN_PASSWORD: setting<string | undefined>({
    expects: 'at least 8 characters',
    read: (text) => (text.length >= 8 ? text : undefined),
    fallback: undefined,
    secret: true,
  }),
  VALENCE_KEYS: setting<string | undefined>({
    expects: 'a comma list of id:base64, each key 32 bytes',
    read: nonEmpty,
    fallback: undefined,
    secret: true,
  }),
  VALENCE_SIMULATE: setting<Config['simulate']>({
    expects: 'off, 1 or auto',
    read: (text) =>
      ({ off: 'off', '0': 'off', '1': 'page', auto: 'auto' })[text.toLowerCase()] as Config['simulate'] | undefined,
    fallback: 'off',
  }),
  VALENCE_ORIGIN_MAP: setting({
    expects: 'a comma list of origin=origin, for example https://api.vendor.com=http://127.0.0.1:9000',
    read: nonEmpty,
    fallback: '',
  }),
  VALENCE_EGRESS_ALLOW: setting({
    expects: 'a comma list of hosts, CIDRs or host:port',
    read: nonEmpty,
    fallback: '',
  }),
  VALENCE_ANONYMOUS_CATALOG: setting({ expects: 'on or off', read: readSwitch, fallback: true }),
  VALENCE_CORS_ORIGINS: setting<readonly string[]>({
    expects: '* or a comma list of origins such as https://app.example.com',
    read: (text) => {
      const origins = readList(text)
      return origins.every((origin) => origin === '*' || URL.parse(origin)?.origin === origin) ? origins : undefined
    },
    fallback: ['*'],
  }),
  VALENCE_GATEWAY_HOST: setting({
    expects: 'a host, with a port if it is not the usual one, for example gateway.example.com',
    read: (text) => (/^[^\s/?#@]+$/.test(text) && URL.parse(`https://${text}`)?.host === text ? text : undefined),
    fallback: '',
  }),
  VALENCE_TRUST_PROXY: setting<false | number>({
    expects: 'off, on (one proxy) or the number of proxies from 1 to 9',
    read: readProxies,
    fallback: false,
  }),
  VALENCE_ROLE: setting<Config['role']>({
    expects: 'all, api or worker',
    read: (text) => (['all', 'api', 'worker'] as const).find((role) => role === text.toLowerCase()),
    fallback: 'all',
  }),
  VALENCE_SCRIPT_RUNNERS: setting({
    expects: 'a whole number from 1 to 64',
    read: (text) => (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64 ? Number(text) : undefined),
    fallback: Math.min(availableParallelism(), 64),
  }),
  VALENCE_USAGE_DAYS: setting({
    expects: 'a whole number of days from 0 (no usage log) to 3650',
    read: (text) => (/^\d{1,4}$/.test(text) && Number(text) <= 3_650 ? Number(text) : undefined),
    fallback: 30,
  }),
  VALENCE_EVENT_DAYS: setting({
    expects: 'a whole number of days from 1 to 3650',
    read: (text) => (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 3_650 ? Number(text) : undefined),
    fallback: 30,
  }),
  VALENCE_SCHEDULE_MINUTES: setting({
    expects: 'a whole number of minutes from 1 to 1440',
    read: (text) => (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 1_440 ? Number(text) : undefined),
    fallback: 15,
  }),
  VALENCE_BULK_FILES: setting<FilesPlace | undefined>({
    expects: 'a folder, or s3://bucket/prefix',
    read: readFilesPlace,
    fallback: undefined,
  }),
  VALENCE_S3_ENDPOINT: setting<string | undefined>({
    expects: 'an http or https URL without query, for example https://minio.example.com',
    read: readBaseUrl,
    fallback: undefined,
  }),
  VALENCE_S3_REGION: setting({
    expects: 'the name of a region',
    read: (text) => (/^[a-z0-9-]{1,40}$/.test(text) ? text : undefined),
    fallback: 'us-east-1',
  }),
  VALENCE_S3_ACCESS_KEY: setting<string | undefined>({
    expects: 'the id of an access key',
    read: (text) => (/^\S+$/.test(text) ? text : undefined),
    fallback: undefined,
    secret: true,
  }),
  VALENCE_S3_SECRET_KEY: setting<string | undefined>({
    expects: 'the secret of an access key',
    read: (text) => (/^\S+$/.test(text) ? text : undefined),
    fallback: undefined,
    secret: true,
  }),
  VALENCE_BULK_DAYS: setting({
    expects: 'a whole number of days from 1 to 3650',
    read: (text) => (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 3_650 ? Number(text) : undefined),
    fallback: 7,
  }),
  VALENCE_BULK_ACCOUNT_GB: setting({ expects: 'GB, from 0.01 to 100000', read: readGigabytes, fallback: 20 }),
  VALENCE_BULK_FILE_GB: setting({ expects: 'GB, from 0.01 to 100000', read: readGigabytes, fallback: 4 }),
  VALENCE_FORMULA_DAYS: setting({
    expects: 'a whole number of days from 1 to 90',
    read: (text) => (/^[1-9]\d?$/.test(text) && Number(text) <= 90 ? Number(text) : undefined),
    fallback: 3,
  }),
  VALENCE_FORMULA_SCRIPT_SECONDS: setting({
    expects: 'a whole number of seconds from 1 to 600',
    read: (text) => (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= 600 ? Number(text) : undefined),
    fallback: 30,
  }),
  VALENCE_FORMULA_STEPS: setting({
    expects: 'a whole number from 100 to 10000000',
    read: (text) => (/^[1-9]\d{2,7}$/.test(text) && Number(text) <= 10_000_000 ? Number(text) : undefined),
    fallback: 100_000,
  }),
  VALENCE_WEBHOOK_VERIFY_TOKEN: setting({
    expects: 'a text',
    read: nonEmpty,
    fallback: 'CloudElements@123',
    secret: true,
  }),
  VALENCE_SMTP_URL: setting<string | undefined>({
    expects: 'a URL like smtps://user:password@mail.example.com:465 or smtp://mail.example.com:587',
    read: (text) => (/^smtps?:\/\/[^\s/?#]+\/?$/.test(text) && URL.parse(text)?.hostname ? text : undefined),
    fallback: undefined,
    secret: true,
  }),
  VALENCE_MAIL_FROM: setting({
    expects: 'an e-mail address',
    read: (text) => (/^[^\s@<>"(),:;\\]+@[^\s@<>"(),:;\\]+$/.test(text) ? text : undefined),
    fallback: 'valence@localhost',
  }),
  VALENCE_LOG_LEVEL: setting<LogLevel>({
    expects: LOG_LEVELS.join(', '),
    read: (text) => LOG_LEVELS.find((level) => level === text.toLowerCase()),
    fallback: 'info',
  }),
}

type Settings = typeof SETTINGS
type Values = { [Name in keyof Settings]: Settings[Name]['fallback'] }

/** Not settings of the hub, but ours: the file's own name, the folder of foreign test data. */
const NOT_SETTINGS = new Set(['VALENCE_CONFIG', 'VALENCE_TEST_EXPORTS'])

/**
 * @param env normally `process.env`
 * @param readFile reads the file named by `VALENCE_CONFIG`: `NAME=value` lines, `#` comments; the environment wins
 * @throws ConfigError listing every wrong value, one sentence a line
 */
export function readConfig(env: Record<string, string | undefined>, readFile: (path: string) => string): Config {
  const problems: string[] = []
  const given = { ...readConfigFile(env, readFile, problems), ...definedOnly(env) }
  const values = {} as Record<string, unknown>
  for (const [name, definition] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const text = given[name]?.trim()
    if (text === undefined || text === '') {
      values[name] = definition.fallback
      continue
    }
    values[name] = definition.read(text)
    if (values[name] === undefined) {
      problems.push(
        `${name}: expected ${definition.expects}, got ${definition.secret ? 'something else' : `"${text}"`}`,
      )
    }
  }
  if ((values['VALENCE_S3_ACCESS_KEY'] === undefined) !== (values['VALENCE_S3_SECRET_KEY'] === undefined))
    problems.push('VALENCE_S3_ACCESS_KEY, VALENCE_S3_SECRET_KEY: expected both or neither, got one of them')
  if (problems.length > 0) throw new ConfigError(problems)
  const read = values as Values
  return Object.freeze({
    host: read.VALENCE_HOST,
    port: read.VALENCE_PORT,
    publicUrl: read.VALENCE_PUBLIC_URL ?? `http://${urlHost(read.VALENCE_HOST)}:${read.VALENCE_PORT}`,
    dataDir: read.VALENCE_DATA_DIR,
    databaseUrl: read.DATABASE_URL,
    adminEmail: read.VALENCE_ADMIN_EMAIL,
    adminPassword: read.VALENCE_ADMIN_PASSWORD,
    keys: read.VALENCE_KEYS,
    simulate: read.VALENCE_SIMULATE,
    originMap: read.VALENCE_ORIGIN_MAP,
    egressAllow: read.VALENCE_EGRESS_ALLOW,
    anonymousCatalog: read.VALENCE_ANONYMOUS_CATALOG,
    corsOrigins: read.VALENCE_CORS_ORIGINS,
    gatewayHost: read.VALENCE_GATEWAY_HOST,
    trustProxy: read.VALENCE_TRUST_PROXY,
    role: read.VALENCE_ROLE,
    scriptRunners: read.VALENCE_SCRIPT_RUNNERS,
    usageDays: read.VALENCE_USAGE_DAYS,
    eventDays: read.VALENCE_EVENT_DAYS,
    scheduleMinutes: read.VALENCE_SCHEDULE_MINUTES,
    bulkFiles: read.VALENCE_BULK_FILES,
    s3: {
      endpoint: read.VALENCE_S3_ENDPOINT,
      region: read.VALENCE_S3_REGION,
      accessKey: read.VALENCE_S3_ACCESS_KEY,
      secretKey: read.VALENCE_S3_SECRET_KEY,
    },
    bulkDays: read.VALENCE_BULK_DAYS,
    bulkAccountGb: read.VALENCE_BULK_ACCOUNT_GB,
    bulkFileGb: read.VALENCE_BULK_FILE_GB,
    formulaDays: read.VALENCE_FORMULA_DAYS,
    formulaScriptSeconds: read.VALENCE_FORMULA_SCRIPT_SECONDS,
    formulaSteps: read.VALENCE_FORMULA_STEPS,
    webhookVerifyToken: read.VALENCE_WEBHOOK_VERIFY_TOKEN,
    smtpUrl: read.VALENCE_SMTP_URL,
    mailFrom: read.VALENCE_MAIL_FROM,
    logLevel: read.VALENCE_LOG_LEVEL,
    unknown: Object.keys(given).filter(
      (name) => name.startsWith('VALENCE_') && !(name in SETTINGS) && !NOT_SETTINGS.has(name),
    ),
  })
}

/** `0.0.0.0` and `::` listen everywhere but are no address to call. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

function readConfigFile(
  env: Record<string, string | undefined>,
  readFile: (path: string) => string,
  problems: string[],
): Record<string, string> {
  const path = env['VALENCE_CONFIG']
  if (!path) return {}
  let text: string
  try {
    text = readFile(path)
  } catch (error) {
    problems.push(`VALENCE_CONFIG: expected a readable file, got "${path}" (${(error as Error).message})`)
    return {}
  }
  const values: Record<string, string> = {}
  text.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return
    const match = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line)
    const name = match?.[1]
    if (!name || !(name in SETTINGS)) {
      problems.push(
        `${path}, line ${index + 1}: expected NAME=value with the name of a setting, got "${name ?? line.split('=')[0]}"`,
      )
      return
    }
    values[name] = (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')
  })
  return values
}

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1].trim() !== ''),
  )
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535 ? port : undefined
}

function readBaseUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) return undefined
  return text.replace(/\/+$/, '')
}

function readList(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** Names of buckets: AWS, "General purpose bucket naming rules". */
function readFilesPlace(text: string): FilesPlace | undefined {
  if (!/^\w+:\/\//.test(text)) return { folder: text }
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[\w-][\w.-]*)*)\/?$/.exec(text) ?? []
  return bucket === undefined ? undefined : { bucket, prefix: prefix.slice(1) }
}

function readGigabytes(text: string): number | undefined {
  const gigabytes = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  return gigabytes >= 0.01 && gigabytes <= 100_000 ? gigabytes : undefined
}

function readProxies(text: string): false | number | undefined {
  if (/^[1-9]$/.test(text)) return Number(text)
  const isOn = readSwitch(text)
  return isOn === true ? 1 : isOn
}

function readSwitch(text: string): boolean | undefined {
  return { on: true, true: true, '1': true, off: false, false: false, '0': false }[text.toLowerCase()]
}
