/** What Quartz reads and croner does not: ranges over the end (`22-2`, `FRI-MON`) and `L` for the last day of the week. */
const FIELDS: readonly { least: number; most: number; names?: readonly string[] }[] = [
  { least: 0, most: 59 },
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ') },
  { least: 1, most: 7, names: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
]
const DAY_OF_WEEK = 5
const RANGE = /^(\w+)-(\w+)(?:\/(\d+))?$/

/** A Quartz expression in the words of croner. What cannot be understood stays as it is, for croner to complain of. */
export function quartzToCroner(cron: string): string {
  return cron
    .trim()
    .split(/\s+/)
    .map((field, index) =>
      field
        .split(',')
        .map((part) => partOf(part, index))
        .join(','),
    )
    .join(' ')
}

function partOf(part: string, index: number): string {
  if (index === DAY_OF_WEEK && part.toUpperCase() === 'L') return '7'
  const field = FIELDS[index]
  const [, from, to, step] = RANGE.exec(part) ?? []
  if (!field || from === undefined || to === undefined) return part
  const [first, last, by] = [numberIn(field, from), numberIn(field, to), Number(step ?? 1)]
  const isOver = first > last && first <= field.most && last >= field.least && by > 0
  return isOver ? around(field, first, last, by).join(',') : part
}

function around({ least, most }: { least: number; most: number }, first: number, last: number, by: number): number[] {
  const values: number[] = []
  for (let value = first; value <= last + most - least + 1; value += by) {
    values.push(value > most ? value - most + least - 1 : value)
  }
  return values
}

function numberIn({ least, names = [] }: { least: number; names?: readonly string[] }, text: string): number {
  const index = names.indexOf(text.toUpperCase())
  return index < 0 ? Number(text) : index + least
}
