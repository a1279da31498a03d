import { describe, expect, test } from 'vitest'
import { inChunks, joined } from '../../../test/support/chunks.ts'
import { type JsonWriting, jsonLinesOf } from './write-json.ts'

const written = async (lines: string, writing?: JsonWriting, sizes: readonly number[] = []) =>
  (await joined(jsonLinesOf(inChunks(lines, sizes), writing))).toString('utf8')

const LINES = '{"n":1.50,"big":9007199254740993,"t":true,"none":null,"in":{"none":null,"l":[1,null,"x"]}}\n{"n":null}\n'

describe('records as JSON lines', () => {
  test('are the bytes that are stored', async () => {
    expect(await written(LINES, {}, [3])).toBe(LINES)
  })

  test('have texts for numbers and booleans', async () => {
    expect(await written(LINES, { asText: true }, [7])).toBe(
      '{"n":"1.5","big":"9007199254740993","t":"true","none":null,"in":{"none":null,"l":["1",null,"x"]}}\n{"n":null}\n',
    )
  })

  test('leave out nothing', async () => {
    const line = '{"__proto__":{"a":1},"a":"","b":[],"c":{}}\n'
    expect(await written(line, { asText: true })).toBe(line.replace(':1', ':"1"'))
  })
})
