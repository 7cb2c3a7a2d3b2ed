import { useCallback, useState } from "preact/hooks";
import { useHashLocation } from "wouter-preact/use-hash-location";
import type { LogName } from "../../audit/verify-chain.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Checkbox } from "../../ui/checkbox.js";
import { Loading } from "../../ui/empty.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { Select } from "../../ui/select.js";
import { ChainCard } from "./chain-card.js";
import { Figures } from "./figures.js";
import { LogEntries } from "./log-entries.js";
import type { ReadLogPage } from "./search-log.js";
import { TrafficCard } from "./traffic-card.js";
import { useAutoRefresh } from "./use-auto-refresh.js";
import { useLogOverview, type LogOverview } from "./use-log-overview.js";
import "./logs.css";

/** The screen "Logs": `#/logs/<id of a slot>` its calls, `#/logs/managed` what the developer managed. */
export function LogsScreen() {
  const session = useSession();
  const openVault = useCallback(() => session.vault(), [session]);
  const { overview, error, reload } = useLogOverview(openVault);
  return (
    <>
      <ScreenHead title="Logs">
        What was called on your keys, what you managed, and proof that nobody changed it.
      </ScreenHead>
      {error !== undefined && <ErrorNotice error={error} retry={reload} />}
      {overview === undefined && error === undefined && <Loading what="Reading keys and figures" />}
      {overview !== undefined && <Logs overview={overview} openVault={openVault} reload={reload} />}
    </>
  );
}

const PATH = "/logs";
const MANAGED = "managed";

function Logs(props: {
  readonly overview: LogOverview;
  readonly openVault: ReturnType<typeof useSession>["vault"];
  readonly reload: () => void;
}) {
  const { overview, openVault, reload } = props;
  const [location, navigate] = useHashLocation();
  const [isFollowing, setFollowing] = useState(false);
  const [version, setVersion] = useState(0);
  const [tick, setTick] = useState(0);
  const log = chosenLog(location, overview);
  const readPage = useCallback<ReadLogPage>(
    async (page) => {
      const vault = await openVault();
      return log === undefined ? vault.logs(page) : vault.keys.logs(log, page);
    },
    [openVault, log],
  );
  const refresh = () => {
    reload();
    setTick((before) => before + 1);
  };
  useAutoRefresh(isFollowing, refresh);
  const slot = overview.slots.find(({ id }) => id === log);
  return (
    <>
      <Figures overview={overview.figures} />
      <div class="log-choice">
        <Select
          label="Log"
          value={log ?? MANAGED}
          onChange={(chosen) => navigate(`${PATH}/${chosen}`)}
          options={[
            ...overview.slots.map(({ id, label, status }) => ({
              value: id,
              name: `${label} (${id.slice(0, 8)}${status === "revoked" ? ", revoked" : ""})`,
              group: "Calls on a key",
            })),
            { value: MANAGED, name: "What you managed", group: "Management" },
          ]}
        />
        <Button
          onPress={() => {
            refresh();
            setVersion((before) => before + 1);
          }}
        >
          Refresh
        </Button>
        <Checkbox
          label="Refresh entries and figures every 5 seconds"
          checked={isFollowing}
          onChange={setFollowing}
        />
      </div>
      <LogEntries
        key={log ?? MANAGED}
        readPage={readPage}
        sort={log === undefined ? "acts" : "calls"}
        slots={overview.slots}
        slot={slot}
        tick={tick}
      />
      <TrafficCard openVault={openVault} readPage={readPage} keyName={slot?.label} version={version} />
      <ChainCard key={`chain ${log ?? MANAGED}`} openVault={openVault} log={log} />
    </>
  );
}

/** The log that the address names, if it is one of this developer's. */
function chosenLog(location: string, { slots, busiest }: LogOverview): LogName {
  const named = location.startsWith(`${PATH}/`) ? location.slice(PATH.length + 1) : "";
  if (named === MANAGED) return undefined;
  return slots.some(({ id }) => id === named) ? named : busiest;
}
