import { Readable } from 'node:stream'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { JsonText, type ResourceCall, type UploadedPart } from '../../model/exchange.ts'
import type { BulkContext } from '../context.ts'
import type { SentFile } from './receive-file.ts'

/**
 * The file of an upload (spec 22 §5): the part `file` of a form, the whole body without a part's name, or the only file of the form, whatever
 * its name; else the one that `path` of the address names in the documents of this very instance.
 *
 * @throws ValenceError PARAMETER_MISSING when there is none
 */
export function findFile(
  { call }: Pick<BulkContext, 'call'>,
  caller: Caller,
  instance: Instance,
  { parts, query }: { parts: readonly UploadedPart[]; query: ResourceCall['query'] },
): { file: SentFile; isDocument: boolean } {
  const part = filePart(parts)
  if (part) return { file: { ...part, open: () => part.open() }, isDocument: false }
  const path = [query['path']].flat()[0]
  const hasDocuments = instance.plan.resources.find('GET', '/files') !== undefined
  if (path && hasDocuments) return { file: document({ call }, caller, instance, path), isDocument: true }
  throw new ValenceError(
    'PARAMETER_MISSING',
    'There is no file to upload: send one as the part "file" of a multipart form, or as the body',
  )
}

function filePart(parts: readonly UploadedPart[]): UploadedPart | undefined {
  const isBody = ({ name, sizeBytes }: UploadedPart) => name === '' && sizeBytes > 0
  const files = parts.filter(({ name, fileName }) => fileName !== undefined && name !== 'metaData' && name !== '')
  return parts.find(({ name }) => name === 'file') ?? parts.find(isBody) ?? (files.length === 1 ? files[0] : undefined)
}

function document({ call }: Pick<BulkContext, 'call'>, caller: Caller, instance: Instance, path: string): SentFile {
  return {
    fileName: path.split('/').at(-1),
    async open() {
      const { body } = await call(caller, instance, {
        ...{ method: 'GET', path: '/files', query: { path }, headers: {}, body: undefined },
      })
      if (body instanceof Readable) return body
      const text = body instanceof JsonText ? body.text : typeof body === 'string' ? body : JSON.stringify(body ?? '')
      return Readable.from([Buffer.from(text)])
    },
  }
}
