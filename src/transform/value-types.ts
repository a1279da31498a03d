import { ExactNumber } from '../model/exact-number.ts'
import { asList } from './as-list.ts'
import { elementsOf } from './bounded-work.ts'
import { ISO } from './date-mask.ts'

/** A value of one side in the type of the other; null and undefined are never handed in. What does not convert is kept. */
export type Convert = (value: unknown) => unknown

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/
const LIST = /^array(?:\s*\[\s*([^\]]*?)\s*\])?$/i

/** `array[number]`, `array [addressInfo]`, `array`: the type of the elements, '' when nobody said; undefined for no list. */
export function elementType(type: string): string | undefined {
  const found = LIST.exec(type.trim())
  return found ? (found[1] ?? '') : undefined
}

/**
 * Conversion to a type (spec 20 §9.1).
 * @returns undefined when values of that type are taken as they come
 */
export function conversionTo(type: string): Convert | undefined {
  const ofElements = elementType(type)
  if (ofElements !== undefined) {
    const convert = conversionTo(ofElements)
    return (value) => listOf(value, convert)
  }
  switch (type.trim().toLowerCase()) {
    case 'string':
      return toText
    case 'number':
    case 'int':
    case 'integer':
    case 'double':
    case 'float':
    case 'long':
      return toNumber
    case 'boolean':
      return toBoolean
    case 'date':
      return toDate
    default:
      return undefined
  }
}

/** Every element of a list, or the one that should have been one. */
export function listOf(value: unknown, convert: Convert | undefined): unknown {
  if (!convert) return asList(value)
  const elements = elementsOf(value)
  return elements ? elements.map((one) => (one === null || one === undefined ? one : convert(one))) : value
}

function toText(value: unknown): unknown {
  const isPrinted = typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber
  return isPrinted ? String(value) : value
}

/** Integers that a number cannot hold exactly are ids, and stay texts. */
function toNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (!NUMBER.test(text)) return value
  const number = Number(text)
  return Number.isFinite(number) && (!/^[-+]?\d+$/.test(text) || Number.isSafeInteger(number)) ? number : value
}

function toBoolean(value: unknown): unknown {
  if (value === 1 || value === 0) return value === 1
  if (typeof value !== 'string') return value
  const text = value.trim().toLowerCase()
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : value
}

/** Texts are dates in somebody's form already; epoch milliseconds are not. */
function toDate(value: unknown): unknown {
  const time = typeof value === 'number' ? ISO.parse(value) : undefined
  return time === undefined ? value : ISO.format(time)
}
