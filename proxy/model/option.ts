/** HAProxy's words `option X` of a section, in the document's order: false takes back one of the defaults, a text stands behind the word. */
export type Options = Readonly<Record<string, boolean | string>>;
