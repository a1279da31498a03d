#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ConfigError, readConfig } from '../config.ts'
import { ValenceError } from '../errors.ts'
import { openTerminal } from './bulk/terminal.ts'
import { type BulkCommand, downloadObject, followBulkJob, uploadFile } from './bulk.ts'
import { demo } from './demo.ts'
import { exportFormulas, importFormulas, listFormulaNames } from './formulas.ts'
import { importFile } from './import.ts'
import { listParkedJobs, retryParkedJobs } from './jobs.ts'
import { rotateKeyRing } from './keys.ts'
import { openapi } from './openapi.ts'
import { routes } from './routes.ts'
import { serve } from './serve.ts'
import { simulate } from './simulate.ts'
import { exportVdrFiles, importVdrFiles } from './vdrs.ts'

/** The `valence` command: each subcommand is a file of the same name. */
const program = new Command('valence').description('Self-hosted API integration hub')
const config = () => readConfig(process.env, (path) => readFileSync(path, 'utf8'))

program
  .command('serve')
  .description('start the hub (settings: environment variables, see README)')
  .action(() => serve(config()))

program
  .command('worker')
  .description(
    'work at jobs apart from the API, on the same database (DATABASE_URL); its port shows health and metrics',
  )
  .action(() => serve({ ...config(), role: 'worker' }))

program
  .command('demo')
  .description('start the hub with simulated vendors and print a guided example')
  .action(() => demo(config()))

program
  .command('simulate')
  .description('start simulated vendors on a port of their own')
  .option('--port <port>', 'port to listen on, 0 for any', '9000')
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--element <key...>', 'only these elements')
  .option('--seed <number>', 'sample data depends on it', '1')
  .option('--consent <page|auto>', 'ask for consent or redirect at once', 'page')
  .option('--token-seconds <seconds>', 'lifetime of access tokens')
  .action((options) => simulate(options))

program
  .command('import <file>')
  .description('make an element.json of an OpenAPI, WSDL, OData $metadata or Postman document')
  .option('--type <swagger|soap|odata|postman>', 'kind of the document; told from it when absent')
  .option('--hub <hub>', 'hub of the element', 'general')
  .option('--key <key>', 'key of the element; made from the name when absent')
  .option('--name <name>', 'name of the element instead of the document’s')
  .option('--out <file>', 'write there instead of printing')
  .action((file, options) => importFile(file, options))

program
  .command('keys')
  .description('encryption keys')
  .command('rotate')
  .description('encrypt everything with the first key of the ring; without VALENCE_KEYS a new key is made first')
  .action(() => rotateKeyRing(config()))

const jobs = program.command('jobs').description('work that the hub does after its answers')
jobs
  .command('parked')
  .description('print jobs that failed too often, and why')
  .action(() => listParkedJobs(config()))
jobs
  .command('retry [id...]')
  .description('run parked jobs again; all of them without ids')
  .action((ids: string[]) => retryParkedJobs(config(), ids))

program
  .command('routes')
  .description('print every route of the server, its operation, and who may call it')
  .option('--json', 'as JSON')
  .action((options) => routes(options))

program
  .command('openapi')
  .description('print the description of the API (OpenAPI 3.1) with the address of VALENCE_PUBLIC_URL')
  .action(() => openapi(config()))

const server = ['--url <url>', 'of the server', 'http://127.0.0.1:8080'] as const

const bulk = program
  .command('bulk')
  .description(
    'many rows of a hub in a file, or from one (who calls: VALENCE_AUTHORIZATION="User …, Organization …", VALENCE_ELEMENT_TOKEN)',
  )
const token = ['--token <token>', 'element token, instead of VALENCE_ELEMENT_TOKEN'] as const
const bulkCaller = <Options extends BulkCommand>(options: Options): Options => ({
  ...options,
  token: options.token ?? process.env['VALENCE_ELEMENT_TOKEN'],
  authorization: process.env['VALENCE_AUTHORIZATION'],
})
const ends = async (code: Promise<number>) => {
  process.exitCode = await code
}
bulk
  .command('download <object>')
  .description('rows of a vendor as a file')
  .option(...server)
  .option(...token)
  .option('--format <csv|json|jsonl>', 'of the file; json and jsonl are lines of JSON', 'csv')
  .option('--fields <a,b>', 'only these, in this order')
  .option('--where <expression>', 'only rows that meet it (CEQL)')
  .option('--from <date-time>', 'only rows changed since')
  .option('--to <date-time>', 'only rows changed until')
  .option('--limit <rows>', 'rows in all')
  .option('--out <file>', 'write there instead of printing')
  .option('--job <id>', 'file of a job that was started earlier')
  .option('--no-wait', 'print the id of the job and leave')
  .action((object, options) => ends(downloadObject(object, bulkCaller(options), openTerminal())))
bulk
  .command('upload <object> <file>')
  .description('write each row of a file; exit code 2: some were not, or not surely, written')
  .option(...server)
  .option(...token)
  .option('--format <csv|json|jsonl>', 'of the file; told from it when absent')
  .option('--action <create|update|upsert|delete>', 'what is done with each row')
  .option('--identifier <field>', 'field by which rows are recognized')
  .option('--errors <file>', 'write rows that failed or are uncertain there, as lines of JSON')
  .option('--no-wait', 'print the id of the job and leave')
  .action((object, file, options) => ends(uploadFile(object, file, bulkCaller(options), openTerminal())))
bulk
  .command('follow <job>')
  .description('wait for a job that was started earlier')
  .option(...server)
  .option(...token)
  .option('--errors <file>', 'write rows that failed or are uncertain there, as lines of JSON')
  .action((id, options) => ends(followBulkJob(id, bulkCaller(options), openTerminal())))

const vdrs = program
  .command('vdrs')
  .description('common resources as files (who calls: VALENCE_AUTHORIZATION="User …, Organization …")')
const caller = ({ url }: { url: string }) => ({ url, authorization: process.env['VALENCE_AUTHORIZATION'] })
vdrs
  .command('export <name> <folder>')
  .description('write a common resource with its transformations and scripts to a folder')
  .option(...server)
  .action((name, folder, options) => exportVdrFiles(name, folder, caller(options)))
vdrs
  .command('import <path>')
  .description('import every common resource of a file or folder')
  .option(...server)
  .action((path, options) => importVdrFiles(path, caller(options)))

const formulas = program
  .command('formulas')
  .description('formulas as files (who calls: VALENCE_AUTHORIZATION="User …, Organization …")')
formulas
  .command('list')
  .description('print id and name of every formula')
  .option(...server)
  .action((options) => listFormulaNames(caller(options)))
formulas
  .command('export <path> [names...]')
  .description(
    'write formulas with their sub-formulas: a folder for each, or one document where the path ends with .json',
  )
  .option(...server)
  .action((path, names, options) => exportFormulas(path, names, caller(options)))
formulas
  .command('import <path>')
  .description('import every formula of a file or folder; one whose name is there already is replaced')
  .option(...server)
  .action((path, options) => importFormulas(path, caller(options)))

try {
  await program.parseAsync()
} catch (error) {
  // what an operator can mend is one sentence; anything else is a bug and keeps its stack
  const isExplained = error instanceof ConfigError || error instanceof ValenceError || isListenError(error)
  console.error(isExplained ? `valence: ${explain(error as Error)}` : error)
  process.exitCode = 1
}

function isListenError(error: unknown): boolean {
  return ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function explain(error: Error & { code?: string; port?: number; address?: string }): string {
  if (!isListenError(error)) return error.message
  return `cannot listen on ${error.address}:${error.port} (${error.code}); set VALENCE_HOST and VALENCE_PORT`
}
