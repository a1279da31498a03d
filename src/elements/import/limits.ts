/** Documents come from tenants: everything about them has an end. */
export const MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
/** levels of brackets or tags */
export const MAX_DEPTH = 200
/** values of a parsed document, aliases of YAML counted each time they are used */
export const MAX_VALUES = 5_000_000
export const MAX_RESOURCES = 1500
/** resources and their parameters; an element has at most 30 000 parts */
export const MAX_PARTS = 25_000
/** `POST /elements` takes 10 MB; models are shortened until they fit */
export const MAX_MODEL_BYTES = 6 * 1024 * 1024
export const MAX_SAMPLE_CHARACTERS = 20_000
export const MAX_DESCRIPTION = 500

/** of the thread that reads one document */
export interface WorkerLimits {
  memoryMb: number
  timeoutMs: number
}

export const WORKER_LIMITS: WorkerLimits = { memoryMb: 768, timeoutMs: 60_000 }
