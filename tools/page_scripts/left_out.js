// Stands in place of sanitize-html, a filter for HTML in labels: page.js shows HTML there as text.
export default undefined;
