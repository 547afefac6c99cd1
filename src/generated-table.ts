/** A table of Markdown. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A page with a table between the two marks of its name. */
export function replaceTable(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before = '', after] = [page.split(begin)[0], page.split(end)[1]];
  if (after === undefined) throw new Error(`the page lacks the marks ${begin} and ${end}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
