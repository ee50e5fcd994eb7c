import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';

const markdown = new MarkdownIt({ html: false, linkify: true });
/** Markdown as HTML, without anything that runs, styles or loads. */
export function Markdown({ text }: { text: string }) {
  const html = DOMPurify.sanitize(markdown.render(text), {
    FORBID_TAGS: ['style', 'img', 'form', 'input'],
    FORBID_ATTR: ['style'],
  });
  // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised one line above
  return <div className="md" dangerouslySetInnerHTML={{ __html: html }} />;
}
