import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createIdentifier } from '../accounts/identify.ts'
import { readSecrets } from '../accounts/sign-in/read-secrets.ts'
import { signIn } from '../accounts/sign-in/sign-in.ts'
import { createSignInLimits } from '../accounts/sign-in/sign-in-limits.ts'
import type { Config } from '../config.ts'
import { createLog, type Hub, startHub } from '../main.ts'
import { listenForStop, untilStopped } from './until-stopped.ts'

const EMAIL = 'demo@example.com'
const PASSWORD = 'demo-password-1'

/**
 * `valence demo`: a hub with simulated vendors and a data folder of its own, and the commands that take a newcomer
 * from the OAuth address to a list of contacts.
 */
export async function demo(config: Config): Promise<void> {
  const demoConfig: Config = {
    ...config,
    dataDir: join(config.dataDir, 'demo'),
    simulate: config.simulate === 'off' ? 'page' : config.simulate,
    adminEmail: EMAIL,
    adminPassword: PASSWORD,
    logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel,
    // the newcomer's application listens on this machine
    egressAllow: [config.egressAllow, '127.0.0.1'].filter(Boolean).join(','),
  }
  const log = createLog(demoConfig)
  const signals = listenForStop(log)
  const hub: Hub = await startHub(demoConfig, {
    log,
    mounts: {
      '/demo/callback': (request, response) => callbackPage(hub.url, request, response),
      '/demo/events': hearEvent,
    },
  })
  const secrets = await demoSecrets(hub)
  printGuide(hub.url, `User ${secrets.userSecret}, Organization ${secrets.organizationSecret}`)
  await untilStopped(hub, log, signals)
}

async function demoSecrets({ store }: Hub) {
  const now = () => new Date()
  const context = { store, limits: createSignInLimits(store, now), now }
  const { token } = await signIn(context, { username: EMAIL, password: PASSWORD })
  return readSecrets(context, await createIdentifier(store).identify({ bearer: token }))
}

/** Every line can be pasted into a shell as it is. */
function printGuide(url: string, authorization: string): void {
  console.log(`
Valence demo on ${url} — vendors are simulated, nothing leaves this machine.

Paste these lines into another terminal:

# 0. who you are, and where the hub is
export HUB=${url}/elements/api-v2
export AUTH='${authorization}'

# 1. where to send your customer to connect a Base CRM account
curl -s "$HUB/elements/base/oauth/url?apiKey=demo-key&apiSecret=demo-secret&callbackUrl=${url}/demo/callback&state=base"

# 2. your customer's consent: open the oauthUrl in a browser and press Allow; the page shows the code and the next command.
#    Without a browser:
OAUTH_URL=$(curl -s "$HUB/elements/base/oauth/url?apiKey=demo-key&apiSecret=demo-secret&callbackUrl=${url}/demo/callback&state=base" | sed 's/.*"oauthUrl":"\\([^"]*\\)".*/\\1/')
CODE=$(curl -s -o /dev/null -w '%{redirect_url}' -d decision=allow "$OAUTH_URL" | sed 's/.*[?&]code=\\([^&]*\\).*/\\1/'); echo "code: $CODE"

# 3. the code becomes an instance with a token
TOKEN=$(curl -s "$HUB/instances" -H "Authorization: $AUTH" -H 'Content-Type: application/json' -d '{"name":"Demo","element":{"key":"base"},"providerData":{"code":"'$CODE'"},"configuration":{"oauth.api.key":"demo-key","oauth.api.secret":"demo-secret","oauth.callback.url":"${url}/demo/callback"}}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/'); echo "token: $TOKEN"

# 4. from now on it is one API
curl -s "$HUB/hubs/crm/contacts?pageSize=3" -H "Authorization: $AUTH, Element $TOKEN"
curl -s "$HUB/hubs/crm/contacts" -H "Authorization: $AUTH, Element $TOKEN" -H 'Content-Type: application/json' -d '{"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com"}'
curl -s --get "$HUB/hubs/crm/contacts" --data-urlencode "where=email='ada@example.com'" -H "Authorization: $AUTH, Element $TOKEN"

# 5. events: a vendor tells what is written there, and your application hears of it: see the demo's own terminal
STRIPE=$(curl -s "$HUB/instances" -H "Authorization: $AUTH" -H 'Content-Type: application/json' -d '{"name":"Events","element":{"key":"stripe"},"configuration":{"apiKey":"sk_test_demo","event.notification.enabled":true,"event.notification.callback.url":"${url}/demo/events"}}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
curl -s "$HUB/hubs/payment/customers" -H "Authorization: $AUTH, Element $STRIPE" -H 'Content-Type: application/json' -d '{"email":"ada@example.com"}'

# 6. many rows: all contacts as a file, and a file of contacts to the vendor; the status says how far it is, the errors which rows were refused
JOB=$(curl -s -X POST "$HUB/bulk/query?q=select%20id,name,email%20from%20contacts" -H "Authorization: $AUTH, Element $TOKEN" | sed 's/.*"id":"\\{0,1\\}\\([0-9]*\\).*/\\1/'); sleep 2
curl -s "$HUB/bulk/$JOB/status" -H "Authorization: $AUTH, Element $TOKEN"; echo
curl -s "$HUB/bulk/$JOB/contacts" -H "Authorization: $AUTH, Element $TOKEN" | head -3
JOB=$(printf 'last_name,email\\nHopper,grace@example.com\\n"",nobody@example.com\\n' | curl -s "$HUB/bulk/contacts" -H "Authorization: $AUTH, Element $TOKEN" -F 'file=@-;filename=contacts.csv' | sed 's/.*"id":"\\{0,1\\}\\([0-9]*\\).*/\\1/'); sleep 2
curl -s "$HUB/bulk/$JOB/status" -H "Authorization: $AUTH, Element $TOKEN"; echo
curl -s "$HUB/bulk/$JOB/errors" -H "Authorization: $AUTH, Element $TOKEN"

# 7. workflows: a formula reads contacts, goes through them one by one and keeps their names; then what each of its steps came to
ID=$(curl -s "$HUB/instances" -H "Authorization: $AUTH, Element $TOKEN" | sed 's/.*"id":\\([0-9]*\\),"name":"Demo".*/\\1/'); echo "element instance: $ID"
FORMULA=$(curl -s "$HUB/formulas" -H "Authorization: $AUTH" -H 'Content-Type: application/json' -d '{"name":"Names","configuration":[{"key":"crm","name":"CRM","type":"elementInstance"}],"triggers":[{"type":"manual","onSuccess":["read"]}],"steps":[{"name":"read","type":"elementRequest","properties":{"elementInstanceId":"\${config.crm}","method":"GET","api":"/contacts?pageSize=3"},"onSuccess":["each"]},{"name":"each","type":"loop","properties":{"list":"\${steps.read.response.body}"},"onSuccess":["keep"]},{"name":"keep","type":"script","properties":{"body":"const before = steps.keep ? steps.keep.names : []; done({ names: [...before, steps.each.entry.name] })"},"onSuccess":["each"]}]}' | sed 's/.*"id":\\([0-9]*\\),"name":"Names".*/\\1/')
RUN=$(curl -s "$HUB/formulas/$FORMULA/instances" -H "Authorization: $AUTH" -H 'Content-Type: application/json' -d '{"name":"Names of a customer","configuration":{"crm":"'$ID'"}}' | sed 's/^{"id":\\([0-9]*\\).*/\\1/')
EXECUTION=$(curl -s "$HUB/formulas/instances/$RUN/executions" -H "Authorization: $AUTH" -H 'Content-Type: application/json' -d '{}' | sed 's/^\\[{"id":\\([0-9]*\\).*/\\1/'); sleep 2
curl -s "$HUB/formulas/instances/executions/$EXECUTION" -H "Authorization: $AUTH"; echo
curl -s "$HUB/formulas/instances/executions/$EXECUTION/steps?includeValues=true&pageSize=2" -H "Authorization: $AUTH"; echo

Stop with Ctrl-C. Sign-in for the API: ${EMAIL} / ${PASSWORD}
`)
}

/** Stands in for the newcomer's own application: says what it heard. */
async function hearEvent(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await json(request).catch(() => undefined)) as {
    message?: { instanceName: string; events: { eventType: string; objectType?: string; objectId?: string }[] }
  } | null
  const message = Array.isArray(body?.message?.events) ? body.message : undefined
  for (const { eventType, objectType, objectId } of message?.events ?? []) {
    console.log(`Your application heard from "${message?.instanceName}": ${eventType} ${objectType} ${objectId}`)
  }
  response.writeHead(message ? 200 : 400).end()
}

/** Stands in for the newcomer's own application: receives the code and shows the next command. */
function callbackPage(url: string, request: IncomingMessage, response: ServerResponse): void {
  const query = new URL(request.url ?? '/', url).searchParams
  const code = query.get('code')
  const body = JSON.stringify({
    name: 'Demo',
    element: { key: 'base' },
    providerData: { code },
    configuration: {
      'oauth.api.key': 'demo-key',
      'oauth.api.secret': 'demo-secret',
      'oauth.callback.url': `${url}/demo/callback`,
    },
  })
  const text = code
    ? `The vendor sent this code: ${code}\n\nNext:\n\ncurl -s "$HUB/instances" -H "Authorization: $AUTH" -H 'Content-Type: application/json' -d '${body}'\n\nThe answer has a "token". Then:\n\ncurl -s "$HUB/hubs/crm/contacts?pageSize=3" -H "Authorization: $AUTH, Element <token>"\n`
    : `The customer did not allow it: ${query.get('error') ?? 'no code and no error arrived'}\n`
  // plain text: what the query says is shown, never run
  response
    .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .end(text)
}
