/** Bytes cut into chunks of these sizes, over and over; without sizes one chunk. */
export async function* inChunks(bytes: Buffer | string, sizes: readonly number[] = []): AsyncGenerator<Buffer> {
  const all = Buffer.from(bytes)
  const sizeOf = (index: number) => Math.max(1, sizes[index % sizes.length] ?? all.length)
  for (let at = 0, index = 0; at < all.length; index++) {
    yield all.subarray(at, at + sizeOf(index))
    at += sizeOf(index)
  }
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await collected(chunks))
}
