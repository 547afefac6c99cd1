/** `BENCH_<name>`, else what is usual. */
function said(name: string, usual: number): number {
  const value = Number(process.env[`BENCH_${name}`] ?? usual);
  if (value > 0) return value;
  throw new Error(`BENCH_${name} must be a number above 0`);
}

/** How much is measured; smaller ones only show that a case works. */
export const sizes = {
  rounds: said('ROUNDS', 5),
  /** Rounds of uploads, which take minutes each. */
  uploadRounds: said('ROUNDS', 3),
  /** For how long imports are sent as fast as they are taken, in s. */
  fullSeconds: said('SECONDS', 3),
  /** For how long they are sent at a rate, in s. */
  pacedSeconds: said('SECONDS', 20),
  /** Imports a second. */
  rate: said('RATE', 100),
  /** Imports that wait for a worker. */
  imports: said('IMPORTS', 300),
  /** Of an upload and of a download, in MB. */
  megabytes: said('MB', 200),
  /** Uploads at once. */
  uploads: said('UPLOADS', 20),
  /** Of each process of an export, in KB: so many that a file holds fewer processes than the gateway takes in one. */
  processKilobytes: said('PROCESS_KB', 250),
} as const;
