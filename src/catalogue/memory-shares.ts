/** Hot and ready answers mostly share their bytes. */
const shares = { snapshots: 0.6, views: 0.1, readyAnswers: 0.1, hotAnswers: 0.2 } as const;

/** What a part of the catalogue may take of the memory that a process has for it, in bytes. */
export function memoryShare(bytes: number, part: keyof typeof shares): number {
  return Math.floor(bytes * shares[part]);
}
