import { Component, type ComponentChildren } from "preact";
import { Button } from "../ui/button.js";
import { Notice } from "../ui/notice.js";

/** Keeps the rest of the page usable where a screen fails by a mistake of its own. */
export class ErrorBoundary extends Component<{ readonly children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <>
        <h1>Something is wrong with this screen</h1>
        <Notice
          kind="bad"
          title="It stopped by a mistake in the page"
          action={<Button onPress={() => this.setState({ failed: false })}>Show it again</Button>}
        >
          Your keys are untouched. If it happens again, the browser's console says where.
        </Notice>
      </>
    );
  }
}
