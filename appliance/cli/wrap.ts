/** Text in lines of at most `width` characters, each behind `indent`; a word that is longer stands alone. Of a list each item is a word. */
export function wrap(text: string | readonly string[], width: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const words = typeof text === 'string' ? text.split(/\s+/).filter((each) => each !== '') : text;
  for (const word of words) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}
