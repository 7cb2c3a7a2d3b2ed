/** A file to be downloaded. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
  /** Media type. */
  readonly type: string;
}

/** How long a browser may take to begin with a file before its bytes are let go. */
const KEPT_MS = 60_000;

/** Hands a file to the browser's downloads, byte for byte. To be called while a person's press is handled. */
export function downloadFile({ name, text, type }: TextFile): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
