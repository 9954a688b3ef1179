// The tree of commands, and the help that stands above it. Each command has a file of its own.
import { Command } from "commander";
import type { AccessParts, Administration } from "./access/access-command.ts";
import { auditCommand } from "./audit.ts";
import { configCheckCommand } from "./config-check.ts";
import { configPrintCommand } from "./config-print.ts";
import { configSchemaCommand } from "./config-schema.ts";
import { clientConfigCommand } from "./client-config/client-config-command.ts";
import { fsckCommand, type Checking } from "./fsck/fsck-command.ts";
import { gcCommand } from "./gc/gc-command.ts";
import type { Collecting } from "./gc/gc-parts.ts";
import { groupCommand } from "./group/group-command.ts";
import { mirrorCommand } from "./mirror/mirror-command.ts";
import type { Mirroring } from "./mirror/mirror-parts.ts";
import { projectCommand } from "./project/project-command.ts";
import { retentionCommand } from "./retention/retention-command.ts";
import type { Retaining } from "./retention/retention-parts.ts";
import { robotCommand } from "./robot/robot-command.ts";
import { serveCommand } from "./serve.ts";
import type { Serving } from "./serve.ts";
import { doctorCommand } from "./doctor/doctor-command.ts";
import type { UpstreamProbing } from "./doctor/doctor-upstream.ts";
import { storageCommand } from "./storage/storage-command.ts";
import type { Maintenance } from "./storage/storage-parts.ts";
import { tagCommand } from "./tag/tag-command.ts";
import type { Tagging } from "./tag/tag-parts.ts";
import type { Terminal } from "./terminal.ts";
import { tokenCommand } from "./token/token-command.ts";
import { userCommand } from "./user/user-command.ts";
import { packageVersion } from "./version.ts";

/** What the commands put to work; main.ts gives the real one. */
export type Machinery = Serving &
  Administration &
  Maintenance &
  Mirroring &
  Collecting &
  Retaining &
  Tagging &
  Checking &
  UpstreamProbing;

const guide = `
Examples:
  $ berth serve                                a registry on http://127.0.0.1:5000, data in ./data
  $ docker push 127.0.0.1:5000/team/app:1      then push to it
  $ berth serve --listen :5000                 for other machines: with accounts, so that it is private
  $ berth serve --config berth.yaml            with a configuration file
  $ berth config check --config berth.yaml     is the file right?
  $ berth config print                         what is in force?
  $ berth user add jane                        an account, for auth.mode accounts (docs/accounts.md)
  $ berth robot add ci --project team --allow pull,push --expires 90d
  $ berth audit                                who did what
  $ berth fsck                                 is all of it there, and right? (docs/storage.md)
  $ berth gc status                            what will be removed, because nothing needs it any more
  $ berth retention run --dry-run              which tags stay, which go, and why (docs/retention.md)
  $ berth doctor storage                       does the place where the blobs are work?
  $ berth client-config docker                 how docker pulls through this registry (docs/mirror.md)
  $ berth mirror pull --kubeadm v1.31.2        fetch the images of a cluster before there is one
  $ berth doctor upstream                      can the upstreams be reached?

Accounts:
  user, robot, project, group, token and audit work on the data directory, also while a server runs on it, which
  sees a change within two seconds. Give them the --config or --data of the server.

Configuration:
  Defaults, then the YAML file (--config or BERTH_CONFIG), then the environment, then options.
  A variable's name is the key's path: http.drainSeconds is BERTH_HTTP_DRAIN_SECONDS.
  Every key: docs/configuration.md, or \`berth config schema\`.`;

/** Commander never ends the process here: it throws a CommanderError with what it would have exited for. */
export function createProgram(terminal: Terminal, machinery: Machinery): Command {
  const program = new Command("berth")
    .description("Berth, a private OCI registry: push, pull, and keep what was acknowledged.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "show help; also for each command, as in `berth serve --help`")
    .addHelpText("after", guide);
  program.addCommand(serveCommand(terminal, machinery)).addCommand(configCommand(terminal));
  for (const command of accessCommands({ terminal, openAccess: machinery.openAccess })) {
    program.addCommand(command);
  }
  const maintenance = { terminal, ...machinery };
  program.addCommand(storageCommand(maintenance)).addCommand(gcCommand(maintenance));
  program.addCommand(retentionCommand(maintenance));
  program.addCommand(tagCommand(maintenance));
  program.addCommand(fsckCommand(maintenance));
  program.addCommand(mirrorCommand(maintenance));
  program.addCommand(doctorCommand(maintenance)).addCommand(clientConfigCommand(terminal));
  for (const command of withDescendants(program)) {
    command
      .exitOverride()
      .configureOutput({ writeOut: terminal.stdout, writeErr: terminal.stderr })
      .showHelpAfterError("(--help shows what is possible)");
  }
  return program;
}

function configCommand(terminal: Terminal): Command {
  return new Command("config")
    .description("check, print or describe the configuration")
    .addCommand(configCheckCommand(terminal))
    .addCommand(configPrintCommand(terminal))
    .addCommand(configSchemaCommand(terminal));
}

function accessCommands(parts: AccessParts): Command[] {
  return [userCommand, robotCommand, projectCommand, groupCommand, tokenCommand, auditCommand].map(
    (command) => command(parts),
  );
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
