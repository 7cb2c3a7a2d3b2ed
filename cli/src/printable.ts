/** Controls and what turns the direction of a line, but not its end. */
const STEERING = /(?!\n)(?:\p{Cc}|\p{Bidi_Control})/gu;

/**
 * A text from outside, such as the name of a file or what a server says, so that it cannot steer the terminal: control
 * characters but for the end of a line become `?`.
 */
export function printable(text: string): string {
  return text.replaceAll(STEERING, "?");
}
