import { CommanderError, type Command } from "commander";

/** A wrong command line, with the help that explains the command that it was meant for. */
export class UsageError extends CommanderError {
  readonly hint: string;

  constructor({ exitCode, code, message }: CommanderError, hint: string) {
    super(exitCode, code, message);
    this.hint = hint;
  }
}

/** Has every command below `program` point at its own help where it is called wrongly, instead of the list of all. */
export function pointAtOwnHelp(program: Command, path = program.name()): void {
  for (const command of program.commands) {
    const own = `${path} ${command.name()}`;
    const hint = `${own} --help ${command.commands.length > 0 ? "lists its commands" : "shows its options"}`;
    command.showHelpAfterError(`  hint: ${hint}`).exitOverride((error) => {
      throw new UsageError(error, hint);
    });
    pointAtOwnHelp(command, own);
  }
}
