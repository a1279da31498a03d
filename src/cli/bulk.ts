import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { encodeMultipart, multipartBoundary } from '../engine/body/multipart.ts'
import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { followJob, type JobStatus } from './bulk/follow-job.ts'
import { connectHub, type HubConnection } from './bulk/hub-connection.ts'
import { countText, createProgressLine, type ProgressLine } from './bulk/progress.ts'
import { printFile, resumed, saveFile } from './bulk/save-file.ts'
import { INTERRUPTED, type Terminal } from './bulk/terminal.ts'

/** Of every `valence bulk` command. */
export interface BulkCommand {
  /** of the server, without the path of its API */
  url: string
  /** element token */
  token?: string | undefined
  /** `User …, Organization …` */
  authorization?: string | undefined
}

export interface DownloadCommand extends BulkCommand {
  format: string
  fields?: string
  where?: string
  from?: string
  to?: string
  limit?: string
  out?: string
  /** of a job that was started earlier */
  job?: string
  wait: boolean
}

export interface UploadCommand extends BulkCommand {
  format?: string
  action?: string
  identifier?: string
  errors?: string
  wait: boolean
}

/** What is asked for as `format` of the job and as `Accept` of its file. */
const FORMATS: Readonly<Record<string, { asked: string; accept: string }>> = {
  csv: { asked: 'text/csv', accept: 'text/csv' },
  json: { asked: 'application/json', accept: 'application/json' },
  jsonl: { asked: 'application/jsonl', accept: 'application/jsonl' },
}

const ACTIONS = ['create', 'update', 'upsert', 'delete']

/** Exit codes: all is well; nothing came of it; it ended, but some rows were not, or not surely, written. */
const DONE = 0
const FAILED = 1
const SOME_FAILED = 2

/** `valence bulk download OBJECT`: rows of a vendor as a file. @returns exit code @throws ValenceError */
export function downloadObject(object: string, command: DownloadCommand, terminal: Terminal): Promise<number> {
  const format = chosen('--format', command.format, FORMATS)
  return withHub(command, terminal, async (hub, progress) => {
    const id =
      command.job ?? idOf(await hub.send('POST', '/bulk/download', downloadRequest(object, format.asked, command)))
    if (!command.wait) return print(terminal, id)
    const end = await followJob(hub, id, object, { terminal, progress })
    if (end.status !== 'COMPLETED') return tellFailure(terminal, id, end)
    const { out } = command
    const path = `/bulk/${id}/${encodeURIComponent(object)}`
    const chunks = counted(
      resumed(
        () => hub.open(path, format.accept, terminal.interrupted),
        (failures) => terminal.wait(1000 * 2 ** failures, terminal.interrupted),
        terminal.interrupted,
      ),
      (bytes) => progress.show({ what: out ?? 'file', unit: 'bytes', done: bytes }),
    )
    if (out === undefined) await printFile(chunks, terminal.stdout, terminal.interrupted)
    else await saveFile(chunks, out, terminal.interrupted)
    progress.end()
    terminal.stderr.write(`${object}: ${countText(end.records)} rows${out === undefined ? '' : ` in ${out}`}\n`)
    return DONE
  })
}

/** `valence bulk upload OBJECT FILE`: each row of a file is written at the vendor. @returns exit code @throws ValenceError */
export function uploadFile(object: string, file: string, command: UploadCommand, terminal: Terminal): Promise<number> {
  const metaData = uploadRequest(command)
  return withHub(command, terminal, async (hub, progress) => {
    const { size } = await stat(file).catch((cause: Error) => {
      throw new ValenceError('PARAMETER_INVALID', `${file} cannot be read: ${cause.message}`, { cause })
    })
    // a refusal is better heard before the file was sent
    await hub.read('/bulk/jobs?pageSize=1')
    const show = (bytes: number) => progress.show({ what: file, unit: 'bytes', done: bytes, total: size })
    const open = () => Readable.from(counted(createReadStream(file), show), { objectMode: false })
    const form = encodeMultipart(
      [
        { name: 'metaData', value: JSON.stringify(metaData) },
        { name: 'file', fileName: basename(file), sizeBytes: size, open },
      ],
      multipartBoundary(Math.random),
    )
    const id = idOf(await hub.sendForm(`/bulk/${encodeURIComponent(object)}`, form, terminal.interrupted))
    progress.end()
    if (!command.wait) return print(terminal, id)
    return endOfUpload(hub, id, object, command, { terminal, progress })
  })
}

/** `valence bulk follow JOB`: a job that was started earlier, to its end. @returns exit code @throws ValenceError */
export function followBulkJob(
  id: string,
  command: BulkCommand & Pick<UploadCommand, 'errors'>,
  terminal: Terminal,
): Promise<number> {
  return withHub(command, terminal, (hub, progress) =>
    endOfUpload(hub, id, `job ${id}`, command, { terminal, progress }),
  )
}

async function endOfUpload(
  hub: HubConnection,
  id: string,
  what: string,
  { errors }: Pick<UploadCommand, 'errors'>,
  { terminal, progress }: { terminal: Terminal; progress: ProgressLine },
): Promise<number> {
  const end = await followJob(hub, id, what, { terminal, progress })
  const { records, failed, uncertain } = end
  terminal.stderr.write(
    `${what}: ${countText(records)} rows, ${countText(failed - uncertain)} failed, ${countText(uncertain)} uncertain\n`,
  )
  if (failed > 0 && errors !== undefined) {
    await saveFile(errorLines(hub, id), errors)
    terminal.stderr.write(`Rows that failed or are uncertain: ${errors}\n`)
  } else if (failed > 0) {
    terminal.stderr.write(`To see which: valence bulk follow ${id} --errors rows.jsonl\n`)
  }
  if (end.status !== 'COMPLETED') return tellFailure(terminal, id, end)
  return failed > 0 ? SOME_FAILED : DONE
}

/** Each row as it was in the file, with its `status`, as a line of JSON. */
async function* errorLines(hub: HubConnection, id: string): AsyncGenerator<Buffer, void, undefined> {
  let token = ''
  for (;;) {
    const { body, nextPage } = await hub.read(`/bulk/${id}/errors?pageSize=200${token}`)
    if (!Array.isArray(body))
      throw new ValenceError('PARAMETER_INVALID', `The server answered no list of errors of job ${id}`)
    if (body.length > 0) yield Buffer.from(body.map((row) => `${JSON.stringify(row)}\n`).join(''))
    if (nextPage === undefined) return
    token = `&nextPage=${encodeURIComponent(nextPage)}`
  }
}

async function withHub(
  command: BulkCommand,
  terminal: Terminal,
  work: (hub: HubConnection, progress: ProgressLine) => Promise<number>,
): Promise<number> {
  const hub = connectHub({ url: command.url, authorization: authorizationOf(command) }, terminal)
  const progress = createProgressLine(terminal)
  try {
    return await work(hub, progress)
  } catch (error) {
    if (!terminal.interrupted.aborted || (error as Error).name !== 'AbortError') throw error
    return INTERRUPTED
  } finally {
    progress.end()
    await hub.close()
  }
}

function authorizationOf({ authorization, token }: BulkCommand): string {
  if (!authorization) {
    throw new ValenceError(
      'PARAMETER_MISSING',
      'Set VALENCE_AUTHORIZATION to "User …, Organization …", as in calls of the API',
    )
  }
  if (token) return `${authorization}, Element ${token}`
  if (/\bElement\s/i.test(authorization)) return authorization
  throw new ValenceError('PARAMETER_MISSING', 'Set VALENCE_ELEMENT_TOKEN to the token of the instance, or give --token')
}

function downloadRequest(object: string, format: string, command: DownloadCommand): Record<string, unknown> {
  const { fields, where, from, to, limit } = command
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) {
    throw new ValenceError('PARAMETER_INVALID', `--limit: expected a whole number of at least 1, got "${limit}"`)
  }
  return {
    ...{ objectName: object, format },
    ...(fields === undefined ? {} : { selectFields: fields }),
    ...(where === undefined ? {} : { where }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  }
}

function uploadRequest({ format, action, identifier }: UploadCommand): Record<string, unknown> {
  if (format !== undefined) chosen('--format', format, FORMATS)
  if (action !== undefined && !ACTIONS.includes(action)) {
    throw new ValenceError('PARAMETER_INVALID', `--action: expected one of ${ACTIONS.join(', ')}, got "${action}"`)
  }
  return {
    // lines of JSON are told from an array by what is in the file
    ...(format === undefined ? {} : { format: format === 'jsonl' ? 'json' : format }),
    ...(action === undefined ? {} : { action }),
    ...(identifier === undefined ? {} : { identifierFieldName: identifier }),
  }
}

function chosen<Value>(option: string, name: string, values: Readonly<Record<string, Value>>): Value {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (value !== undefined) return value
  const names = Object.keys(values).join(', ')
  throw new ValenceError('PARAMETER_INVALID', `${option}: expected one of ${names}, got "${name}"`)
}

function idOf({ body }: { body: unknown }): string {
  const id = isObject(body) ? body['id'] : undefined
  if (typeof id === 'number' || typeof id === 'string') return String(id)
  throw new ValenceError('PARAMETER_INVALID', 'The server answered no id of a bulk job')
}

async function* counted(chunks: AsyncIterable<Buffer>, show: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    show(bytes)
    yield chunk
  }
}

function print({ stdout }: Terminal, id: string): number {
  stdout.write(`${id}\n`)
  return DONE
}

function tellFailure({ stderr }: Terminal, id: string, { status, error }: JobStatus): number {
  stderr.write(`Job ${id} was ${status.toLowerCase()}${error === undefined ? '' : `: ${error}`}\n`)
  return FAILED
}
