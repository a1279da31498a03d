/** Documents come from tenants: everything about them has an end. */
export const MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
/** levels of brackets or tags */
export const MAX_DEPTH = 200
/** values of a parsed document, aliases of YAML counted each time they are used */
export const MAX_VALUES = 5_000_000
export const MAX_RESOURCES = 1500
/** `POST /elements` takes 10 MB; models are shortened until they fit */
export const MAX_MODEL_BYTES = 6 * 1024 * 1024
export const MAX_SAMPLE_CHARACTERS = 20_000
export const MAX_DESCRIPTION = 500
export const WORKER_MEMORY_MB = 768
export const WORKER_TIMEOUT_MS = 60_000
