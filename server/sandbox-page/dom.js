// The document, built of text and never of markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/** Puts `text` in the element's place for text. */
export const write = (id, text) => {
  byId(id).textContent = text;
};

export const show = (id, shown) => {
  byId(id).hidden = !shown;
};
