/** What came in one piece, for those who take pieces. */
export async function* atOnce<T>(piece: T): AsyncGenerator<T> {
  yield await Promise.resolve(piece);
}
