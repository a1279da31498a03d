/** A record of a file that was uploaded, and where it ends. */
export interface FileRow {
  /** of CSV: texts; of JSON: numbers that a double cannot hold are an `ExactNumber` */
  record: Record<string, unknown>
  /** first byte after it, counted from the beginning of the file: reading may begin again there */
  end: number
}

/** How to read a file from some byte on, which is its beginning or the end of a row. */
export interface ReadingOptions {
  format: 'csv' | 'json'
  /** where the chunks begin in the file */
  startByte: number
  /** rows before that, for messages */
  startRow: number
  /** of CSV */
  delimiter?: string
  /** names of the columns; absent at the beginning of a CSV file, whose first line they are */
  header?: readonly string[]
  /** told once the first line of a CSV file is read */
  onHeader?(header: readonly string[]): void
}

/** Of a row in the file; longer ones are a broken file more often than a record. */
export const MAX_ROW_BYTES = 5 * 1024 * 1024
