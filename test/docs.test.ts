import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../src/accounts/operations.ts'
import { readConfig } from '../src/config.ts'
import { loadCatalog } from '../src/elements/catalog.ts'
import { MAX_RESOURCE_BODY } from '../src/http/resource-bodies.ts'
import { CATALOG_FOLDER } from '../src/main.ts'
import { MAX_JSON_DEPTH } from '../src/model/json-depth.ts'
import { LIMITS as RESOURCES } from '../src/resources/limits.ts'
import { FAIRNESS, LIMITS } from '../src/sandbox/limits.ts'
import { compileMapping } from '../src/transform/compile-mapping.ts'
import { MAX_WRITTEN_INDEX } from '../src/transform/path.ts'
import { ADMIN, startTestHub, type TestHub } from './support/hub.ts'
import { failureOf, runRecords, runScript, startTestSandbox } from './support/sandbox.ts'

/** What documents claim, where it can be checked: links, tables, lists, examples. */
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const readJson = (path: string) => JSON.parse(read(path))
const noFile = () => ''

const documents = ['*.md', 'docs/**/*.md', 'catalog/*/README.md', 'examples/**/*.md', 'bench/**/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .toSorted()

const withoutCode = (markdown: string) => markdown.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '')

/** The anchor a heading gets on the usual hosts. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')

const anchorsOf = (markdown: string) =>
  [...markdown.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** Rows of the table whose head begins with these cells, as cells. */
function tableRows(markdown: string, ...head: string[]): string[][] {
  const lines = markdown.split('\n')
  const rows: string[][] = []
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]?.startsWith(`| ${head.join(' | ')} |`)) continue
    for (at += 2; lines[at]?.startsWith('|'); at++) rows.push(cellsOf(lines[at] ?? ''))
  }
  return rows
}

const cellsOf = (line: string) =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'))

const count = (number: number) => number.toLocaleString('en-US')

describe('documents', () => {
  test.each(documents)('%s: relative links lead somewhere', (document) => {
    const dead: string[] = []
    for (const [, target = ''] of withoutCode(read(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path))
      if (!existsSync(join(ROOT, file))) dead.push(target)
      else if (anchor !== undefined && !anchorsOf(read(file)).includes(anchor)) dead.push(target)
    }
    expect(dead).toEqual([])
  })

  test.each(documents)('%s: files of ours that it names exist', (document) => {
    const missing = [...read(document).matchAll(/`((?:src|catalog|docs|test|bench|examples)\/[\w./-]*)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => path !== 'bench/results/' && !existsSync(join(ROOT, path)))
    expect(missing).toEqual([])
  })

  test.each(documents)('%s: npm scripts that it names exist', (document) => {
    const { scripts } = readJson('package.json')
    const named = [...read(document).matchAll(/npm run ([a-z]+(?::[a-z-]+)*)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

describe('docs/configuration.md', () => {
  const rows = tableRows(read('docs/configuration.md'), 'Setting', 'Default', 'Meaning')

  test('its table holds every setting, in the order of src/config.ts, and no other', () => {
    const settings = /^const SETTINGS = \{$(.*?)^\}/ms.exec(read('src/config.ts'))?.[1] ?? ''
    const names = [...settings.matchAll(/^ {2}([A-Z0-9_]+): setting\b/gm)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(10)
    expect(rows.map(([name]) => name)).toEqual(names)
  })

  test.each(rows.filter(([, fallback]) => fallback))('%s: %s is the default', (name, fallback) => {
    expect(readConfig({ [String(name)]: fallback }, noFile)).toEqual(readConfig({}, noFile))
  })

  test('its file can be read', () => {
    const file = /```sh\n(.*?)```/s.exec(read('docs/configuration.md'))?.[1] ?? ''
    const config = readConfig({ VALENCE_CONFIG: '/etc/valence.conf' }, () => file)
    expect(config).toMatchObject({ publicUrl: 'https://hub.example.com', adminEmail: 'ada@example.com' })
  })
})

describe('docs/hooks.md', () => {
  const text = read('docs/hooks.md')

  test('its limits are those of src/sandbox/limits.ts', () => {
    const rows = Object.fromEntries(tableRows(text, 'What', 'Limit'))
    expect(rows).toMatchObject({
      'time, waiting included': `${LIMITS.timeoutMs / 1000} s`,
      computing: `${LIMITS.cpuMs / 1000} s`,
      memory: `${LIMITS.memoryMb} MB`,
      'length of the script': `${count(LIMITS.scriptChars)} characters`,
      'variables together': `${count(LIMITS.variablesChars)} characters`,
      'what `done` gets': `${count(LIMITS.resultChars)} characters, ${MAX_JSON_DEPTH} levels`,
      console: `${LIMITS.consoleLines} lines of ${count(LIMITS.consoleLineChars)} characters, ${count(LIMITS.consoleChars)} together`,
      timers: count(LIMITS.timers),
      'HTTP calls': `${LIMITS.httpCalls}; ${count(LIMITS.httpRequestChars)} characters sent, ${count(LIMITS.httpReplyChars)} received with each`,
      'scripts of an account': `${FAIRNESS.runningPerOwner} at a time; ${FAIRNESS.waitingPerOwner} wait, more are answered with 429`,
    })
  })

  test('it names every module that can be required', async () => {
    const sandbox = startTestSandbox()
    const { message } = await failureOf(runScript(sandbox, { body: 'require("nothing")' }))
    await sandbox.close()
    const modules = / may require (.*)$/.exec(message)?.[1]?.split(', ') ?? []
    expect(modules.length).toBeGreaterThan(10)
    expect(modules.filter((name) => !text.includes(`'${name}'`))).toEqual([])
  })
})

describe('docs/common-resources.md', () => {
  const guide = read('docs/common-resources.md')

  test('its script maps values both ways', async () => {
    const body = /```js\n(const words.*?)```/s.exec(guide)?.[1] ?? ''
    const sandbox = startTestSandbox()
    const run = async (originalObject: unknown, fromVendor: boolean) => {
      const records = [{ originalObject, transformedObject: {} }]
      return (await runRecords(sandbox, { body, records, shared: { fromVendor } })).values.get(0)
    }
    expect(await run({ LeadSource: 'Phone Inquiry' }, true)).toEqual({ source: 'Phone' })
    expect(await run({ source: 'Online' }, false)).toEqual({ LeadSource: 'Web' })
    await sandbox.close()
  })
  const rows = tableRows(guide, '`path`', '`vendorPath`', 'The vendor has', 'The caller has')

  test('its places in lists end where those of src/transform/path.ts do', () => {
    expect(rows.length).toBeGreaterThan(5)
    expect(guide).toContain(`places above ${MAX_WRITTEN_INDEX} are not`)
  })

  test('its limits are those of src/resources/limits.ts', () => {
    expect(Object.fromEntries(tableRows(guide, 'Limit', 'At most'))).toMatchObject({
      'common resources of an organization': count(RESOURCES.resources),
      'fields of a level, of a definition or a transformation': count(RESOURCES.fields),
      'configuration entries of a transformation, of a field': count(RESOURCES.configurations),
      'name, path, script': `${RESOURCES.nameLength} characters, ${RESOURCES.pathLength} characters, ${count(RESOURCES.scriptChars)} characters`,
      'what one level says, as JSON': `${RESOURCES.levelBytes / 1024 / 1024} MiB`,
      'definitions, transformations of an account with its instances, or of the organization': `${RESOURCES.definitionBytes / 1024 / 1024} MiB, ${RESOURCES.transformationBytes / 1024 / 1024} MiB`,
      'body of a request': `${MAX_RESOURCE_BODY / 1024 / 1024} MiB`,
    })
  })

  test.each(rows)('%s from %s, both directions', (path = '', vendorPath = '', vendor = '', common = '') => {
    const mapping = compileMapping({
      objectName: 'x',
      vendorName: 'X',
      isLegacy: false,
      configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
      fields: [{ path, vendorPath, type: 'object', level: 'organization' }],
      script: undefined,
    })
    expect(JSON.stringify(mapping.fromVendor(JSON.parse(vendor)))).toBe(common)
    expect(JSON.stringify(mapping.toVendor(JSON.parse(common)))).toBe(vendor)
  })
})

describe('docs/dependencies.md', () => {
  const manifest = readJson('package.json')
  const rows = tableRows(read('docs/dependencies.md'), 'Package', 'Version', 'Licence')

  test('its tables hold every package with the version asked for', () => {
    expect(Object.fromEntries(rows.map(([name, version]) => [name, version]))).toEqual({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.devDependencies,
    })
    expect(new Set(rows.map(([name]) => name)).size, 'each once').toBe(rows.length)
  })

  // of the packages for other platforms only the lock file knows
  const { packages } = readJson('package-lock.json')
  test('everything installed at run time, indirect packages too, has a licence of the list', () => {
    const allowed = /^\(?(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0)\b/
    const others = Object.entries<{ dev?: boolean; license?: string }>(packages)
      .filter(([path, { dev, license }]) => path !== '' && !dev && !allowed.test(license ?? ''))
      .map(([path, { license }]) => `${path}: ${license}`)
    expect(others).toEqual([])
  })

  test.each(rows)('%s %s is under %s', (name, _version, licence) => {
    expect(packages[`node_modules/${name}`]?.license).toBe(licence)
  })
})

describe('docs/architecture.md', () => {
  test('its picture has the steps of the pipeline in their order', () => {
    const steps = [...read('src/engine/pipeline.ts').matchAll(/^ {2}(\w+),/gm)].map(([, step]) => step)
    expect(steps.length).toBeGreaterThan(10)
    const drawn = [...read('docs/architecture.md').matchAll(/^ {6}│ {3}([a-z]\w+) {2,}/gm)].map(([, step]) => step)
    expect(drawn).toEqual(steps)
  })
})

describe('docs/adr', () => {
  const records = globSync('docs/adr/[0-9]*.md', { cwd: ROOT }).toSorted()

  test('records are numbered without gaps and stand in the index', () => {
    const index = read('docs/adr/README.md')
    records.forEach((record, at) => {
      const [, title = ''] = /^# (.*)$/m.exec(read(record)) ?? []
      expect(record).toMatch(new RegExp(`/${String(at + 1).padStart(4, '0')}-`))
      expect(title).toMatch(new RegExp(`^${at + 1}\\. `))
      expect(index).toContain(`(${record.replace('docs/adr/', '')}) | ${title.replace(/^\d+\. /, '')} |`)
    })
  })

  test.each(records)('%s: situation, decision, cost, when to revisit', (record) => {
    const headings = [...read(record).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(['Situation', 'Decision', 'Cost', 'When to revisit'])
  })
})

test('README.md names every shipped element', () => {
  const shipped = globSync('catalog/*/element.yaml', { cwd: ROOT }).map((path) => `(${dirname(path)}/README.md)`)
  const text = read('README.md')
  expect(shipped.filter((link) => !text.includes(link))).toEqual([])
})

test('README.md counts the resources of Base CRM', async () => {
  const catalog = await loadCatalog([CATALOG_FOLDER])
  const [, count] = /Base CRM, today Zendesk Sell \((\d+) resources\)/.exec(read('README.md')) ?? []
  const shown = catalog.find('base')?.resources.filter(({ type }) => type === 'api')
  expect(Number(count)).toBe(shown?.length)
})

describe('on a running hub', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await startTestHub()
  })
  afterAll(() => hub.close())

  const run = (program: string, file: string) =>
    promisify(execFile)(program, [join(ROOT, file)], {
      env: { PATH: process.env['PATH'], HUB_URL: hub.hub.url, HUB_EMAIL: ADMIN.email, HUB_PASSWORD: ADMIN.password },
      timeout: 15_000,
    })

  test('examples/first-call.ts prints what README.md shows', async () => {
    const { stdout } = await run(process.execPath, 'examples/first-call.ts')
    const [, shown] = /<!-- output of examples\/first-call\.ts -->\n```\n(.*?)```/s.exec(read('README.md')) ?? []
    expect(stdout).toBe(shown)
  })

  test.each(['one-model', 'mirror-contacts'])(
    'examples/%s.ts prints what its tutorial in docs shows, which quotes it in order',
    async (name) => {
      const tutorial = read(`docs/tutorial-${name}.md`)
      const { stdout } = await run(process.execPath, `examples/${name}.ts`)
      const [, shown] =
        new RegExp(`<!-- output of examples/${name}\\.ts -->\n\`\`\`\n(.*?)\`\`\``, 's').exec(tutorial) ?? []
      expect(stdout).toBe(shown)
      const program = read(`examples/${name}.ts`)
      const places = [...tutorial.matchAll(/^```ts\n(.*?)^```/gms)].map(([, quoted = '']) => program.indexOf(quoted))
      expect(places.length).toBeGreaterThan(3)
      expect(places).not.toContain(-1)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
    },
  )

  test('examples/first-call.sh prints contacts', async () => {
    const { stdout } = await run('bash', 'examples/first-call.sh')
    expect(JSON.parse(stdout)).toHaveLength(3)
    expect(JSON.parse(stdout)[0]).toMatchObject({ is_organization: true, id: expect.any(Number) })
  })

  test('README.md shows the first contacts as they come', async () => {
    const { token } = await hub.provisionBase()
    const { body, headers } = await hub.call('GET', '/hubs/crm/contacts?pageSize=3', { token })
    expect(headers.get('elements-returned-count')).toBe('3')
    for (const { id, name } of body) expect(read('README.md')).toMatch(new RegExp(`"id":${id},.*"name":"${name}"`))
  })

  test('docs/operations.md lists the metrics of ours, and no other', async () => {
    const { token } = await hub.provisionBase()
    await hub.call('GET', '/hubs/crm/contacts', { token })
    const text = await (await fetch(`${hub.hub.url}/metrics`)).text()
    const found = [...text.matchAll(/^# TYPE (valence_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type])
    const rows = tableRows(read('docs/operations.md'), 'Metric', 'Type', 'Labels')
    expect(rows.map(([name, type]) => [name, type]).toSorted()).toEqual(found.toSorted())
  })

  test('docs/operations.md explains whom operations are for', () => {
    const tenants = Object.values(OPERATIONS).map(({ tenant }) => tenant)
    const rows = tableRows(read('docs/operations.md'), 'FOR', 'Who')
    expect(rows.map(([tenant]) => tenant).toSorted()).toEqual([...new Set(tenants)].toSorted())
  })

  test.each([
    ['/healthz', { status: 'ok' }],
    ['/health', { status: 'ok' }],
    ['/readyz', { status: 'ready' }],
  ])('%s answers as docs/operations.md says', async (path, expected) => {
    const response = await fetch(hub.hub.url + path)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(expected)
    expect(read('docs/operations.md')).toContain(JSON.stringify(expected))
  })
})
