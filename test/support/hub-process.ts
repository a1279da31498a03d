import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from './client.ts'
import { type Ending, startNode, type TestProcess } from './processes.ts'

/** A hub as its operator runs it: `valence serve` in a process of its own. */
export interface HubProcess extends TestProcess {
  url: string
  /** `…/elements/api-v2` */
  api: string
  /** SIGTERM, and how it ended */
  stop(): Promise<Ending>
}

export const ADMIN = { email: 'grace@example.com', password: 'correct-horse-2' }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { options, file } = startScript()

/** What `npm start` tells Node itself. */
export const HUB_NODE_OPTIONS: readonly string[] = options.split(' ').filter(Boolean)

function startScript(): { options: string; file: string } {
  const { start } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts
  const [, options, file] = /^exec node ((?:--\S+ )*)(\S+) serve$/.exec(start) ?? []
  if (options === undefined || file === undefined) throw new Error(`package.json: "${start}" is no start of a hub`)
  return { options, file }
}

/** `valence`, as `npm start` starts it. @param parameters as typed behind it @param env the settings, complete */
export function startValence(parameters: readonly string[], env: Record<string, string>): TestProcess {
  return startNode([...HUB_NODE_OPTIONS, join(ROOT, file), ...parameters], env)
}

/**
 * Starts a hub on a free port and waits until it listens.
 * @param env settings; VALENCE_DATA_DIR at least
 * @throws Error with everything it printed when it does not come up
 */
export async function startHubProcess(env: Record<string, string>): Promise<HubProcess> {
  const process = startValence(['serve'], {
    VALENCE_PORT: '0',
    VALENCE_ADMIN_EMAIL: ADMIN.email,
    VALENCE_ADMIN_PASSWORD: ADMIN.password,
    ...env,
  })
  const [, url = ''] = await process.printed(/Valence listens on (http:\S+)/)
  return {
    ...process,
    url,
    api: `${url}/elements/api-v2`,
    stop() {
      process.signal('SIGTERM')
      return process.ended
    },
  }
}

/** The administrator's secrets, asked as a client would: good for every hub on the same database. */
export async function signIn(
  hub: HubProcess,
  { email, password } = ADMIN,
): Promise<{ token: string; userSecret: string; organizationSecret: string; authorization: string }> {
  const anonymous = createClient(hub, undefined)
  const answer = await anonymous.call('POST', '/authentication', { body: { username: email, password } })
  if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`)
  const user = answer.body
  const bearer = createClient(hub, `Bearer ${user.token}`)
  const { body: secrets } = await bearer.call('GET', '/authentication/secrets')
  const { userSecret, organizationSecret } = secrets
  const authorization = `User ${userSecret}, Organization ${organizationSecret}`
  return { token: user.token, userSecret, organizationSecret, authorization }
}

/** A client that acts as the administrator. */
export async function clientOf(hub: HubProcess): Promise<Client> {
  return createClient(hub, (await signIn(hub)).authorization)
}

/** One value of `/metrics`. @param series name and labels as printed: `up{a="b"}` */
export async function metric(hub: HubProcess, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${hub.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}
