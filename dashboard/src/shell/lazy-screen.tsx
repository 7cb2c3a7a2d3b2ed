import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../ui/button.js";
import { Loading } from "../ui/empty.js";
import { Notice } from "../ui/notice.js";

/** A screen whose code is fetched when it is first shown, and once. Where that fails it can be tried again. */
export function lazyScreen(load: () => Promise<FunctionComponent>): FunctionComponent {
  let loaded: FunctionComponent | undefined;
  return function LazyScreen() {
    const [found, setFound] = useState<{
      readonly Screen?: FunctionComponent | undefined;
      readonly failed?: true;
    }>({
      Screen: loaded,
    });
    const begin = () => {
      setFound({});
      load().then(
        (Screen) => {
          loaded = Screen;
          setFound({ Screen });
        },
        () => setFound({ failed: true }),
      );
    };
    useEffect(() => {
      if (loaded === undefined) begin();
    }, []);
    const { Screen, failed } = found;
    if (Screen !== undefined) return <Screen />;
    if (failed !== true) return <Loading what="Loading the screen" />;
    return (
      <Notice
        kind="bad"
        title="This part of the page could not be loaded"
        // A browser remembers a module that failed for as long as the page is open.
        action={<Button onPress={() => location.reload()}>Reload the page</Button>}
      >
        There is no connection, or the server has a newer page than this one.
      </Notice>
    );
  };
}
