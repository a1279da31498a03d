import { parentPort, workerData } from 'node:worker_threads'
import { ValenceError } from '../../errors.ts'
import { convertDocument, type Imported, type ImportOptions } from './convert-document.ts'

export type WorkerAnswer = { imported: Imported } | { invalid: string }

/** One document in, one answer out; the thread ends with it. What is no fault of the document is thrown. */
const { bytes, options } = workerData as { bytes: Uint8Array; options: ImportOptions }
try {
  answer({ imported: await convertDocument(bytes, options) })
} catch (error) {
  if (error instanceof RangeError) answer({ invalid: 'The document refers to itself or nests too deep' })
  else if (error instanceof ValenceError) answer({ invalid: error.message })
  else throw error
}

function answer(value: WorkerAnswer): void {
  parentPort?.postMessage(value)
}
