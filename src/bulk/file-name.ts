import { dateMask } from '../transform/date-mask.ts'
import type { BulkJob } from './bulk-table.ts'
import type { FileFormat } from './file-format.ts'

const MAX_CHARS = 150

/**
 * How a file is called where it is saved: the caller's own `fileName`, with dates where it has masks (`{yyyy-MM-dd HH:mm:ss}_Name`, UTC), or what
 * was downloaded and the number of the job.
 *
 * @param fileName of the request's `metaData`
 */
export function fileNameOf(
  { id, object_name, created_at }: Pick<BulkJob, 'id' | 'object_name' | 'created_at'>,
  fileName: unknown,
  format: FileFormat,
): string {
  const own = typeof fileName === 'string' ? safe(withDates(fileName, created_at)) : ''
  const name = own === '' ? `${safe(object_name)}_${id}` : own
  return name.toLowerCase().endsWith(`.${format}`) ? name : `${name}.${format}`
}

/** `attachment; filename="…"`, and the whole of it where that can hold only some (RFC 6266). */
export function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]/g, '_')
  const whole = plain === fileName ? '' : `; filename*=UTF-8''${encodeURIComponent(fileName).replaceAll("'", '%27')}`
  return `attachment; filename="${plain}"${whole}`
}

function withDates(template: string, time: Date): string {
  return template.replaceAll(/\{([^{}]*)\}/g, (_mask, mask: string) =>
    String(dateMask(mask)?.format(time.getTime()) ?? ''),
  )
}

/** No folders, nothing that a header or a file system takes for something else. */
function safe(name: string): string {
  return (
    name
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"\\/*?<>|%;]/gu, '_')
      .replaceAll(':', '-')
      .replace(/^[.\s]+/, '')
      // before its end is looked at: many blanks within a long one would take seconds
      .slice(0, MAX_CHARS)
      .replace(/[.\s]+$/, '')
      .toWellFormed()
  )
}
