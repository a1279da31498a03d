import { Worker } from 'node:worker_threads'

/**
 * The program of the reference page, compressed with gzip. Its package holds it as a string among code for servers; to load that and to
 * compress it takes 60 MB and half a second. A thread does it, once: it holds nobody up, and its memory goes with it.
 */
export function loadReferenceScript(): Promise<Buffer> {
  // the file beside this one, also when both have been compiled to .js
  const file = new URL(`./reference-script-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const worker = new Worker(file, { env: {} })
  return new Promise((resolve, reject) => {
    worker.once('message', (bytes: Uint8Array) => resolve(Buffer.from(bytes)))
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the program of the reference page was not loaded')))
  })
}
