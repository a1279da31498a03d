import { pino } from 'pino'
import { readConfig } from '../src/config.ts'
import { startHub } from '../src/main.ts'
import { answerParent } from './parent.ts'

/**
 * A hub as `npm start` runs it, with the vendor's address mapped to the upstream of the bench.
 * Arguments: address of the upstream, data folder, the database (the embedded one when empty), days of the usage log, `VALENCE_ROLE`.
 */
const [upstream = '', dataDir = '', databaseUrl, usageDays, role] = process.argv.slice(2)
const admin = { email: 'bench@example.com', password: 'only-for-the-bench' }

const config = readConfig(
  {
    VALENCE_PORT: '0',
    VALENCE_DATA_DIR: dataDir,
    VALENCE_ADMIN_EMAIL: admin.email,
    VALENCE_ADMIN_PASSWORD: admin.password,
    VALENCE_ORIGIN_MAP: `https://api.getbase.com=${upstream}`,
    VALENCE_LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    VALENCE_USAGE_DAYS: usageDays,
    VALENCE_ROLE: role,
    VALENCE_EGRESS_ALLOW: '127.0.0.1',
  },
  () => '',
)
// the result table has stdout for itself
const log = pino({ level: config.logLevel, base: undefined }, pino.destination(2))
const hub = await startHub(config, { log })
answerParent({ url: hub.url, ...admin }, () => hub.close())
