import { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Terminal } from '../../src/cli/bulk/terminal.ts'
import { downloadObject, followBulkJob, uploadFile } from '../../src/cli/bulk.ts'
import type { BulkHub } from './hub.ts'

/** `valence bulk`, as far as the bench needs it, and what it printed. */
export function commandLine({ url, authorization, token }: BulkHub) {
  const caller = { url, authorization, token }
  return {
    /** @returns id of the job */
    startDownload: (format: string) =>
      run((terminal) => downloadObject('contacts', { ...caller, format, wait: false }, terminal)),
    /** @returns id of the job */
    startUpload: (file: string) =>
      run((terminal) => uploadFile('contacts', file, { ...caller, wait: false }, terminal)),
    saveFile: (job: string, format: string, out: string) =>
      run((terminal) => downloadObject('contacts', { ...caller, format, job, out, wait: true }, terminal)),
    saveErrors: (job: string, errors: string) =>
      run((terminal) => followBulkJob(job, { ...caller, errors }, terminal), [0, 2]),
  }
}

async function run(command: (terminal: Terminal) => Promise<number>, codes = [0]): Promise<string> {
  const printed = { out: '', err: '' }
  const into = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        printed[name] += chunk
        done()
      },
    })
  const terminal: Terminal = {
    stdout: into('out'),
    stderr: into('err'),
    now: () => performance.now(),
    wait: (ms) => wait(ms),
    interrupted: new AbortController().signal,
  }
  const code = await command(terminal)
  if (!codes.includes(code)) throw new Error(`valence bulk ended with ${code}: ${printed.err}`)
  return printed.out.trim()
}
