/** `garim evaluate --text DIR`: what the text recognisers find of labelled texts. */
import { evaluateTexts, scoresTable } from '../../sensor/strip/evaluate.ts';
import type { Part } from './part.ts';

export const textPart: Part = {
  option: 'text',
  async run({ options, print }) {
    const files = await evaluateTexts(options.text!);
    for (const [file, scores] of files) print(scoresTable(file, scores));
    return { data: Object.fromEntries(files) };
  },
};
