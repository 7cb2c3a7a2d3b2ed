import { sendBody } from "../../call/answer.js";
import { anotherPath, pathOf, withPath } from "../../call/altered-call.js";
import { listCallableApps } from "../../call/callable-apps.js";
import { catchCall } from "../../call/caught-call.js";
import { INVALID_PROOF, REPLAY } from "../../call/expected-refusals.js";
import { suggestedCalls } from "../../call/suggested-calls.js";
import type { Session } from "../../session/session.js";
import { MissingError, type Evidence } from "./evidence.js";

/** Claim 3: one proved call, sent altered, as it is, and again. */
export async function checkOnce(session: Session, evidence: Evidence): Promise<void> {
  const { apps, slots } = await listCallableApps(session);
  const [app] = apps;
  if (app === undefined) throw new MissingError(slots.length === 0 ? NO_KEY : NO_APP);
  const [request] = suggestedCalls(app.slot.provider);
  const body = await catchCall({ session, kept: app.kept, request });
  evidence.show(
    "The call that was proved and caught",
    `${request.method} ${pathOf(body)}, as ${app.kept.appId} with ${app.slot.label}`,
  );

  const altered = await sendBody(withPath(body, anotherPath(pathOf(body))));
  evidence.matches(
    `Altered, its path now ${anotherPath(pathOf(body))}, it is refused`,
    INVALID_PROOF,
    altered,
  );

  const honest = await sendBody(body);
  if (honest.source === "vaultproof" && honest.body.startsWith('{"error":"App not authorized"')) {
    throw new MissingError({ ...NOT_ALLOWED, advice: `${NOT_ALLOWED.advice} ${honest.body}` });
  }
  evidence.holds(
    honest.source === "upstream",
    honest.source === "upstream"
      ? `As it was, it reaches the provider, which answers ${honest.status}: nothing else was wrong with it`
      : `As it was, it should have reached the provider; the answer is ${honest.status} ${honest.body}`,
  );
  if (honest.source !== "upstream") return;
  evidence.matches("Sent a second time, byte for byte, it is refused", REPLAY, await sendBody(body));
}

const NO_KEY = {
  title: "No key is stored yet",
  advice: "This check makes a call with one of your keys.",
  link: { to: "/keys", name: "Add a key" },
} as const;
const NO_APP = {
  title: "This browser may not call with any of your keys",
  advice: "It keeps no bundle of an app. Grant it one in the playground.",
  link: { to: "/playground", name: "Open the playground" },
} as const;
const NOT_ALLOWED = {
  title: "The app that this browser calls as may not list the models",
  advice: "Its restrictions forbid it, and the server says so:",
  link: { to: "/keys", name: "See its restrictions" },
} as const;
