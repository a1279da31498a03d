/**
 * Descriptions of vendor APIs become elements: OpenAPI, WSDL, OData metadata, Postman collections. `importDocument` is the
 * door; what happens is in `convert-document.ts`, one folder per kind of document beside it. Nothing is ever fetched.
 */
import { Worker } from 'node:worker_threads'
import { ValenceError } from '../../errors.ts'
import type { Imported, ImportOptions } from './convert-document.ts'
import type { WorkerAnswer } from './import-worker.ts'
import { MAX_DOCUMENT_BYTES, WORKER_LIMITS, type WorkerLimits } from './limits.ts'

/**
 * Makes an element of a document. It is read by a worker thread with an end to its memory and time, because documents come
 * from strangers and parsing one may take seconds. How many at once is for the door to say.
 *
 * @param text the document; bytes may be UTF-8 or UTF-16
 * @param options `type` is told from the document when absent; `hub` defaults to `general`
 * @returns an element without key and ids unless given, ready for `POST /elements`, and what its author should check
 * @throws ValenceError IMPORT_INVALID, BODY_TOO_LARGE
 */
export async function importDocument(
  text: string | Uint8Array,
  options: ImportOptions = {},
  limits: WorkerLimits = WORKER_LIMITS,
): Promise<Imported> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new ValenceError(
      'BODY_TOO_LARGE',
      `The document has ${bytes.length} bytes; at most ${MAX_DOCUMENT_BYTES} are read`,
    )
  }
  return inWorker(bytes, options, limits)
}

function inWorker(bytes: Uint8Array, options: ImportOptions, { memoryMb, timeoutMs }: WorkerLimits): Promise<Imported> {
  // the file beside this one, also when both have been compiled to .js
  const file = new URL(`./import-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const worker = new Worker(file, {
    workerData: { bytes, options },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  })
  return new Promise<Imported>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(tooMuch(`takes longer than ${timeoutMs / 1000} seconds`))
      worker.terminate()
    }, timeoutMs)
    worker.once('message', (answer: WorkerAnswer) => {
      if ('imported' in answer) resolve(answer.imported)
      else reject(new ValenceError('IMPORT_INVALID', answer.invalid))
    })
    worker.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch(`needs more than ${memoryMb} MB of memory`) : error),
    )
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('the import ended without an answer'))
    })
  })
}

function tooMuch(what: string): ValenceError {
  return new ValenceError('IMPORT_INVALID', `Reading the document ${what}: import a part of it`)
}
