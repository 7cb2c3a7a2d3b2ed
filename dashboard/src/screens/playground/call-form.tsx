import { useState } from "preact/hooks";
import type { CallableApp } from "../../call/callable-apps.js";
import type { CallRequest } from "../../call/caught-call.js";
import { suggestedCalls } from "../../call/suggested-calls.js";
import { Button } from "../../ui/button.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Select } from "../../ui/select.js";
import { TextArea } from "../../ui/text-area.js";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** What is written into the form, and what is wrong with it. */
export interface DraftCall {
  readonly request: CallRequest;
  readonly pathError?: string | undefined;
  readonly bodyError?: string | undefined;
}

/** Checks a call as it is written; a body is checked as JSON if it says that it is. */
export function draftOf(request: CallRequest): DraftCall {
  const { path, body, headers, method } = request;
  const sent = BODILESS.has(method) || body?.trim() === "" ? null : body;
  return {
    request: { ...request, body: sent },
    pathError: path.startsWith("/") ? undefined : "A path begins with /",
    bodyError: sent !== null && headers["content-type"] === "application/json" ? jsonError(sent) : undefined,
  };
}

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : ""}`;
  }
}

/** The form of a call: as which app, which method and path, and what body. */
export function CallForm(props: {
  readonly apps: readonly CallableApp[];
  readonly app: CallableApp;
  readonly onChooseApp: (app: CallableApp) => void;
  readonly request: CallRequest;
  readonly draft: DraftCall;
  readonly onEdit: (request: CallRequest) => void;
  readonly underWay: boolean;
  readonly onSend: () => void;
  readonly onCancel: () => void;
}) {
  const { apps, app, request, draft, onEdit, underWay } = props;
  const [suggestion, setSuggestion] = useState("0");
  const suggestions = suggestedCalls(app.slot.provider);
  const isBad = draft.pathError !== undefined || draft.bodyError !== undefined;
  const suggest = (choice: string): void => {
    setSuggestion(choice);
    const chosen = suggestions[Number(choice)];
    if (chosen !== undefined) onEdit(chosen);
  };
  const submit = (): void => {
    if (!underWay && !isBad) props.onSend();
  };
  return (
    <Form class="call-form" onSubmit={submit}>
      <Select
        label="Call as"
        value={String(apps.indexOf(app))}
        onChange={(choice) => {
          const chosen = apps[Number(choice)];
          if (chosen === undefined) return;
          setSuggestion("0");
          props.onChooseApp(chosen);
        }}
        options={apps.map(({ kept, slot }, i) => ({
          value: String(i),
          name: `${kept.appId} with ${slot.label}`,
        }))}
        hint={`Goes to ${app.slot.baseUrl}`}
      />
      <Select
        label="Begin with"
        value={suggestion}
        onChange={suggest}
        options={suggestions.map(({ name, path }, i) => ({ value: String(i), name: `${name}: ${path}` }))}
      />
      <div class="call-line">
        <Select
          label="Method"
          value={request.method}
          onChange={(method) => onEdit({ ...request, method })}
          options={METHODS.map((method) => ({ value: method, name: method }))}
        />
        <Field
          label="Path"
          value={request.path}
          onInput={(path) => onEdit({ ...request, path })}
          error={draft.pathError}
        />
      </div>
      {!BODILESS.has(request.method) && (
        <TextArea
          label="Body"
          rows={8}
          mono
          value={request.body ?? ""}
          error={draft.bodyError}
          onInput={(body) =>
            onEdit({ ...request, body, headers: { "content-type": "application/json", ...request.headers } })
          }
        />
      )}
      <HeaderNote headers={request.headers} />
      <div class="call-actions">
        <Button kind="primary" type="submit" busy={underWay} disabled={isBad}>
          Send the call
        </Button>
        {underWay && <Button onPress={props.onCancel}>Cancel</Button>}
      </div>
    </Form>
  );
}

/** Providers want headers that nobody would think of; they are part of what is begun with. */
function HeaderNote({ headers }: { readonly headers: Readonly<Record<string, string>> }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  if (lines.length === 0) return null;
  return <p class="soft small">With {lines.join(", ")}. The key is put in by the server.</p>;
}
