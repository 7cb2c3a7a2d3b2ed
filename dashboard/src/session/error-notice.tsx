import { Button } from "../ui/button.js";
import { Notice } from "../ui/notice.js";
import { explainError } from "./explain-error.js";

/** What went wrong, with a way to try again where there is one. */
export function ErrorNotice({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}) {
  const { title, advice } = explainError(error);
  return (
    <Notice
      kind="bad"
      title={title}
      action={retry === undefined ? undefined : <Button onPress={retry}>Try again</Button>}
    >
      {advice}
    </Notice>
  );
}
