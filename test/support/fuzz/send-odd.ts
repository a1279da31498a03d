import type { Rows } from '../every-route/rows.ts'
import type { OddRequest } from './odd-request.ts'

/** The bytes of a request as they go out. */
export function bytesOf({ method, target, headers, body, framing }: OddRequest, rows: Rows): Buffer {
  const content =
    body === undefined
      ? undefined
      : 'text' in body
        ? Buffer.from(fill(body.text, rows))
        : Buffer.from(body.bytes, 'latin1')
  const lines = [
    `${method} ${fill(target, rows)} HTTP/1.1`,
    'Host: hub.example',
    ...headers.map((line) => fill(line, rows)),
    'Connection: close',
  ]
  const [announced, sent] = content === undefined ? [[], Buffer.alloc(0)] : framed(content, framing)
  return Buffer.concat([Buffer.from([...lines, ...announced, '', ''].join('\r\n'), 'latin1'), sent])
}

/** Whether the server must wait for bytes that never come. */
export function isUnfinished({ body, framing }: OddRequest): boolean {
  return body !== undefined && (framing === 'long' || framing === 'torn')
}

function framed(content: Buffer, framing: OddRequest['framing']): [string[], Buffer] {
  const length = (bytes: number) => [`Content-Length: ${Math.max(0, bytes)}`]
  const chunked = 'Transfer-Encoding: chunked'
  switch (framing) {
    case 'length':
      return [length(content.length), content]
    case 'short':
      return [length(content.length - 3), content]
    case 'long':
      return [length(content.length + 3), content]
    case 'chunked':
      return [
        [chunked],
        Buffer.concat([chunk(content.subarray(0, 5)), chunk(content.subarray(5)), Buffer.from('0\r\n\r\n')]),
      ]
    case 'torn':
      return [[chunked], chunk(content).subarray(0, -3)]
    case 'both':
      return [[...length(content.length), chunked], content]
    case 'none':
      return [[], content]
  }
}

function chunk(content: Buffer): Buffer {
  if (content.length === 0) return Buffer.alloc(0)
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])
}

/** What is no row stays as it is. */
function fill(text: string, rows: Rows): string {
  return text.replace(/\{([a-z]\w*)\}/gi, (place, name) => (Object.hasOwn(rows, name) ? (rows[name] ?? place) : place))
}
