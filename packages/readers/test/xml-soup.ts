import fc from "fast-check";

/** Pieces of markup, whole and broken: put together at random they meet most rules of the grammar. */
const FRAGMENTS = [
  ..."<>&;\"'=/?!-[] \n\r\t#x",
  "text",
  "a run of text that is long enough to be passed by more than one byte at a time",
  "the same with é, 😀, \r\n, ] and - in it, so that it is looked at more closely",
  "é😀",
  "]]",
  "]]>",
  "\r\n",
  "\u0001",
  "\uFFFE",
  "<a>",
  "<a >",
  "</a>",
  "</a\n>",
  "<b x='1'>",
  "</b>",
  "<b x='1' y=\"2\"/>",
  "<b x='1' x='2'/>",
  "<b x='<'/>",
  "<b x='&lt;&#10;\t\r\n'/>",
  "<b x='1'y='2'/>",
  "<-a/>",
  "<é ü='1'/>",
  "<a·/>",
  "<!-- c -->",
  "<!---->",
  "<!-- -- -->",
  "<!--->",
  "<![CDATA[x]]y]]]>",
  "<![CDATA[]]>",
  "<![CDATA[<&\r\n]]>",
  "<?pi x?>",
  "<?pi?>",
  "<?pi ?? ?>",
  "<?xml version='1.0'?>",
  "<?XML?>",
  "<??>",
  "&amp;",
  "&#65;",
  "&#x1F600;",
  "&#0;",
  "&#xD800;",
  "&#x;",
  "&nbsp;",
  "&toString;",
  "& ",
  "&;",
] as const;

/** Of document type declarations. */
const DOCTYPE_FRAGMENTS = [
  ..."<>[]%;'\"- \n",
  "<!ELEMENT a (b)>",
  "<!ATTLIST a k CDATA '>'>",
  "<!NOTATION n SYSTEM 'x'>",
  "<!-- <!ENTITY -->",
  "<?pi ]> ?>",
  "SYSTEM 'a.dtd'",
  'PUBLIC "p" "s"',
  "<!ENTITY x 'y'>",
  "%x;",
  "]>",
  "<a/>",
  "\u0001",
] as const;

export const doctypeDocument = fc
  .array(fc.constantFrom(...DOCTYPE_FRAGMENTS), { maxLength: 7 })
  .chain((parts) => fc.constantFrom(`<!DOCTYPE a ${parts.join("")}><a/>`, `<!DOCTYPE a [${parts.join("")}]><a/>`));

const soup = fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 8 }).map((parts) => parts.join(""));
/** A tenth of them is well-formed. */
export const soupDocument = fc.oneof(
  soup,
  soup.map((inner) => `<a>${inner}</a>`),
  fc.tuple(soup, soup).map(([before, after]) => `${before}<a/>${after}`),
  soup.map((inner) => `<a k="${inner}"/>`),
  soup.map((inner) => `<?xml version="1.0"${inner}?><a/>`),
);
