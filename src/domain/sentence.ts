/** Text of a platform as a sentence that another one can follow. */
export function ended(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}
