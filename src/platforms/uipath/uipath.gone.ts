import { UpstreamRejectedError } from '../../domain/errors.ts';

/** Deletes; a refusal counts as done where there is nothing left of what was to be deleted, as a read shows. */
export async function unlessGone(
  remove: () => Promise<void>,
  isGone: () => Promise<boolean>,
): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof UpstreamRejectedError) || error.details.upstream?.status !== 404)
      throw error;
    if (!(await isGone())) throw error;
  }
}
