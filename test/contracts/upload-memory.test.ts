import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { encodeMultipart, type MultipartBody } from '../../src/engine/body/multipart.ts'

const MB = 1024 * 1024

test('an upload of 200 MB costs its receiver little memory and leaves no file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'valence-upload-memory-'))
  const script = join(import.meta.dirname, '../support/upload-process.ts')
  const server = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = await once(server.stdout, 'data')
    const before = await upload(Number(port), formOf(1 * MB))
    expect(before.bytesRead).toBe(2 * MB)
    const after = await upload(Number(port), formOf(200 * MB))
    expect(after.bytesRead).toBe(400 * MB)
    expect(after.peakBytes - before.peakBytes).toBeLessThan(64 * MB)
    expect(await readdir(folder)).toEqual([])
  } finally {
    server.kill()
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)

function formOf(sizeBytes: number): MultipartBody {
  const block = Buffer.alloc(64 * 1024, 1)
  function* blocks() {
    for (let sent = 0; sent < sizeBytes; sent += block.length) yield block
  }
  return encodeMultipart([{ name: 'file', fileName: 'big', sizeBytes, open: () => Readable.from(blocks()) }], 'b')
}

async function upload(port: number, form: MultipartBody): Promise<{ bytesRead: number; peakBytes: number }> {
  const headers = { 'content-type': form.contentType, 'content-length': form.lengthBytes }
  const sent = request({ host: '127.0.0.1', port, method: 'POST', headers })
  const answered = once(sent, 'response')
  await pipeline(form.open(), sent)
  const [response] = await answered
  return (await json(response)) as { bytesRead: number; peakBytes: number }
}
