import type { UploadedPart } from '../model/exchange.ts'
import type { Reply, Request } from './app.ts'
import { readBinary, readMultipart, UPLOAD_LIMITS, type UploadLimits } from './multipart-body.ts'
import { createSpoolRoom } from './spool.ts'

export interface UploadOptions {
  /** for files that wait on disk while their request lasts */
  folder: string
  limits?: Partial<UploadLimits>
  /** on disk, of all uploads together */
  maxSpooledBytes?: number
}

/**
 * Receives the body that a request announced (`request.upload`); everything is given back when the reply has ended or the
 * connection is gone. To be called once the caller is known: nobody else's bytes are stored.
 * @param limits in place of those of all uploads
 */
export type ReceiveUpload = (
  request: Request,
  reply: Reply,
  limits?: Partial<UploadLimits>,
) => Promise<readonly UploadedPart[]>

const MAX_SPOOLED_BYTES = 8 * 1024 * 1024 * 1024

export function createReceiveUpload(options: UploadOptions): ReceiveUpload {
  const limits = { ...UPLOAD_LIMITS, ...options.limits }
  const room = createSpoolRoom(options.folder, options.maxSpooledBytes ?? MAX_SPOOLED_BYTES)
  return async (request, reply, own) => {
    const spool = room.spool()
    const release = () => {
      spool.dispose().catch((error: unknown) => request.log.error({ err: error }, 'an upload was not given back'))
    }
    reply.raw.once('close', release)
    if (reply.raw.closed) release()
    const read = request.upload === 'multipart' ? readMultipart : readBinary
    return read(request.raw, spool, { ...limits, ...own })
  }
}
