/** A pattern that matches a text and nothing else. */
export const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
