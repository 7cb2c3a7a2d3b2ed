import { Badge } from "../../ui/badge.js";
import { callsOf, formatDay } from "./format.js";
import type { SlotWithCalls } from "./key-slots.js";
import { providerName } from "./provider-calls.js";
import { ProviderIcon } from "./provider-icon.js";

/** One key of the list. */
export function KeyRow({ slot, stats }: SlotWithCalls) {
  return (
    <li class="key-row">
      <ProviderIcon provider={slot.provider} />
      <div class="key-row-name">
        <a href={`#/keys/${slot.id}`}>{slot.label}</a>
        <span class="soft small">{providerName(slot.provider)}</span>
      </div>
      <Badge kind={slot.status === "active" ? "good" : "bad"}>
        {slot.status === "active" ? "Active" : "Revoked"}
      </Badge>
      <dl class="key-row-facts">
        <div>
          <dt>Apps</dt>
          <dd>{appsOf(slot.appGrants.map(({ appId }) => appId))}</dd>
        </div>
        <div>
          <dt>Calls, 30 days</dt>
          <dd>{callsOf(stats)}</dd>
        </div>
        <div>
          <dt>Created</dt>
          <dd>{formatDay(slot.createdAt)}</dd>
        </div>
        <div>
          <dt>Rotated</dt>
          <dd>{slot.rotatedAt === null ? "never" : formatDay(slot.rotatedAt)}</dd>
        </div>
      </dl>
    </li>
  );
}

const NAMED_APPS = 2;

function appsOf(apps: readonly string[]): string {
  if (apps.length === 0) return "none";
  const more = apps.length - NAMED_APPS;
  return apps.slice(0, NAMED_APPS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
