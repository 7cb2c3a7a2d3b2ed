import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { describeRestrictions } from "./describe-restrictions.js";

/** Restrictions in words. */
export function RestrictionList(props: {
  readonly restrictions: Restrictions | null;
  readonly none: string;
}) {
  const lines = describeRestrictions(props.restrictions);
  if (lines.length === 0) return <p class="soft small">{props.none}</p>;
  return (
    <dl class="facts">
      {lines.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
