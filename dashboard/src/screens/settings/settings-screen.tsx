import { RecoveryKitForm } from "../../passphrase/recovery-kit-form.js";
import { ThemeChoice } from "../../shell/theme-choice.js";
import { Card } from "../../ui/card.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { AboutCard } from "./about-card.js";
import { AutoLockCard } from "./auto-lock-card.js";
import { ChangeLockCard } from "./change-lock-card.js";
import { DeleteCard } from "./delete-card.js";
import { DeveloperKeyCard } from "./developer-key-card.js";
import "./settings.css";

/** The screen "Settings": what locks this browser's keystore, the way back, and who is at either end. */
export function SettingsScreen() {
  return (
    <>
      <ScreenHead title="Settings">
        What locks this browser, and the way back when it is lost. Nothing of it is sent.
      </ScreenHead>
      <div class="settings">
        <Card title="Recovery kit">
          <p class="soft">
            Your developer key and every half that this browser holds, under a passphrase of its own. Make a
            new one after keys or apps have changed.
          </p>
          <RecoveryKitForm />
        </Card>
        <ChangeLockCard />
        <AutoLockCard />
        <Card title="Appearance">
          <ThemeChoice named />
        </Card>
        <DeveloperKeyCard />
        <AboutCard />
        <DeleteCard />
      </div>
    </>
  );
}
